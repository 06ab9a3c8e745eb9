//! The revisions of a slot.

use super::{By, Seat, count_up};
use crate::StoreError;
use crate::plugins::{read_scope, scope};
use crate::row::{all, execute, first, get, parse_json, to_json};
use rusqlite::{Connection, Row, params};
use serde_json::Value;
use windlass_domain::WorkspaceName;
use windlass_domain::binding::{BindingTerms, Origin};

/// How many revisions of a slot are kept.
const KEPT: u32 = 1_000;

/// A revision of a slot.
#[derive(Debug, Clone, PartialEq)]
pub struct BindingRevision {
    /// Its number, from 1.
    pub number: u32,
    /// What made it.
    pub origin: Origin,
    /// The plugin that it put there; `None`: it emptied the slot.
    pub bound: Option<BoundTo>,
    /// What was said of it, e.g. the report of a promotion.
    pub note: Option<Value>,
    /// Who made it, and when.
    pub by: By,
}

/// A plugin as a revision names it; it may be gone by now.
#[derive(Debug, Clone, PartialEq)]
pub struct BoundTo {
    /// Whose plugin it is; `None`: the host's.
    pub plugin_workspace: Option<WorkspaceName>,
    /// Its name.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// The digest of the component at that time.
    pub digest: String,
    /// On which terms.
    pub terms: BindingTerms,
}

/// An installed plugin, and the terms of its binding.
pub(super) struct Chosen(BoundTo);

impl Chosen {
    /// The plugin of that digest that the seat's workspace may bind: its own before the host's.
    pub(super) fn by_digest(
        connection: &Connection,
        seat: &Seat,
        digest: &str,
        terms: BindingTerms,
    ) -> Result<Self, StoreError> {
        let sql = "SELECT workspace, name, version FROM plugins WHERE digest = ?2 AND workspace IN (?1, '*')
                   ORDER BY workspace = '*', installed_at DESC LIMIT 1";
        let found = first(connection, sql, [seat.scope(), digest], |row| {
            Ok((read_scope(row, "workspace")?, get(row, "name")?, get(row, "version")?))
        })?;
        let (plugin_workspace, plugin, version) = found.ok_or_else(|| StoreError::not_found("plugin", digest))?;
        Ok(Self(BoundTo { plugin_workspace, plugin, version, digest: digest.to_owned(), terms }))
    }

    /// What an earlier revision had bound, where that very component is still installed. A built-in one follows the program.
    pub(super) fn again(connection: &Connection, bound: BoundTo) -> Result<Self, StoreError> {
        let sql = "SELECT digest FROM plugins WHERE workspace = ?1 AND name = ?2 AND version = ?3
                   AND (digest = ?4 OR builtin)";
        let values = [scope(bound.plugin_workspace.as_ref()), &bound.plugin, &bound.version, &bound.digest];
        let digest = first(connection, sql, values, |row| get(row, "digest"))?;
        let gone = || StoreError::Gone { what: "plugin", name: format!("{}@{}", bound.plugin, bound.version) };
        Ok(Self(BoundTo { digest: digest.ok_or_else(gone)?, ..bound }))
    }
}

/// Makes the next revision of a slot, and lets it hold.
pub(super) fn append(
    connection: &Connection,
    seat: &Seat,
    origin: Origin,
    bound: Option<&Chosen>,
    note: Option<&Value>,
    by: &By,
) -> Result<(), StoreError> {
    let (place, bound) = ([seat.scope(), &seat.slot, seat.role.as_str()], bound.map(|Chosen(bound)| bound));
    let sql = "SELECT coalesce(max(number), 0) + 1 AS next FROM binding_history
               WHERE workspace = ?1 AND slot = ?2 AND role = ?3";
    let number: u32 = first(connection, sql, place, |row| get(row, "next"))?.unwrap_or(1);
    let sql = "INSERT INTO binding_history (workspace, slot, role, number, origin, plugin_workspace, plugin, version,
                                            digest, terms, note, who, at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    let values = params![
        place[0],
        place[1],
        place[2],
        number,
        origin.as_str(),
        bound.map(|bound| scope(bound.plugin_workspace.as_ref())),
        bound.map(|bound| &bound.plugin),
        bound.map(|bound| &bound.version),
        bound.map(|bound| &bound.digest),
        bound.map(|bound| to_json("terms", &bound.terms)).transpose()?,
        note.map(|note| to_json("note", note)).transpose()?,
        by.who,
        by.at,
    ];
    execute(connection, sql, values)?;
    hold(connection, seat, number, bound)?;
    let sql = "DELETE FROM binding_history WHERE workspace = ?1 AND slot = ?2 AND role = ?3 AND number <= ?4";
    execute(connection, sql, params![place[0], place[1], place[2], number.saturating_sub(KEPT)])?;
    count_up(connection, seat.scope())
}

