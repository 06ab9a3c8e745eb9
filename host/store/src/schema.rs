//! The schema, in numbered steps that are never edited once released; a change is a new step.

use crate::{OpenError, StoreError};
use rusqlite::Connection;
use std::path::Path;
use std::time::Duration;

/// Step `n` takes the database from version `n` to `n + 1` (`PRAGMA user_version`).
pub(crate) const STEPS: &[&str] = &[
    include_str!("schema/0001-start.sql"),
    include_str!("schema/0002-settings.sql"),
    include_str!("schema/0003-actions.sql"),
    include_str!("schema/0004-model-usage.sql"),
    include_str!("schema/0005-limits.sql"),
    include_str!("schema/0006-binding-revisions.sql"),
    include_str!("schema/0007-inputs.sql"),
];

/// How long a connection waits for a lock. Only the checkpoint of a closing process can hold one.
const BUSY: Duration = Duration::from_secs(5);
/// How many prepared statements a connection keeps: more than this crate has.
const STATEMENTS: usize = 128;

/// The settings that every connection needs.
pub(crate) fn tune(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

/// The settings of the writer: what is committed is on the disk, and references hold.
pub(crate) fn tune_writer(connection: &Connection) -> Result<(), StoreError> {
    tune(connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    Ok(())
}

/// Refuses a database that a newer program wrote, before anything touches it.
pub(crate) fn check_version(connection: &Connection, file: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::Database { file: file.to_owned(), source };
    let found = version(connection).map_err(failed)?;
    let supported = latest();
    if found > supported {
        return Err(OpenError::Newer { file: file.to_owned(), found, supported });
    }
    Ok(())
}

/// Applies the steps that are missing, all in one transaction.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let found = usize::try_from(version(connection)?).unwrap_or(0);
    if found == STEPS.len() {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    for step in STEPS.iter().skip(found) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", latest())?;
    Ok(transaction.commit()?)
}

fn latest() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

pub(crate) fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}
