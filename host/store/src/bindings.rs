//! Which plugin answers in which slot: the host's defaults, and what a workspace has instead.

use crate::plugins::{read_scope, scope};
use crate::row::{all, execute, first, get};
use crate::{AuditEntry, Store, StoreError, audit};
use rusqlite::{Connection, Row, params};
use windlass_domain::WorkspaceName;
use windlass_domain::agent::UnixMillis;

/// Bindings beside their plugins; a macro, since statements are constants.
macro_rules! select_bindings {
    ($rest:literal) => {
        concat!(
            "SELECT bindings.*, plugins.digest, plugins.builtin FROM bindings
             JOIN plugins ON plugins.workspace = bindings.plugin_workspace AND plugins.name = bindings.plugin
                         AND plugins.version = bindings.version ",
            $rest
        )
    };
}

/// A plugin in a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The slot: `strategy`, `tool-provider` or `detectors/NAME`.
    pub slot: String,
    /// The plugin's name.
    pub plugin: String,
    /// The plugin's version.
    pub version: String,
    /// The digest of the component, `sha256:` + hex.
    pub digest: String,
    /// Whether the plugin came with the program.
    pub builtin: bool,
    /// The order among detectors: lower ones come first.
    pub priority: i32,
    /// The workspace that made the binding; `None`: it is the host's default.
    pub workspace: Option<WorkspaceName>,
    /// When it was made.
    pub bound_at: UnixMillis,
}

/// All bindings that hold in a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bindings {
    /// Grows with every change of what is in here, so it may key a cache.
    pub revision: i64,
    /// One binding a slot, by priority, then slot.
    pub slots: Vec<Binding>,
}

impl Store {
    /// Puts an installed plugin, named by its digest, into a slot of `workspace` (`None`: the host's default).
    /// It replaces what was there; `audit` makes the log's entry of what is bound then. [`StoreError::NotFound`] where the workspace may bind no such plugin.
    pub async fn bind(
        &self,
        workspace: Option<&WorkspaceName>,
        slot: &str,
        digest: &str,
        priority: i32,
        now: UnixMillis,
        audit: impl FnOnce(&Binding) -> Option<AuditEntry> + Send + 'static,
    ) -> Result<Binding, StoreError> {
        let (scope, slot, digest) = (scope(workspace).to_owned(), slot.to_owned(), digest.to_owned());
        self.write(move |connection| {
            let sql = "INSERT INTO bindings (workspace, slot, plugin_workspace, plugin, version, priority, bound_at)
                       SELECT ?1, ?2, workspace, name, version, ?4, ?5 FROM plugins
                       WHERE digest = ?3 AND workspace IN (?1, '*')
                       ORDER BY workspace = '*', installed_at DESC LIMIT 1
                       ON CONFLICT DO UPDATE SET plugin_workspace = excluded.plugin_workspace,
                           plugin = excluded.plugin, version = excluded.version, priority = excluded.priority,
                           bound_at = excluded.bound_at";
            if execute(connection, sql, params![scope, slot, digest, priority, now])? == 0 {
                return Err(StoreError::not_found("plugin", digest));
            }
            count_up(connection, &scope)?;
            let sql = select_bindings!("WHERE bindings.workspace = ?1 AND slot = ?2");
            let bound = first(connection, sql, [&scope, &slot], read_binding)?;
            let bound = bound.ok_or_else(|| StoreError::corrupt("binding", "it is gone right after it was written"))?;
            audit::append(connection, audit(&bound).as_ref())?;
            Ok(bound)
        })
        .await
    }

    /// Empties a slot of `workspace`, so that the host's default holds there again; returns whether it was bound.
    pub async fn unbind(
        &self,
        workspace: Option<&WorkspaceName>,
        slot: &str,
        audit: Option<AuditEntry>,
    ) -> Result<bool, StoreError> {
        let (scope, slot) = (scope(workspace).to_owned(), slot.to_owned());
        self.write(move |connection| {
            let sql = "DELETE FROM bindings WHERE workspace = ?1 AND slot = ?2";
            let was_bound = execute(connection, sql, [&scope, &slot])? > 0;
            if was_bound {
                count_up(connection, &scope)?;
                audit::append(connection, audit.as_ref())?;
            }
            Ok(was_bound)
        })
        .await
    }

    /// What holds in `workspace`: its own bindings, and the host's defaults in its other slots.
    /// `None` gives the defaults alone.
    pub fn bindings(&self, workspace: Option<&WorkspaceName>) -> Result<Bindings, StoreError> {
        let scope = scope(workspace);
        self.read(|connection| {
            // One transaction, so that revision and slots belong together.
            let _snapshot = connection.unchecked_transaction()?;
            let sql = "SELECT coalesce(sum(revision), 0) AS revision FROM binding_revisions
                       WHERE workspace IN (?1, '*')";
            let revision = first(connection, sql, [scope], |row| get(row, "revision"))?.unwrap_or(0);
            let sql = select_bindings!(
                "WHERE bindings.workspace = ?1 OR bindings.workspace = '*' AND slot NOT IN
                     (SELECT slot FROM bindings WHERE workspace = ?1)
                 ORDER BY priority, slot"
            );
            Ok(Bindings { revision, slots: all(connection, sql, [scope], read_binding)? })
        })
    }
}

/// Notes that bindings of `scope` changed; those of the host change every workspace.
pub(crate) fn count_up(connection: &Connection, scope: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO binding_revisions (workspace, revision) VALUES (?1, 1)
               ON CONFLICT DO UPDATE SET revision = revision + 1";
    execute(connection, sql, [scope])?;
    Ok(())
}

fn read_binding(row: &Row) -> Result<Binding, StoreError> {
    Ok(Binding {
        slot: get(row, "slot")?,
        plugin: get(row, "plugin")?,
        version: get(row, "version")?,
        digest: get(row, "digest")?,
        builtin: get(row, "builtin")?,
        priority: get(row, "priority")?,
        workspace: read_scope(row, "workspace")?,
        bound_at: get(row, "bound_at")?,
    })
}
