//! `/catalog`: agents that can be deployed as they are.

use super::openapi::op;
use super::path::Path;
use super::routes::Routes;
use super::wire::Time;
use super::{ApiError, Caller};
use crate::app::App;
use crate::catalog::{Filter, Manifest, Page};
use axum::Json;
use axum::extract::{RawQuery, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use url::form_urlencoded;
use windlass_domain::{AgentName, Invalid};

/// The page size where none is given.
const PAGE_SIZE: usize = 24;

/// The routes of `/catalog`.
pub fn routes() -> Routes {
    let shown = op("getCatalogAgent", "Show an agent of the catalog, with its source").refuses(&[404]);
    Routes::new("Catalog")
        .get(
            "/catalog",
            list,
            op("listCatalog", "Search the agents that can be deployed as they are").query::<ListQuery>(),
        )
        .refuse("/catalog/", no_such_path)
        .get("/catalog/{id}", one, shown.query::<OneQuery>().answers::<CatalogManifest>(200))
        .get("/catalog/{id}/versions", versions, op("listCatalogVersions", "List its versions, the newest first"))
        .refuse("/catalog/{id}/{*rest}", no_such_path)
}

/// What a list may ask for. Words come by comma, by repetition, or by both.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "the shape alone is read")]
struct ListQuery {
    search: Option<String>,
    category: Option<Vec<String>>,
    tag: Option<Vec<String>>,
    integration: Option<Vec<String>>,
    governance: Option<Vec<String>>,
    /// 1 where it is not given.
    #[schemars(range(min = 1))]
    page: Option<u32>,
    /// 24 where it is not given.
    #[schemars(range(min = 1, max = 100))]
    page_size: Option<u32>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "the shape alone is read")]
struct OneQuery {
    /// The newest where it is not given.
    version: Option<String>,
}

/// An agent of the catalog; what else its manifest says is shown as it is.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape alone is read")]
struct CatalogManifest {
    id: String,
    version: String,
    name: String,
    summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    required_integrations: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    governance_traits: Option<Vec<String>>,
    deployment_template: CatalogDeploymentTemplate,
}

/// What a deploy of it takes.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape alone is read")]
struct CatalogDeploymentTemplate {
    source_files: BTreeMap<String, String>,
}

/// The contract's `CatalogListResponse`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CatalogListResponse")]
struct List {
    generated_at: Time,
    items: Vec<Entry>,
    total: usize,
    page: usize,
    page_size: usize,
}

/// The contract's `CatalogEntry`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CatalogEntry")]
struct Entry {
    id: String,
    name: String,
    summary: String,
    category: String,
    tags: Vec<String>,
    latest_version: String,
    required_integrations: Vec<String>,
    governance_traits: Vec<String>,
    complexity: String,
}

impl From<&Manifest> for Entry {
    fn from(manifest: &Manifest) -> Self {
        Self {
            id: manifest.id().to_owned(),
            name: manifest.name().to_owned(),
            summary: manifest.summary().to_owned(),
            category: manifest.category().to_owned(),
            tags: manifest.tags().to_vec(),
            latest_version: manifest.version().to_string(),
            required_integrations: manifest.required_integrations().to_vec(),
            governance_traits: manifest.governance_traits().to_vec(),
            complexity: manifest.complexity().to_owned(),
        }
    }
}

