//! Tools, model providers, policies, identity providers and secrets of plugins: a name, a spec, a status, and perhaps a sealed secret.

use crate::row::{all, execute, first, get, json, name, parse_json, to_json};
use crate::{Secret, Store, StoreError};
use rusqlite::{Connection, Row, params};
use serde_json::Value;
use windlass_domain::agent::UnixMillis;
use windlass_domain::resource::ResourceKind;
use windlass_domain::tool::Tool;
use windlass_domain::{AgentName, ResourceName, WorkspaceName};

/// A registered resource. Its secret is asked for by [`Store::resource_secret`] and only there.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Its name in the workspace, unique within its kind.
    pub name: ResourceName,
    /// What it is, as its kind's wire shape has it.
    pub spec: Value,
    /// What the host last saw of it; `None`: nothing yet.
    pub status: Option<Value>,
    /// Whether a secret is stored with it.
    pub has_secret: bool,
    /// When it was first written.
    pub created_at: UnixMillis,
    /// When its spec or secret was last written.
    pub updated_at: UnixMillis,
}

/// What an upsert did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upserted {
    /// Whether the name is new.
    pub created: bool,
}

impl Store {
    /// Writes a resource by its name. `secret`: `None` keeps the stored one. The status stays while the spec
    /// does.
    pub async fn upsert_resource(
        &self,
        workspace: &WorkspaceName,
        kind: ResourceKind,
        name: &ResourceName,
        spec: &Value,
        secret: Option<&[u8]>,
        now: UnixMillis,
    ) -> Result<Upserted, StoreError> {
        let spec = to_json("spec", spec)?;
        let place = place(workspace.as_str(), word(kind), name.as_str());
        let sealed = secret.map(|secret| self.seal.seal(&place, secret)).transpose()?;
        let (workspace, name) = (workspace.clone(), name.clone());
        self.write(move |connection| {
            let created = !exists(connection, &workspace, kind, &name)?;
            upsert(connection, &workspace, kind, &name, &spec, sealed.as_deref(), now)
                .map_err(|error| error.for_workspace(&workspace))?;
            Ok(Upserted { created })
        })
        .await
    }

    /// One resource.
    pub fn resource(
        &self,
        workspace: &WorkspaceName,
        kind: ResourceKind,
        name: &ResourceName,
    ) -> Result<Option<Resource>, StoreError> {
        let sql = "SELECT *, secret IS NOT NULL AS has_secret FROM resources
                   WHERE workspace = ?1 AND kind = ?2 AND name = ?3";
        let values = [workspace.as_str(), word(kind), name.as_str()];
        self.read(|connection| first(connection, sql, values, read_resource))
    }

    /// The resources of one kind, in order of name.
    pub fn resources(&self, workspace: &WorkspaceName, kind: ResourceKind) -> Result<Vec<Resource>, StoreError> {
        let sql = "SELECT *, secret IS NOT NULL AS has_secret FROM resources
                   WHERE workspace = ?1 AND kind = ?2 ORDER BY name";
        self.read(|connection| all(connection, sql, [workspace.as_str(), word(kind)], read_resource))
    }

    /// The names of the resources of one kind, in order.
    pub fn resource_names(
        &self,
        workspace: &WorkspaceName,
        kind: ResourceKind,
    ) -> Result<Vec<ResourceName>, StoreError> {
        let sql = "SELECT name FROM resources WHERE workspace = ?1 AND kind = ?2 ORDER BY name";
        self.read(|connection| all(connection, sql, [workspace.as_str(), word(kind)], |row| name(row, "name")))
    }

    /// The registered tools, typed, in order of name.
    pub fn tools(&self, workspace: &WorkspaceName) -> Result<Vec<Tool>, StoreError> {
        let sql = "SELECT name, spec FROM resources WHERE workspace = ?1 AND kind = ?2 ORDER BY name";
        let values = [workspace.as_str(), word(ResourceKind::Tool)];
        self.read(|connection| {
            all(connection, sql, values, |row| Ok(Tool { name: name(row, "name")?, spec: json(row, "spec")? }))
        })
    }

    /// The secret of a resource, opened. `None` where there is no such resource or it has none;
    /// [`StoreError::Corrupt`] where the stored one was made for another row or key.
    pub fn resource_secret(
        &self,
        workspace: &WorkspaceName,
        kind: ResourceKind,
        name: &ResourceName,
    ) -> Result<Option<Secret>, StoreError> {
        let sql = "SELECT secret FROM resources WHERE workspace = ?1 AND kind = ?2 AND name = ?3";
        let values = [workspace.as_str(), word(kind), name.as_str()];
        let sealed =
            self.read(|connection| first(connection, sql, values, |row| get::<Option<Vec<u8>>>(row, "secret")))?;
        let place = place(workspace.as_str(), word(kind), name.as_str());
        sealed.flatten().map(|sealed| self.seal.open(&place, &sealed)).transpose()
    }

    /// Notes what the host saw of a resource; returns whether there is such a resource.
    pub async fn set_resource_status(
        &self,
        workspace: &WorkspaceName,
        kind: ResourceKind,
        name: &ResourceName,
        status: &Value,
    ) -> Result<bool, StoreError> {
        let status = to_json("status", status)?;
        let (workspace, name) = (workspace.clone(), name.clone());
        self.write(move |connection| {
            let sql = "UPDATE resources SET status = ?4 WHERE workspace = ?1 AND kind = ?2 AND name = ?3";
            Ok(execute(connection, sql, [workspace.as_str(), word(kind), name.as_str(), &status])? > 0)
        })
        .await
    }

