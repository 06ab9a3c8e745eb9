//! Which plugin answers in which slot: the host's defaults, and what a workspace has instead.
//!
//! Invariants: a binding is a numbered revision that never changes, and every change of a slot makes the next one; one row
//! says which revision holds, so a change is one swap. What holds keeps its plugin; a history does not.

mod history;

pub use history::{BindingRevision, BoundTo};

use crate::plugins::{HOST, read_scope, scope};
use crate::row::{all, execute, first, get, json};
use crate::{AuditEntry, Store, StoreError, audit};
use history::Chosen;
use rusqlite::{Connection, Row, params};
use serde_json::Value;
use windlass_domain::WorkspaceName;
use windlass_domain::agent::UnixMillis;
use windlass_domain::binding::{BindingTerms, Origin, Role};

/// What holds, beside the plugins; a macro, since statements are constants.
macro_rules! select_current {
    ($rest:literal) => {
        concat!(
            "SELECT h.*, plugins.digest AS digest_now, plugins.builtin FROM current_bindings AS c
             JOIN binding_history AS h USING (workspace, slot, role, number)
             JOIN plugins ON plugins.workspace = c.plugin_workspace AND plugins.name = c.plugin
                         AND plugins.version = c.version ",
            $rest
        )
    };
}

/// A place for a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Seat {
    /// Whose; `None`: the host's default.
    pub workspace: Option<WorkspaceName>,
    /// The slot: `strategy`, `tool-provider` or `detectors/NAME`.
    pub slot: String,
    /// What the plugin is for there.
    pub role: Role,
}

/// Who changes a slot, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// The id of the key; `None`: the program itself.
    pub who: Option<String>,
    /// When.
    pub at: UnixMillis,
}

/// A plugin in a slot.
#[derive(Debug, Clone, PartialEq)]
pub struct Binding {
    /// Where.
    pub seat: Seat,
    /// The number of the revision that holds.
    pub revision: u32,
    /// What made it.
    pub origin: Origin,
    /// The plugin's name.
    pub plugin: String,
    /// The plugin's version.
    pub version: String,
    /// The digest of the component as it is now, `sha256:` + hex.
    pub digest: String,
    /// Whether the plugin came with the program.
    pub builtin: bool,
    /// On which terms.
    pub terms: BindingTerms,
    /// Who made the revision, and when.
    pub by: By,
}

/// All bindings that hold in a workspace.
#[derive(Debug, Clone, PartialEq)]
pub struct Bindings {
    /// Grows with every change of what is in here, so it may key a cache.
    pub revision: i64,
    /// Those that decide: one a slot, by priority, then slot.
    pub slots: Vec<Binding>,
    /// The candidates, in the same order: the workspace's own, and the host's beside the host's.
    pub shadows: Vec<Binding>,
}

impl Store {
    /// Puts an installed plugin, named by its digest, into a slot, in place of what was there; `audit` makes the log's entry
    /// of what holds then. [`StoreError::NotFound`] where the workspace may bind no such plugin.
    pub async fn bind(
        &self,
        seat: &Seat,
        digest: &str,
        terms: BindingTerms,
        by: By,
        audit: impl FnOnce(&Binding) -> Option<AuditEntry> + Send + 'static,
    ) -> Result<Binding, StoreError> {
        let (seat, digest) = (seat.clone(), digest.to_owned());
        self.write(move |connection| {
            let chosen = Chosen::by_digest(connection, &seat, &digest, terms)?;
            history::append(connection, &seat, Origin::Bind, Some(&chosen), None, &by)?;
            let bound = current(connection, &seat)?;
            audit::append(connection, bound.as_ref().and_then(audit).as_ref())?;
            bound.ok_or_else(vanished)
        })
        .await
    }

    /// Empties a slot, so that the host's default holds there again; returns whether it was bound.
    pub async fn unbind(&self, seat: &Seat, by: By, audit: Option<AuditEntry>) -> Result<bool, StoreError> {
        let seat = seat.clone();
        self.write(move |connection| {
            if current(connection, &seat)?.is_none() {
                return Ok(false);
            }
            history::append(connection, &seat, Origin::Unbind, None, None, &by)?;
            audit::append(connection, audit.as_ref())?;
            Ok(true)
        })
        .await
    }

    /// Makes a new revision that is equal to revision `to`, or to the one before the last; `None` is returned where that one had
    /// emptied the slot. [`StoreError::NotFound`] where there is no such revision, [`StoreError::Gone`] where its plugin is
    /// not installed any more.
    pub async fn roll_back(
        &self,
        seat: &Seat,
        to: Option<u32>,
        by: By,
        audit: impl FnOnce(Option<&Binding>) -> AuditEntry + Send + 'static,
    ) -> Result<Option<Binding>, StoreError> {
        let seat = seat.clone();
        self.write(move |connection| {
            let earlier = history::earlier(connection, &seat, to)?;
            let chosen = earlier.bound.map(|bound| Chosen::again(connection, bound)).transpose()?;
            history::append(connection, &seat, Origin::Rollback, chosen.as_ref(), None, &by)?;
            let bound = current(connection, &seat)?;
            audit::append(connection, Some(&audit(bound.as_ref())))?;
            Ok(bound)
        })
        .await
    }

