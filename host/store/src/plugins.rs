//! Installed plugins: a row each, and the component in a file of its own.
//!
//! Invariants: the file is on the disk before its row is; a version never changes its bytes, but for the built-in ones,
//! which follow the program.

use crate::row::{all, execute, first, get, json, to_json};
use crate::{AuditEntry, Store, StoreError, audit, bindings, components};
use rusqlite::{Connection, Row, params};
use serde_json::Value;
use windlass_domain::WorkspaceName;
use windlass_domain::agent::UnixMillis;

/// The workspace column of what belongs to the whole host.
pub(crate) const HOST: &str = "*";

/// An installed plugin.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginRecord {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The digest of the component, `sha256:` + hex.
    pub digest: String,
    /// The world that it implements, e.g. `strategy`.
    pub world: String,
    /// Its metadata as installed.
    pub metadata: Value,
    /// The workspace that may bind it; `None`: every one.
    pub workspace: Option<WorkspaceName>,
    /// When it was installed.
    pub installed_at: UnixMillis,
    /// Whether it came with the program.
    pub builtin: bool,
}

impl PluginRecord {
    fn scope(&self) -> &str {
        scope(self.workspace.as_ref())
    }

    fn title(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }
}

impl Store {
    /// Installs a plugin; returns whether it is new. Installing the same bytes again changes nothing.
    ///
    /// [`StoreError::Exists`] where that name and version has other bytes; a built-in plugin replaces a built-in one
    /// instead, and its bindings follow. [`StoreError::Corrupt`] where `component` has not the record's digest.
    pub async fn insert_plugin(
        &self,
        record: PluginRecord,
        component: Vec<u8>,
        audit: Option<AuditEntry>,
    ) -> Result<bool, StoreError> {
        let metadata = to_json("plugin metadata", &record.metadata)?;
        let (data_dir, digest) = (self.data_dir.clone(), record.digest.clone());
        let written = tokio::task::spawn_blocking(move || components::write(&data_dir, &digest, &component));
        written.await.map_err(|_| StoreError::Panicked)??;
        self.write(move |connection| {
            let is_new = insert(connection, &record, &metadata)?;
            audit::append(connection, audit.as_ref().filter(|_| is_new))?;
            Ok(is_new)
        })
        .await
    }

    /// A plugin that `workspace` may bind, by name: its own before the host's, and without a `version` the one that
    /// was installed last.
    pub fn plugin(
        &self,
        workspace: Option<&WorkspaceName>,
        name: &str,
        version: Option<&str>,
    ) -> Result<Option<PluginRecord>, StoreError> {
        let sql = "SELECT * FROM plugins WHERE workspace IN (?1, '*') AND name = ?2 AND version = coalesce(?3, version)
                   ORDER BY workspace = '*', installed_at DESC, version DESC LIMIT 1";
        self.read(|connection| first(connection, sql, params![scope(workspace), name, version], read_plugin))
    }

    /// The plugins that `workspace` may bind: its own and the host's, in order of name and version.
    /// `None` lists the host's only.
    pub fn plugins(&self, workspace: Option<&WorkspaceName>) -> Result<Vec<PluginRecord>, StoreError> {
        let sql = "SELECT * FROM plugins WHERE workspace IN (?1, '*') ORDER BY name, version, workspace";
        self.read(|connection| all(connection, sql, [scope(workspace)], read_plugin))
    }

    /// Every plugin of the host and of every workspace: what shall be loaded when the server starts.
    pub fn all_plugins(&self) -> Result<Vec<PluginRecord>, StoreError> {
        let sql = "SELECT * FROM plugins ORDER BY name, version, workspace";
        self.read(|connection| all(connection, sql, [], read_plugin))
    }

    /// The component of that digest, read from its file and verified; some milliseconds for a large one.
    pub fn plugin_bytes(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        components::read(&self.data_dir, digest)
    }

    /// Removes a plugin; returns whether there was one. [`StoreError::InUse`] while a slot is bound to it.
    /// Its file goes when the store opens next, so that nobody who is about to read it or to install it again loses it.
    pub async fn delete_plugin(
        &self,
        workspace: Option<&WorkspaceName>,
        name: &str,
        version: &str,
        audit: Option<AuditEntry>,
    ) -> Result<bool, StoreError> {
        let (scope, name, version) = (scope(workspace).to_owned(), name.to_owned(), version.to_owned());
        self.write(move |connection| {
            let values = [scope.as_str(), &name, &version];
            let by = bindings::holders(connection, &scope, &name, &version)?;
            if !by.is_empty() {
                return Err(StoreError::InUse { what: "plugin", name: format!("{name}@{version}"), by });
            }
            let sql = "DELETE FROM plugins WHERE workspace = ?1 AND name = ?2 AND version = ?3";
            let was_there = execute(connection, sql, values)? > 0;
            audit::append(connection, audit.as_ref().filter(|_| was_there))?;
            Ok(was_there)
        })
        .await
    }
}

fn insert(connection: &Connection, record: &PluginRecord, metadata: &str) -> Result<bool, StoreError> {
    let sql = "SELECT * FROM plugins WHERE workspace = ?1 AND name = ?2 AND version = ?3";
    let stored = first(connection, sql, [record.scope(), &record.name, &record.version], read_plugin)?;
    if let Some(stored) = stored {
        if stored.digest == record.digest {
            return Ok(false);
        }
        if !(stored.builtin && record.builtin) {
            return Err(StoreError::exists("plugin", record.title()));
        }
        bindings::count_up(connection, HOST)?;
    }
    let sql = "INSERT INTO plugins (workspace, name, version, digest, world, metadata, builtin, installed_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
               ON CONFLICT DO UPDATE SET digest = excluded.digest, world = excluded.world, metadata = excluded.metadata,
                                         installed_at = excluded.installed_at";
    let values = params![
        record.scope(),
        record.name,
        record.version,
        record.digest,
        record.world,
        metadata,
        record.builtin,
        record.installed_at,
    ];
    execute(connection, sql, values)?;
    Ok(true)
}

fn read_plugin(row: &Row) -> Result<PluginRecord, StoreError> {
    Ok(PluginRecord {
        name: get(row, "name")?,
        version: get(row, "version")?,
        digest: get(row, "digest")?,
        world: get(row, "world")?,
        metadata: json(row, "metadata")?,
        workspace: read_scope(row, "workspace")?,
        installed_at: get(row, "installed_at")?,
        builtin: get(row, "builtin")?,
    })
}

pub(crate) fn scope(workspace: Option<&WorkspaceName>) -> &str {
    workspace.map_or(HOST, WorkspaceName::as_str)
}

/// The workspace of a column where `*` means the host.
pub(crate) fn read_scope(row: &Row, column: &str) -> Result<Option<WorkspaceName>, StoreError> {
    let text: String = get(row, column)?;
    if text == HOST {
        return Ok(None);
    }
    let workspace = WorkspaceName::try_from(text).map_err(|invalid| StoreError::corrupt(column, invalid))?;
    Ok(Some(workspace))
}
