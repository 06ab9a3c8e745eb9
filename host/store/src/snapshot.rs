//! The database for a backup, taken beside a server that runs, and a data directory while a backup is restored into it.
//!
//! Invariants: a snapshot holds everything that was acknowledged before it began, and nothing half; a data directory into
//! which a backup was not restored to the end does not open.

use crate::directory::{self, DirectoryLock};
use crate::open::DATABASE;
use crate::row::{all, get};
use crate::{OpenError, StoreError, components, schema, seal};
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// The file that is in a data directory while a backup is restored into it.
const UNFINISHED: &str = "restore-unfinished";

/// What a snapshot names outside itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Its schema's version.
    pub schema: i64,
    /// The files beside the database that belong to it, below the data directory: the components of plugins.
    pub components: Vec<String>,
    /// The digests of the blobs of its images, `sha256:` + hex.
    pub blobs: Vec<String>,
}

impl Snapshot {
    /// The name of the database's file, in a data directory and in a backup.
    pub const DATABASE: &str = DATABASE;
    /// The name of the file with the key that opens the sealed secrets.
    pub const SECRET_KEY: &str = seal::KEY_FILE;

    /// Copies the database of `data_dir` to the new file `to` (0600) as it is at one moment, while a server may write it.
    pub fn take(data_dir: &Path, to: &Path) -> Result<Self, OpenError> {
        let file = data_dir.join(DATABASE);
        // What a killed server left in the log is taken too; that needs a connection that may write.
        let connection = open(&file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let failed = |source: rusqlite::Error| OpenError::Database { file: file.clone(), source: source.into() };
        let name = to.to_str().ok_or_else(|| directory::failed("write", to)(io::ErrorKind::InvalidFilename.into()))?;
        connection.execute("VACUUM INTO ?1", [name]).map_err(failed)?;
        let copied = File::open(to).and_then(|copy| {
            copy.set_permissions(Permissions::from_mode(0o600))?;
            copy.sync_all()
        });
        copied.map_err(directory::failed("write", to))?;
        Self::read(to)
    }

    /// What the database `file` names, after checking that it is whole and of no newer program.
    pub fn read(file: &Path) -> Result<Self, OpenError> {
        let connection = open(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        contents(&connection).map_err(|source| OpenError::Database { file: file.to_owned(), source })
    }
}

fn open(file: &Path, flags: OpenFlags) -> Result<Connection, OpenError> {
    let failed = |source| OpenError::Database { file: file.to_owned(), source };
    let connection = Connection::open_with_flags(file, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    let connection = connection.map_err(|error| failed(error.into()))?;
    schema::tune(&connection).map_err(failed)?;
    schema::check_version(&connection, file)?;
    Ok(connection)
}

fn contents(connection: &Connection) -> Result<Snapshot, StoreError> {
    let verdict: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(StoreError::corrupt("database", verdict));
    }
    let text = |sql| all(connection, sql, [], |row| get::<String>(row, "digest"));
    let components = text("SELECT DISTINCT digest FROM plugins ORDER BY digest")?;
    Ok(Snapshot {
        schema: schema::version(connection)?,
        components: components.iter().map(|digest| components::relative(digest)).collect(),
        blobs: text("SELECT DISTINCT digest FROM image_blobs ORDER BY digest")?,
    })
}

/// An empty data directory that a backup is restored into. Until [`Restoring::finish`] it does not open.
#[derive(Debug)]
pub struct Restoring<'a> {
    data_dir: &'a Path,
    _lock: DirectoryLock,
}

impl<'a> Restoring<'a> {
    /// Makes the directory, or takes one that is there and empty.
    pub fn begin(data_dir: &'a Path) -> Result<Self, OpenError> {
        directory::create(data_dir)?;
        let mut entries = fs::read_dir(data_dir).map_err(directory::failed("list", data_dir))?;
        // What a file system of its own has at its root.
        if entries.any(|entry| entry.is_ok_and(|entry| entry.file_name() != "lost+found")) {
            return Err(OpenError::NotEmpty { data_dir: data_dir.to_owned() });
        }
        let mark = data_dir.join(UNFINISHED);
        let marked = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&mark);
        marked.and_then(|file| file.sync_all()).map_err(directory::failed("write", &mark))?;
        let lock = directory::lock(data_dir)?;
        sync(data_dir)?;
        Ok(Self { data_dir, _lock: lock })
    }

    /// Says that all is there, and on the disk.
    pub fn finish(self) -> Result<(), OpenError> {
        sync(self.data_dir)?;
        let mark = self.data_dir.join(UNFINISHED);
        fs::remove_file(&mark).map_err(directory::failed("remove", &mark))?;
        sync(self.data_dir)
    }
}

fn sync(data_dir: &Path) -> Result<(), OpenError> {
    File::open(data_dir).and_then(|folder| folder.sync_all()).map_err(directory::failed("flush", data_dir))
}

/// Refuses a data directory into which a backup was not restored to the end.
pub(crate) fn check_finished(data_dir: &Path) -> Result<(), OpenError> {
    if data_dir.join(UNFINISHED).exists() {
        return Err(OpenError::HalfRestored { data_dir: data_dir.to_owned() });
    }
    Ok(())
}