    /// Makes the candidate of a slot the one that decides, and empties its place; `note` says why, for the history.
    /// [`StoreError::NotFound`] where there is no candidate.
    pub async fn promote(
        &self,
        workspace: Option<&WorkspaceName>,
        slot: &str,
        note: Value,
        by: By,
        audit: impl FnOnce(&Binding) -> Option<AuditEntry> + Send + 'static,
    ) -> Result<Binding, StoreError> {
        let seat = |role| Seat { workspace: workspace.cloned(), slot: slot.to_owned(), role };
        let (live, shadow) = (seat(Role::Live), seat(Role::Shadow));
        self.write(move |connection| {
            let candidate = current(connection, &shadow)?;
            let candidate = candidate.ok_or_else(|| StoreError::not_found("shadow", &shadow.slot))?;
            let chosen = Chosen::by_digest(connection, &live, &candidate.digest, candidate.terms)?;
            history::append(connection, &live, Origin::Promote, Some(&chosen), Some(&note), &by)?;
            history::append(connection, &shadow, Origin::Promote, None, None, &by)?;
            let bound = current(connection, &live)?;
            audit::append(connection, bound.as_ref().and_then(audit).as_ref())?;
            bound.ok_or_else(vanished)
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
            let sql = select_current!(
                "WHERE h.role = ?2 AND (h.workspace = ?1 OR h.workspace = '*' AND h.slot NOT IN
                     (SELECT slot FROM current_bindings WHERE workspace = ?1 AND role IN ('live', ?2)))
                 ORDER BY coalesce(h.terms ->> 'priority', 0), h.slot"
            );
            let of = |role: Role| all(connection, sql, [scope, role.as_str()], read_binding);
            Ok(Bindings { revision, slots: of(Role::Live)?, shadows: of(Role::Shadow)? })
        })
    }

    /// What a workspace itself has there (`None`: the host), without what it inherits.
    pub fn binding(&self, seat: &Seat) -> Result<Option<Binding>, StoreError> {
        self.read(|connection| current(connection, seat))
    }

    /// Every revision of a slot that is kept, the latest first.
    pub fn binding_history(&self, seat: &Seat) -> Result<Vec<BindingRevision>, StoreError> {
        self.read(|connection| history::all_of(connection, seat))
    }
}

fn current(connection: &Connection, seat: &Seat) -> Result<Option<Binding>, StoreError> {
    let sql = select_current!("WHERE h.workspace = ?1 AND h.slot = ?2 AND h.role = ?3");
    first(connection, sql, [seat.scope(), &seat.slot, seat.role.as_str()], read_binding)
}

/// What holds a plugin: `workspace/slot`, `*/slot` for the host's default; a candidate has `(shadow)` behind it.
pub(crate) fn holders(
    connection: &Connection,
    scope: &str,
    name: &str,
    version: &str,
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT workspace || '/' || slot || iif(role = 'shadow', ' (shadow)', '') AS holder FROM current_bindings
               WHERE plugin_workspace = ?1 AND plugin = ?2 AND version = ?3 ORDER BY holder";
    all(connection, sql, [scope, name, version], |row| get(row, "holder"))
}

fn vanished() -> StoreError {
    StoreError::corrupt("binding", "it is gone right after it was written")
}

/// Notes that bindings of `scope` changed; those of the host change every workspace.
pub(crate) fn count_up(connection: &Connection, scope: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO binding_revisions (workspace, revision) VALUES (?1, 1)
               ON CONFLICT DO UPDATE SET revision = revision + 1";
    execute(connection, sql, params![scope])?;
    Ok(())
}

impl Seat {
    /// The place of what decides in a slot.
    #[must_use]
    pub fn live(workspace: Option<WorkspaceName>, slot: impl Into<String>) -> Self {
        Self { workspace, slot: slot.into(), role: Role::Live }
    }

    pub(crate) fn scope(&self) -> &str {
        self.workspace.as_ref().map_or(HOST, WorkspaceName::as_str)
    }
}

fn read_binding(row: &Row) -> Result<Binding, StoreError> {
    Ok(Binding {
        seat: Seat {
            workspace: read_scope(row, "workspace")?,
            slot: get(row, "slot")?,
            role: if get::<String>(row, "role")? == Role::Shadow.as_str() { Role::Shadow } else { Role::Live },
        },
        revision: get(row, "number")?,
        origin: history::read_origin(row)?,
        plugin: get(row, "plugin")?,
        version: get(row, "version")?,
        digest: get(row, "digest_now")?,
        builtin: get(row, "builtin")?,
        terms: json(row, "terms")?,
        by: history::read_by(row)?,
    })
}
