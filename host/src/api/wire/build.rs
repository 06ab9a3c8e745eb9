//! `POST /builds` and `GET /builds/{id}`.

use super::{Files, Time, map_of};
use crate::deploy::BuildAsk;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_domain::{AgentName, Invalid};
use windlass_store::{BuildRecord, BuildStatus};

/// What to build.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "BuildRequest")]
pub struct BuildBody {
    #[schemars(with = "AgentName")]
    name: Option<String>,
    #[schemars(with = "Files", extend("minProperties" = 1))]
    files: Option<Files>,
    entry_point: Option<String>,
    requirements: Option<String>,
    framework: Option<String>,
}

impl BuildBody {
    /// What is asked for.
    pub fn into_ask(self) -> Result<BuildAsk, Invalid> {
        let Self { name, files, entry_point, requirements, framework } = self;
        Ok(BuildAsk { name, files: map_of(files, "files")?, entry_point, requirements, framework })
    }
}

/// A build.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Build {
    id: String,
    name: String,
    #[schemars(with = "String", extend("enum" = ["PENDING", "BUILDING", "SUCCEEDED", "FAILED"]))]
    status: BuildStatus,
    image: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    created_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<Time>,
}

impl From<BuildRecord> for Build {
    fn from(build: BuildRecord) -> Self {
        let BuildRecord { id, workspace: _, name, status, image, image_digest, error, created_at, completed_at } =
            build;
        Self {
            id,
            name: name.to_string(),
            status,
            image,
            image_digest,
            error,
            created_at: Time(created_at),
            completed_at: completed_at.map(Time),
        }
    }
}
