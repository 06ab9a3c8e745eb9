//! Opening and closing a data directory. The order matters: lock, look, then change.

use crate::directory::{self, DirectoryLock};
use crate::keys::Touches;
use crate::limits::Limits;
use crate::readers::Readers;
use crate::seal::{self, Seal, Signer};
use crate::writer::Writer;
use crate::{OpenError, StoreError, components, reserve, resources, schema, snapshot};
use rusqlite::Connection;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The name of the database file.
pub(crate) const DATABASE: &str = "windlass.db";

/// An open data directory: everything that Windlass remembers.
///
/// Reads are plain functions of some microseconds. Writes are futures that resolve when the change is on the disk.
/// Dropping the store closes it, and waits for what is queued.
#[derive(Debug)]
pub struct Store {
    pub(crate) data_dir: PathBuf,
    pub(crate) seal: Seal,
    pub(crate) readers: Readers,
    pub(crate) writer: Writer,
    pub(crate) touches: Touches,
    /// Of workspaces that have none of their own.
    pub(crate) limits: Limits,
    /// Last, so that it is dropped last.
    _lock: DirectoryLock,
}

impl Store {
    /// Opens `data_dir`, making or migrating what is needed. Blocks for some flushes of the disk.
    ///
    /// Files in it that are not the store's own are left alone.
    pub fn open(data_dir: &Path) -> Result<Self, OpenError> {
        directory::create(data_dir)?;
        let lock = directory::lock(data_dir)?;
        snapshot::check_finished(data_dir)?;
        reserve::release(data_dir);
        let file = data_dir.join(DATABASE);
        let connection = open_database(&file)?;
        let failed = |source| OpenError::Database { file: file.clone(), source };
        components::sweep(data_dir, &connection).map_err(failed)?;
        let sealed = resources::any_sealed(&connection).map_err(failed)?;
        let seal = seal::load(data_dir, sealed)?;
        let writer = Writer::start(connection).map_err(directory::failed("start the writer of", &file))?;
        Ok(Self {
            data_dir: data_dir.to_owned(),
            seal,
            readers: Readers::new(file),
            writer,
            touches: Touches::default(),
            limits: Limits::default(),
            _lock: lock,
        })
    }

    /// The same store with `limits` for each workspace that has none of its own; without this, nothing is limited.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Commits what is queued and stops the writer; later writes fail with [`StoreError::Closed`]. Blocks meanwhile.
    /// The lock on the data directory is held until the store is dropped.
    pub fn close(&self) {
        self.readers.close();
        self.writer.stop();
    }

    /// Takes the space that the next start may need; one that found the disk full gave it up. Blocks for a flush.
    pub fn reserve_space(&self) -> Result<(), StoreError> {
        reserve::take(&self.data_dir).map_err(|error| StoreError::file("write", &self.data_dir, error))
    }

    /// What signs under this data directory's key.
    #[must_use]
    pub fn signer(&self) -> Signer {
        self.seal.signer()
    }

    pub(crate) fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.readers.read(query)
    }

    pub(crate) async fn write<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.write(job).await
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

fn open_database(file: &Path) -> Result<Connection, OpenError> {
    // SQLite gives its side files the permissions of the database file.
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(file)
        .map_err(directory::failed("create", file))?;
    let failed = |source: StoreError| OpenError::Database { file: file.to_owned(), source };
    let mut connection = Connection::open(file).map_err(|error| failed(error.into()))?;
    schema::check_version(&connection, file)?;
    schema::tune_writer(&connection).map_err(failed)?;
    schema::migrate(&mut connection).map_err(failed)?;
    Ok(connection)
}
