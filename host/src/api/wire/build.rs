//! `POST /builds` and `GET /builds/{id}`.

use super::Time;
use crate::deploy::BuildAsk;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use windlass_store::{BuildRecord, BuildStatus};

/// What to build.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct BuildBody {
    name: Option<String>,
    files: Option<BTreeMap<String, String>>,
    entry_point: Option<String>,
    requirements: Option<String>,
    framework: Option<String>,
}

impl From<BuildBody> for BuildAsk {
    fn from(body: BuildBody) -> Self {
        let BuildBody { name, files, entry_point, requirements, framework } = body;
        Self { name, files, entry_point, requirements, framework }
    }
}

/// A build.
#[derive(Debug, Serialize)]
pub struct Build {
    id: String,
    name: String,
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
