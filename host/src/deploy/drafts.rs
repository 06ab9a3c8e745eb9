//! The life of a deploy draft: its owner changes it, closes it, opens it again, deletes it.
//!
//! Invariants: only the key that made a draft reads it by its id or changes it. A closed draft changes only by a request that
//! says a status, so that nobody edits what is thought to be done. What changes nothing costs no version. A deploy closes the
//! draft that it came of as completed, in its own transaction.

use super::ask::Caller;
use crate::app::App;
use crate::edge;
use serde_json::{Map, Value};
use windlass_store::{DraftRecord, DraftStatus, Store, StoreError};

/// Why a draft was not read or changed.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// There is none of that id in the workspace.
    #[error("deploy draft not found")]
    NotFound,
    /// It belongs to another key.
    #[error("the deploy draft belongs to another key")]
    NotOwner,
    /// It is completed or abandoned, and the change says no status.
    #[error("the deploy draft is {}", .0.as_str())]
    Closed(DraftStatus),
    /// The store could not be read or written, or somebody else changed the draft meanwhile.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A change of a draft; its fields replace the draft's of the same name, each as a whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DraftChange {
    /// The version that it was made for; `None`: whichever is stored.
    pub expected_version: Option<u32>,
    /// The status that it shall have then.
    pub status: Option<DraftStatus>,
    /// What is given of the contract's `DeployDraftInput`.
    pub fields: Map<String, Value>,
}

impl DraftChange {
    /// The change of the status alone.
    #[must_use]
    pub fn to(status: DraftStatus) -> Self {
        Self { status: Some(status), ..Self::default() }
    }

    /// The status and body of `draft` once it is made.
    fn applied_to(&self, draft: &DraftRecord) -> Result<(DraftStatus, Value), DraftError> {
        let expected = self.expected_version.unwrap_or(draft.version);
        if expected != draft.version {
            let (what, name, found) = ("deploy draft", draft.id.clone(), draft.version);
            return Err(StoreError::Stale { what, name, expected, found }.into());
        }
        if draft.status != DraftStatus::InProgress && self.status.is_none() {
            return Err(DraftError::Closed(draft.status));
        }
        let mut body = draft.body.clone();
        match body.as_object_mut() {
            Some(body) => body.extend(self.fields.clone()),
            None => body = self.fields.clone().into(),
        }
        Ok((self.status.unwrap_or(draft.status), body))
    }
}

/// Makes a draft that belongs to the caller.
pub async fn start(app: &App, caller: &Caller, fields: Map<String, Value>) -> Result<DraftRecord, StoreError> {
    let draft = fresh(caller, fields);
    app.store.insert_draft(draft.clone()).await?;
    Ok(draft)
}

fn fresh(caller: &Caller, fields: Map<String, Value>) -> DraftRecord {
    let now = edge::now();
    DraftRecord {
        id: edge::new_id("draft"),
        workspace: caller.workspace.clone(),
        owner: caller.key_id.clone(),
        status: DraftStatus::InProgress,
        version: 1,
        body: fields.into(),
        created_at: now,
        updated_at: now,
    }
}

/// Changes the draft of that id, or makes one of it where there is none.
pub async fn start_or_change(
    app: &App,
    caller: &Caller,
    id: &str,
    change: &DraftChange,
) -> Result<DraftRecord, DraftError> {
    if app.store.draft(&caller.workspace, id)?.is_some() || change.expected_version.is_some() {
        return self::change(app, caller, id, change).await;
    }
    let status = change.status.unwrap_or(DraftStatus::InProgress);
    let draft = DraftRecord { id: id.to_owned(), status, ..fresh(caller, change.fields.clone()) };
    match app.store.insert_draft(draft.clone()).await {
        Err(StoreError::Exists { .. }) => self::change(app, caller, id, change).await,
        inserted => Ok(inserted.map(|()| draft)?),
    }
}

/// A draft of the caller's own.
pub fn find(store: &Store, caller: &Caller, id: &str) -> Result<DraftRecord, DraftError> {
    let draft = store.draft(&caller.workspace, id)?.ok_or(DraftError::NotFound)?;
    if draft.owner == caller.key_id { Ok(draft) } else { Err(DraftError::NotOwner) }
}

/// Changes a draft of the caller's own. Without an expected version it is made again where somebody else was faster.
pub async fn change(app: &App, caller: &Caller, id: &str, change: &DraftChange) -> Result<DraftRecord, DraftError> {
    loop {
        let draft = find(&app.store, caller, id)?;
        let (status, body) = change.applied_to(&draft)?;
        if status == draft.status && body == draft.body {
            return Ok(draft);
        }
        let now = edge::now();
        match app.store.update_draft(&caller.workspace, id, draft.version, status, &body, now).await {
            Err(StoreError::Stale { .. }) if change.expected_version.is_none() => {}
            Err(StoreError::NotFound { .. }) => return Err(DraftError::NotFound),
            changed => return Ok(changed?),
        }
    }
}

/// Deletes a draft of the caller's own.
pub async fn delete(app: &App, caller: &Caller, id: &str) -> Result<(), DraftError> {
    find(&app.store, caller, id)?;
    if app.store.delete_draft(&caller.workspace, id).await? { Ok(()) } else { Err(DraftError::NotFound) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use windlass_domain::WorkspaceName;

    fn draft(status: DraftStatus) -> DraftRecord {
        DraftRecord {
            id: "draft-1".to_owned(),
            workspace: WorkspaceName::parse("w", "acme").expect("a name"),
            owner: "key-1".to_owned(),
            status,
            version: 3,
            body: json!({"step": "deploy", "agent_config": {"agent_name": "a", "system_prompt": "p"}}),
            created_at: 0,
            updated_at: 0,
        }
    }

    fn change(fields: Value) -> DraftChange {
        let Value::Object(fields) = fields else { panic!("an object") };
        DraftChange { fields, ..DraftChange::default() }
    }

    #[test]
    fn a_given_field_replaces_the_drafts_whole_and_the_others_stay() {
        let (status, body) = change(json!({"agent_config": {"agent_name": "b"}, "policies": ["p"]}))
            .applied_to(&draft(DraftStatus::InProgress))
            .expect("open");
        assert_eq!(status, DraftStatus::InProgress);
        assert_eq!(body, json!({"step": "deploy", "agent_config": {"agent_name": "b"}, "policies": ["p"]}));
    }

    #[test]
    fn another_version_than_the_stored_one_is_stale() {
        let at = |version| DraftChange { expected_version: Some(version), ..change(json!({"step": "x"})) };
        let stale = at(2).applied_to(&draft(DraftStatus::InProgress)).expect_err("somebody was faster");
        assert!(matches!(stale, DraftError::Store(StoreError::Stale { expected: 2, found: 3, .. })), "{stale:?}");
        at(3).applied_to(&draft(DraftStatus::InProgress)).expect("the stored version");
    }

    #[test]
    fn a_closed_draft_changes_only_together_with_a_status() {
        for closed in [DraftStatus::Completed, DraftStatus::Abandoned] {
            let refused = change(json!({"step": "x"})).applied_to(&draft(closed)).expect_err("closed");
            assert!(matches!(refused, DraftError::Closed(status) if status == closed), "{refused:?}");
            let opened = DraftChange { status: Some(DraftStatus::InProgress), ..change(json!({"step": "x"})) };
            let (status, body) = opened.applied_to(&draft(closed)).expect("opened again");
            assert_eq!((status, &body["step"]), (DraftStatus::InProgress, &json!("x")));
        }
    }
}
