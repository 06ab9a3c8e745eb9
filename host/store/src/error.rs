//! What can go wrong in the store, as data. `api` and `deploy` turn it into words and statuses.

use crate::limits::Limited;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A failed read or write. Cloneable, since one failed commit is the answer to every job of its group.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// There is one of that name or id already.
    #[error("{what} `{name}` exists already")]
    Exists {
        /// The noun, e.g. `workspace`.
        what: &'static str,
        /// Its name or id.
        name: String,
    },
    /// There is none of that name or id.
    #[error("{what} `{name}` not found")]
    NotFound {
        /// The noun, e.g. `agent`.
        what: &'static str,
        /// Its name or id.
        name: String,
    },
    /// Somebody else changed it since it was read.
    #[error("{what} `{name}` is at version {found}, not {expected}")]
    Stale {
        /// The noun, e.g. `deploy draft`.
        what: &'static str,
        /// Its id.
        name: String,
        /// The version that the caller had read.
        expected: u32,
        /// The version that is stored.
        found: u32,
    },
    /// It cannot go while something else points to it.
    #[error("{what} `{name}` is in use by {}", by.join(", "))]
    InUse {
        /// The noun, e.g. `plugin`.
        what: &'static str,
        /// Its name.
        name: String,
        /// Everything that points to it.
        by: Vec<String>,
    },
    /// What an earlier state needs is not there any more.
    #[error("{what} `{name}` is not installed any more")]
    Gone {
        /// The noun, e.g. `plugin`.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// The workspace would have more than its limit.
    #[error("{more} more {what} over {used} would be past the limit of {limit}")]
    OverLimit {
        /// What is limited.
        what: Limited,
        /// The limit.
        limit: u64,
        /// What the workspace has.
        used: u64,
        /// What the change would have added.
        more: u64,
    },
    /// The disk or the quota is full; nothing of the write was kept.
    #[error("no space left in the data directory")]
    Full,
    /// The store is closing or closed; the write was not made.
    #[error("the store is closed")]
    Closed,
    /// What is stored cannot be what was written: a damaged file, or a row changed from outside.
    #[error("the stored {what} is damaged: {detail}")]
    Corrupt {
        /// What was read, e.g. `secret of tool default/stripe-api`.
        what: String,
        /// How it shows; never the content.
        detail: String,
    },
    /// A value that cannot be brought into the form that is stored: JSON, packed where it is large.
    #[error("the {what} cannot be written as JSON: {detail}")]
    NotJson {
        /// What was to be written.
        what: &'static str,
        /// The serialiser's words.
        detail: String,
    },
    /// Any other failure of the database.
    #[error("the database failed")]
    Database(#[source] DatabaseError),
    /// A file beside the database could not be read or written.
    #[error("cannot {action} {}", path.display())]
    File {
        /// `read`, `write` or `remove`.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Arc<io::Error>,
    },
    /// A bug: a write panicked. It was rolled back alone, and the store goes on.
    #[error("a write panicked and was rolled back")]
    Panicked,
}

impl StoreError {
    pub(crate) fn not_found(what: &'static str, name: impl fmt::Display) -> Self {
        Self::NotFound { what, name: name.to_string() }
    }

    pub(crate) fn exists(what: &'static str, name: impl fmt::Display) -> Self {
        Self::Exists { what, name: name.to_string() }
    }

    pub(crate) fn corrupt(what: impl Into<String>, detail: impl fmt::Display) -> Self {
        Self::Corrupt { what: what.into(), detail: detail.to_string() }
    }

    pub(crate) fn not_json(what: &'static str, detail: impl fmt::Display) -> Self {
        Self::NotJson { what, detail: detail.to_string() }
    }

    pub(crate) fn file(action: &'static str, path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::File { action, path: path.to_owned(), source: Arc::new(source) },
        }
    }

    /// The same error, but a violated foreign key says that the workspace is unknown.
    pub(crate) fn for_workspace(self, workspace: impl fmt::Display) -> Self {
        self.for_reference("workspace", workspace)
    }

    /// The same error, but a violated foreign key says that what the statement refers to is unknown.
    pub(crate) fn for_reference(self, what: &'static str, name: impl fmt::Display) -> Self {
        match &self {
            Self::Database(error) if error.is_foreign_key() => Self::not_found(what, name),
            _ => self,
        }
    }
}

/// The database's own error, opaque outside this crate.
#[derive(Debug, Clone)]
pub struct DatabaseError(Arc<rusqlite::Error>);

impl DatabaseError {
    fn is_foreign_key(&self) -> bool {
        let code = self.0.sqlite_extended_error_code();
        code == Some(rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY)
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for DatabaseError {}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::SystemIoFailure) if is_failed_write(&error) => Self::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::corrupt("database", error),
            _ => Self::Database(DatabaseError(Arc::new(error))),
        }
    }
}

/// Past a quota, and where the index of the log cannot grow, `SQLite` says no more than that a write failed.
fn is_failed_write(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi;
    let code = error.sqlite_extended_error_code();
    code.is_some_and(|code| {
        matches!(code, ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_SHMSIZE)
    })
}

/// Why a data directory could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another server has the data directory open.
    #[error(
        "the data directory is in use by {}: {} is locked; stop that server or choose another --data-dir",
        holder(*pid),
        file.display()
    )]
    Locked {
        /// The process that holds it, where it could be read.
        pid: Option<u32>,
        /// The locked file.
        file: PathBuf,
    },
    /// A backup is to be restored over something.
    #[error("{} is not empty, and a restore goes over nothing; choose another --data-dir, or empty it", data_dir.display())]
    NotEmpty {
        /// The data directory.
        data_dir: PathBuf,
    },
    /// A backup was not restored to its end.
    #[error(
        "a backup was restored into {} and not to its end; empty the folder and restore again",
        data_dir.display()
    )]
    HalfRestored {
        /// The data directory.
        data_dir: PathBuf,
    },
    /// A newer version of this program has written the data directory.
    #[error(
        "{} has schema version {found}, and this program knows versions up to {supported}; run the newer version \
         that wrote it, or choose another --data-dir",
        file.display()
    )]
    Newer {
        /// The database file.
        file: PathBuf,
        /// The version in the file.
        found: i64,
        /// The newest version that this program knows.
        supported: i64,
    },
    /// Secrets are stored, and the key that seals them is gone.
    #[error(
        "secrets are stored in the data directory, and their key {} is missing; restore it from a backup",
        file.display()
    )]
    KeyMissing {
        /// The key file.
        file: PathBuf,
    },
    /// The key file is not a key, or not the key of the stored secrets.
    #[error("{} is not the key of this data directory: {reason}; restore it from a backup", file.display())]
    KeyWrong {
        /// The key file.
        file: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A file or folder could not be made, read or locked.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried, e.g. `create`.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes: {0}")]
    Random(String),
    /// The database could not be opened or migrated.
    #[error("cannot open {}", file.display())]
    Database {
        /// The database file.
        file: PathBuf,
        /// Why.
        #[source]
        source: StoreError,
    },
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}