    /// Deletes a resource with its secret; returns whether there was one.
    pub async fn delete_resource(
        &self,
        workspace: &WorkspaceName,
        kind: ResourceKind,
        name: &ResourceName,
    ) -> Result<bool, StoreError> {
        let (workspace, name) = (workspace.clone(), name.clone());
        self.write(move |connection| {
            let sql = "DELETE FROM resources WHERE workspace = ?1 AND kind = ?2 AND name = ?3";
            Ok(execute(connection, sql, [workspace.as_str(), word(kind), name.as_str()])? > 0)
        })
        .await
    }

    /// The agents whose current revision names the resource, in order.
    pub fn used_by(
        &self,
        workspace: &WorkspaceName,
        kind: ResourceKind,
        name: &ResourceName,
    ) -> Result<Vec<AgentName>, StoreError> {
        let values = [workspace.as_str(), name.as_str()];
        self.read(|connection| all(connection, users_sql(kind), values, |row| crate::row::name(row, "agent")))
    }
}

/// Where the JSON of a revision names resources of a kind. `json_each` walks a list, and takes a text as a list of one.
fn users_sql(kind: ResourceKind) -> &'static str {
    macro_rules! users {
        ($path:literal, $named:literal) => {
            concat!(
                "SELECT DISTINCT revisions.agent AS agent FROM agents
                 JOIN revisions ON revisions.workspace = agents.workspace AND revisions.agent = agents.name
                               AND revisions.number = agents.current
                 JOIN json_each(revisions.spec, '",
                $path,
                "') AS used WHERE agents.workspace = ?1 AND ",
                $named,
                " ORDER BY agent"
            )
        };
    }
    match kind {
        ResourceKind::Tool => users!("$.tools", "used.value = ?2"),
        ResourceKind::Policy => users!("$.settings.policies", "used.value = ?2"),
        ResourceKind::IdentityProvider => users!("$.settings.identity_provider", "used.value = ?2"),
        // Plugins are given secrets, agents are not.
        ResourceKind::Secret => "SELECT agent FROM revisions WHERE FALSE AND ?1 = ?2",
        ResourceKind::ModelProvider => {
            users!("$.settings.llm_configs", "?2 IN (used.value ->> 'provider', used.value ->> 'model_provider')")
        }
    }
}

/// The word of a kind in rows and in a secret's place. Never change one: sealed secrets carry it.
pub(crate) fn word(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::Tool => "tool",
        ResourceKind::ModelProvider => "model-provider",
        ResourceKind::Policy => "policy",
        ResourceKind::IdentityProvider => "identity-provider",
        ResourceKind::Secret => "secret",
    }
}

/// The place that a secret is sealed for. Unambiguous: no part can hold a `/`.
pub(crate) fn place(workspace: &str, kind: &str, name: &str) -> String {
    format!("{workspace}/{kind}/{name}")
}

/// One stored secret with its place, to try a key on.
pub(crate) fn any_sealed(connection: &Connection) -> Result<Option<(String, Vec<u8>)>, StoreError> {
    let sql = "SELECT workspace, kind, name, secret FROM resources WHERE secret IS NOT NULL LIMIT 1";
    first(connection, sql, [], |row| {
        let [workspace, kind, name] = ["workspace", "kind", "name"].map(|column| get::<String>(row, column));
        Ok((place(&workspace?, &kind?, &name?), get(row, "secret")?))
    })
}

pub(crate) fn exists(
    connection: &Connection,
    workspace: &WorkspaceName,
    kind: ResourceKind,
    name: &ResourceName,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM resources WHERE workspace = ?1 AND kind = ?2 AND name = ?3";
    let values = [workspace.as_str(), word(kind), name.as_str()];
    Ok(first(connection, sql, values, |_| Ok(()))?.is_some())
}

/// Writes a resource; a `sealed` of `None` keeps the stored secret. What was seen of it goes with a spec that changes.
pub(crate) fn upsert(
    connection: &Connection,
    workspace: &WorkspaceName,
    kind: ResourceKind,
    name: &ResourceName,
    spec: &str,
    sealed: Option<&[u8]>,
    now: UnixMillis,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO resources (workspace, kind, name, spec, secret, created_at, updated_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
               ON CONFLICT DO UPDATE SET spec = excluded.spec, updated_at = excluded.updated_at,
                                         secret = coalesce(excluded.secret, secret),
                                         status = CASE WHEN spec = excluded.spec THEN status END";
    execute(connection, sql, params![workspace.as_str(), word(kind), name.as_str(), spec, sealed, now])?;
    Ok(())
}

fn read_resource(row: &Row) -> Result<Resource, StoreError> {
    let status = get::<Option<String>>(row, "status")?;
    Ok(Resource {
        name: name(row, "name")?,
        spec: json(row, "spec")?,
        status: status.map(|status| parse_json("status", &status)).transpose()?,
        has_secret: get(row, "has_secret")?,
        created_at: get(row, "created_at")?,
        updated_at: get(row, "updated_at")?,
    })
}
