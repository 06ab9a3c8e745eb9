//! One version of an agent of the catalog: what its `manifest.json` says, and its source.

use anyhow::{Context as _, bail};
use chrono::DateTime;
use semver::Version;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use windlass_domain::AgentName;
use windlass_domain::source::SourceTree;

/// What is read of a manifest; what else it has is shown as it is.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    id: String,
    version: Version,
    name: String,
    summary: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    required_integrations: Vec<String>,
    #[serde(default)]
    governance_traits: Vec<String>,
    #[serde(default)]
    metadata: Map<String, Value>,
    #[serde(default)]
    changelog: String,
    published_at: String,
}

/// One version of an agent.
#[derive(Debug, Clone)]
pub struct Manifest {
    read: Read,
    document: Map<String, Value>,
}

/// Where the source stands in the document.
const TEMPLATE: &str = "deploymentTemplate";
const SOURCE_FILES: &str = "sourceFiles";

impl Manifest {
    /// Reads a manifest, and puts the files of `source`, by their paths below `src/`, into its template.
    pub(super) fn parse<'a>(text: &str, source: impl Iterator<Item = (&'a str, &'a str)>) -> anyhow::Result<Self> {
        let mut document: Map<String, Value> = serde_json::from_str(text).context("it is no JSON object")?;
        document.retain(|_, value| !value.is_null());
        let read: Read = serde_path_to_error::deserialize(&Value::Object(document.clone()))?;
        AgentName::parse("id", &read.id).map_err(|invalid| anyhow::anyhow!("id {}", invalid.message))?;
        DateTime::parse_from_rfc3339(&read.published_at).context("publishedAt is not a time of RFC 3339")?;
        let files: BTreeMap<String, String> =
            source.map(|(path, text)| (format!("src/{path}"), text.to_owned())).collect();
        if files.is_empty() {
            bail!("its src/ has no file");
        }
        SourceTree::parse("src", files.clone())
            .map_err(|invalid| anyhow::anyhow!("{}: {}", invalid.field, invalid.message))?;
        let template = document.entry(TEMPLATE).or_insert_with(|| Map::new().into());
        let Some(template) = template.as_object_mut() else { bail!("{TEMPLATE} is no object") };
        template.retain(|_, value| !value.is_null());
        template.insert(SOURCE_FILES.to_owned(), serde_json::to_value(files)?);
        Ok(Self { read, document })
    }

    /// The whole manifest with its source.
    #[must_use]
    pub fn document(&self) -> &Map<String, Value> {
        &self.document
    }

    /// Names the agent in the catalog.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.read.id
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.read.version
    }

    /// Its name, for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.read.name
    }

    /// What it does, in a sentence.
    #[must_use]
    pub fn summary(&self) -> &str {
        &self.read.summary
    }

    /// What kind of agent it is.
    #[must_use]
    pub fn category(&self) -> &str {
        &self.read.category
    }

    /// Words for it.
    #[must_use]
    pub fn tags(&self) -> &[String] {
        &self.read.tags
    }

    /// What it needs to reach.
    #[must_use]
    pub fn required_integrations(&self) -> &[String] {
        &self.read.required_integrations
    }

    /// How it behaves, in words of governance.
    #[must_use]
    pub fn governance_traits(&self) -> &[String] {
        &self.read.governance_traits
    }

    /// `low`, `medium` or `high`, where its metadata says so.
    #[must_use]
    pub fn complexity(&self) -> &str {
        self.read.metadata.get("complexity").and_then(Value::as_str).unwrap_or_default()
    }

    /// What is new in it.
    #[must_use]
    pub fn changelog(&self) -> &str {
        &self.read.changelog
    }

    /// When it was published, RFC 3339.
    #[must_use]
    pub fn published_at(&self) -> &str {
        &self.read.published_at
    }
}
