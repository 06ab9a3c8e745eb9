//! Read-only connections, kept warm. Taking one never waits: where all are out, another is opened.

use crate::StoreError;
use crate::schema;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many idle connections are kept, each with up to 2 MiB of page cache.
const KEPT: usize = 8;

/// The pool. Its lock is held only to take a connection out or to put it back.
#[derive(Debug)]
pub(crate) struct Readers {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(crate) fn new(file: PathBuf) -> Self {
        Self { file, idle: Mutex::new(Vec::with_capacity(KEPT)) }
    }

    /// Reads with a connection of the pool; sees everything that was committed before the call.
    pub(crate) fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let taken = self.idle().pop();
        let connection = match taken {
            Some(connection) => connection,
            None => open(&self.file)?,
        };
        let answer = query(&connection);
        let mut idle = self.idle();
        if idle.len() < KEPT {
            idle.push(connection);
        }
        answer
    }

    /// Closes the idle connections, so that the writer's is the last one and folds the log into the database file.
    pub(crate) fn close(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open(file: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    schema::tune(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}