/// The contract's `CatalogVersionsResponse`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CatalogVersionsResponse")]
struct Versions {
    agent_id: String,
    versions: Vec<Release>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CatalogVersion")]
struct Release {
    version: String,
    #[schemars(extend("format" = "date-time"))]
    published_at: String,
    summary: String,
    changelog: String,
}

impl From<&Manifest> for Release {
    fn from(manifest: &Manifest) -> Self {
        Self {
            version: manifest.version().to_string(),
            published_at: manifest.published_at().to_owned(),
            summary: manifest.summary().to_owned(),
            changelog: manifest.changelog().to_owned(),
        }
    }
}

async fn list(State(app): State<Arc<App>>, _: Caller, RawQuery(query): RawQuery) -> Result<Json<List>, ApiError> {
    let (filter, page) = parse_query(query.as_deref().unwrap_or_default())?;
    let (items, total) = app.catalog.search(&filter, page);
    let items = items.into_iter().map(Entry::from).collect();
    let generated_at = Time(app.started_at);
    Ok(Json(List { generated_at, items, total, page: page.number(), page_size: page.size() }))
}

async fn one(
    State(app): State<Arc<App>>,
    _: Caller,
    Path(Named { id }): Path<Named>,
    RawQuery(query): RawQuery,
) -> Result<Json<Map<String, Value>>, ApiError> {
    let id = parse_id(&id)?;
    let query = query.unwrap_or_default();
    let version = values(&query, "version").next_back().map(|version| version.trim().to_owned());
    let version = version.filter(|version| !version.is_empty());
    let manifest = app.catalog.find(&id, version.as_deref()).ok_or_else(no_entry)?;
    Ok(Json(manifest.document().clone()))
}

async fn versions(
    State(app): State<Arc<App>>,
    _: Caller,
    Path(Named { id }): Path<Named>,
) -> Result<Json<Versions>, ApiError> {
    let id = parse_id(&id)?;
    let versions = app.catalog.versions(&id).ok_or_else(no_entry)?.iter().map(Release::from).collect();
    Ok(Json(Versions { agent_id: id, versions }))
}

async fn no_such_path(_: Caller) -> ApiError {
    invalid_path()
}

/// The path's `{id}`, unchecked.
#[derive(Deserialize, JsonSchema)]
struct Named {
    #[schemars(with = "AgentName")]
    id: String,
}

fn parse_id(id: &str) -> Result<String, ApiError> {
    AgentName::parse("id", id).map(String::from).map_err(|_| invalid_path())
}

fn invalid_path() -> ApiError {
    ApiError::bad_request("invalid_path", "invalid catalog path")
        .field("id")
        .hint("use /catalog/{id} or /catalog/{id}/versions, with an id of GET /catalog")
}

fn no_entry() -> ApiError {
    ApiError::not_found("catalog entry not found")
        .hint("GET /catalog lists the ids, and /catalog/{id}/versions the versions")
}

/// The values of a key that may come several times.
fn values<'a>(query: &'a str, key: &'a str) -> impl DoubleEndedIterator<Item = String> + 'a {
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    pairs.into_iter().filter(move |(name, _)| name == key).map(|(_, value)| value.into_owned())
}

/// Words may be separated by commas, or come by a key of their own each, or both.
fn words(query: &str, key: &str) -> Vec<String> {
    let all =
        values(query, key).flat_map(|value| value.split(',').map(|word| word.trim().to_owned()).collect::<Vec<_>>());
    all.filter(|word| !word.is_empty()).collect()
}

fn parse_query(query: &str) -> Result<(Filter, Page), Invalid> {
    let filter = Filter {
        search: values(query, "search").next_back().unwrap_or_default(),
        categories: words(query, "category"),
        tags: words(query, "tag"),
        integrations: words(query, "integration"),
        governance: words(query, "governance"),
    };
    let number = parse_number(query, "page", 1)?;
    let size = parse_number(query, "page_size", PAGE_SIZE)?;
    let field = if number == 0 { "page" } else { "page_size" };
    let page = Page::new(number, size).ok_or_else(|| out_of_range(field))?;
    Ok((filter, page))
}

fn parse_number(query: &str, key: &str, default: usize) -> Result<usize, Invalid> {
    let given = values(query, key).next_back().filter(|text| !text.is_empty());
    given.map_or(Ok(default), |text| text.parse().map_err(|_| out_of_range(key)))
}

fn out_of_range(field: &str) -> Invalid {
    let message = "it is no page: pages count from 1, and have 1 to 100 agents";
    Invalid::new("invalid_value", field, message, "for example ?page=1&page_size=24")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_by_comma_by_repetition_or_by_both() {
        for query in ["tag=a,b&tag=c", "tag=a&tag=b&tag=c", "tag=a%2Cb%2C%20c", "tag=,a,,b&tag=&tag=c"] {
            assert_eq!(words(query, "tag"), ["a", "b", "c"], "{query}");
        }
        assert_eq!(parse_query("category=People%20Operations").expect("good").0.categories, ["People Operations"]);
    }

    #[test]
    fn a_page_that_is_none_is_named() {
        let (_, page) = parse_query("").expect("good");
        assert_eq!((page.number(), page.size()), (1, 24));
        for (query, field) in [
            ("page=0", "page"),
            ("page=-1", "page"),
            ("page=x", "page"),
            ("page_size=0", "page_size"),
            ("page_size=101", "page_size"),
            ("page=0&page_size=0", "page"),
        ] {
            assert_eq!(parse_query(query).expect_err(query).field, field, "{query}");
        }
    }
}
