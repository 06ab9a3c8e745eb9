//! Workflow artifacts: sources handed over first, and deployed later by `artifact_id`.

use super::openapi::{Created, op};
use super::resources::required;
use super::routes::Routes;
use super::wire::{Files, Time};
use super::{ApiError, Caller, JsonBody};
use crate::app::App;
use crate::edge;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use windlass_domain::source::SourceTree;
use windlass_domain::{Invalid, WorkspaceName};
use windlass_store::ArtifactRecord;

/// The route of `/workflow-artifacts`.
pub fn routes() -> Routes {
    Routes::new("Deploys").post(
        "/workflow-artifacts",
        create,
        op("createArtifact", "Hand over sources to deploy later"),
    )
}

/// What the contract's CLI sends.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "WorkflowArtifactRequest")]
struct ArtifactBody {
    source_type: Option<String>,
    build_mode: Option<String>,
    #[schemars(with = "Files", extend("minProperties" = 1))]
    source_files: Option<Files>,
}

/// What is answered: everything but the files.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WorkflowArtifact")]
struct Artifact {
    id: String,
    namespace: WorkspaceName,
    source_type: String,
    build_mode: String,
    source_digest: String,
    file_count: usize,
    created_at: Time,
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    JsonBody(body): JsonBody<ArtifactBody>,
) -> Result<Created<Artifact>, ApiError> {
    let source = parse_source(body.source_files)?;
    let source_type = body.source_type.unwrap_or_else(|| "code".to_owned());
    let build_mode = body.build_mode.unwrap_or_else(|| "native".to_owned());
    let (id, now) = (edge::new_id("artifact"), edge::now());
    let record = ArtifactRecord {
        id: id.clone(),
        workspace: caller.workspace.clone(),
        owner: caller.key_id,
        body: stored(&source_type, &build_mode, &source),
        created_at: now,
    };
    app.store.insert_artifact(record).await?;
    let artifact = Artifact {
        id,
        namespace: caller.workspace,
        source_type,
        build_mode,
        source_digest: source.digest(),
        file_count: source.len(),
        created_at: Time(now),
    };
    Ok(Created(artifact))
}

/// What a deploy reads again: `source_files`, and beside it what the client called it.
fn stored(source_type: &str, build_mode: &str, source: &SourceTree) -> Value {
    json!({"source_type": source_type, "build_mode": build_mode, "source_files": source})
}

fn parse_source(files: Option<Files>) -> Result<SourceTree, Invalid> {
    let files = required("source_files", files)?.into_map("source_files")?;
    let tree = SourceTree::parse("source_files", files)?;
    if tree.is_empty() {
        let hint = "for example \"source_files\": {\"agent.py\": \"…\"}";
        return Err(Invalid::new("missing_field", "source_files", "source_files has no file", hint));
    }
    Ok(tree)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artifact_needs_at_least_one_file_at_a_good_path() {
        let file = |path: &str| serde_json::from_value::<Files>(json!({path: ""})).ok();
        assert!(parse_source(file("agent.py")).is_ok());
        for bad in [None, Some(Files::default()), file("../agent.py")] {
            assert_eq!(parse_source(bad).expect_err("no good source").field, "source_files");
        }
    }
}
