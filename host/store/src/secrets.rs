//! Secrets of a workspace for its plugins: resources without a spec, written by operators.

use crate::resources::{exists, place, upsert, word};
use crate::row::execute;
use crate::{AuditEntry, Store, StoreError, Upserted, audit};
use windlass_domain::resource::ResourceKind;
use windlass_domain::{ResourceName, WorkspaceName};

const KIND: ResourceKind = ResourceKind::Secret;

impl Store {
    /// Stores a secret by its name, in place of the one before.
    pub async fn set_secret(
        &self,
        workspace: &WorkspaceName,
        name: &ResourceName,
        value: &str,
        audit: AuditEntry,
    ) -> Result<Upserted, StoreError> {
        let sealed = self.seal.seal(&place(workspace.as_str(), word(KIND), name.as_str()), value.as_bytes())?;
        let (workspace, name) = (workspace.clone(), name.clone());
        self.write(move |connection| {
            let created = !exists(connection, &workspace, KIND, &name)?;
            upsert(connection, &workspace, KIND, &name, "{}", Some(&sealed), audit.at)
                .map_err(|error| error.for_workspace(&workspace))?;
            audit::append(connection, Some(&audit))?;
            Ok(Upserted { created })
        })
        .await
    }

    /// Deletes a secret; whether there was one.
    pub async fn delete_secret(
        &self,
        workspace: &WorkspaceName,
        name: &ResourceName,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        let (workspace, name) = (workspace.clone(), name.clone());
        self.write(move |connection| {
            let sql = "DELETE FROM resources WHERE workspace = ?1 AND kind = ?2 AND name = ?3";
            let was_there = execute(connection, sql, [workspace.as_str(), word(KIND), name.as_str()])? > 0;
            audit::append(connection, Some(&audit).filter(|_| was_there))?;
            Ok(was_there)
        })
        .await
    }
}