/// Lets a revision hold in its slot: the one step that a change consists of.
fn hold(connection: &Connection, seat: &Seat, number: u32, bound: Option<&BoundTo>) -> Result<(), StoreError> {
    let (workspace, slot, role) = (seat.scope(), &seat.slot, seat.role.as_str());
    let Some(BoundTo { plugin_workspace, plugin, version, .. }) = bound else {
        let sql = "DELETE FROM current_bindings WHERE workspace = ?1 AND slot = ?2 AND role = ?3";
        execute(connection, sql, [workspace, slot, role])?;
        return Ok(());
    };
    let sql = "INSERT INTO current_bindings (workspace, slot, role, number, plugin_workspace, plugin, version)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
               ON CONFLICT DO UPDATE SET number = excluded.number, plugin_workspace = excluded.plugin_workspace,
                                         plugin = excluded.plugin, version = excluded.version";
    execute(
        connection,
        sql,
        params![workspace, slot, role, number, scope(plugin_workspace.as_ref()), plugin, version],
    )?;
    Ok(())
}

/// The revision of that number, or the one before the latest.
pub(super) fn earlier(connection: &Connection, seat: &Seat, to: Option<u32>) -> Result<BindingRevision, StoreError> {
    let sql = "SELECT * FROM binding_history WHERE workspace = ?1 AND slot = ?2 AND role = ?3
               AND number = coalesce(?4, (SELECT max(number) - 1 FROM binding_history
                                          WHERE workspace = ?1 AND slot = ?2 AND role = ?3))";
    let found = first(connection, sql, params![seat.scope(), seat.slot, seat.role.as_str(), to], read_revision)?;
    found.ok_or_else(|| match to {
        Some(number) => StoreError::not_found("binding revision", number),
        None => StoreError::not_found("an earlier binding of", &seat.slot),
    })
}

pub(super) fn all_of(connection: &Connection, seat: &Seat) -> Result<Vec<BindingRevision>, StoreError> {
    let sql = "SELECT * FROM binding_history WHERE workspace = ?1 AND slot = ?2 AND role = ?3 ORDER BY number DESC";
    all(connection, sql, [seat.scope(), &seat.slot, seat.role.as_str()], read_revision)
}

fn read_revision(row: &Row) -> Result<BindingRevision, StoreError> {
    let note: Option<String> = get(row, "note")?;
    Ok(BindingRevision {
        number: get(row, "number")?,
        origin: read_origin(row)?,
        bound: read_bound(row)?,
        note: note.map(|note| parse_json("note", &note)).transpose()?,
        by: read_by(row)?,
    })
}

fn read_bound(row: &Row) -> Result<Option<BoundTo>, StoreError> {
    let Some(plugin) = get::<Option<String>>(row, "plugin")? else { return Ok(None) };
    Ok(Some(BoundTo {
        plugin_workspace: read_scope(row, "plugin_workspace")?,
        plugin,
        version: get(row, "version")?,
        digest: get(row, "digest")?,
        terms: parse_json("terms", &get::<String>(row, "terms")?)?,
    }))
}

pub(super) fn read_origin(row: &Row) -> Result<Origin, StoreError> {
    let word: String = get(row, "origin")?;
    Origin::parse(&word).ok_or_else(|| StoreError::corrupt("origin", word))
}

pub(super) fn read_by(row: &Row) -> Result<By, StoreError> {
    Ok(By { who: get(row, "who")?, at: get(row, "at")? })
}
