//! What the registry serves: manifests whole, blobs in ranges, tags in pages.

use super::error::OciError;
use crate::api::ApiError;
use crate::app::App;
use axum::Json;
use axum::body::Body;
use axum::http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, LINK, RANGE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::sync::Arc;
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;
use windlass_domain::WorkspaceName;
use windlass_image::registry::{BLOB_TYPE, ManifestReference, RangeRequest, parse_range};
use windlass_image::{Digest, ImageError};
use windlass_store::{BlobKind, ImageBlob};

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
/// How much of a blob is read at a time, in bytes.
const PIECE: usize = 128 * 1024;
/// The most tags in one answer.
const MAX_TAGS: usize = 1_000;

/// A manifest by tag or digest.
pub async fn manifest(
    app: &Arc<App>,
    workspace: &WorkspaceName,
    repository: &str,
    reference: ManifestReference,
) -> Result<Response, OciError> {
    let (found, asked) = match reference {
        ManifestReference::Tag(tag) => (app.store.image_tag(workspace, repository, &tag), tag),
        ManifestReference::Digest(digest) => {
            (app.store.image_blob(workspace, repository, &digest.to_string()), digest.to_string())
        }
    };
    let found = found.map_err(ApiError::from)?.filter(|blob| blob.kind == BlobKind::Manifest);
    let Some(ImageBlob { digest, media_type, .. }) = found else {
        known(app, workspace, repository)?;
        return Err(OciError::manifest_unknown(&asked));
    };
    let (blobs, name) = (app.blobs.clone(), parse(&digest)?);
    let bytes = blocking(move || blobs.get(&name)).await?;
    let headers = [(CONTENT_TYPE, header(&media_type)), (CONTENT_DIGEST, header(&digest)), (ETAG, etag(&digest))];
    Ok((headers, bytes).into_response())
}

/// A blob, or the part of it that `Range` asks for.
pub async fn blob(
    app: &Arc<App>,
    workspace: &WorkspaceName,
    repository: &str,
    digest: Digest,
    headers: &HeaderMap,
) -> Result<Response, OciError> {
    let text = digest.to_string();
    if app.store.image_blob(workspace, repository, &text).map_err(ApiError::from)?.is_none() {
        known(app, workspace, repository)?;
        return Err(OciError::blob_unknown(&text));
    }
    let blobs = app.blobs.clone();
    let (file, length) = blocking(move || blobs.open_blob(&digest)).await?;
    let range = headers.get(RANGE).and_then(|value| value.to_str().ok());
    let common = [
        (CONTENT_TYPE, HeaderValue::from_static(BLOB_TYPE)),
        (CONTENT_DIGEST, header(&text)),
        (ETAG, etag(&text)),
        (ACCEPT_RANGES, HeaderValue::from_static("bytes")),
    ];
    Ok(match parse_range(range, length) {
        RangeRequest::Whole => {
            (common, [(CONTENT_LENGTH, HeaderValue::from(length))], read(file, 0, length)?).into_response()
        }
        RangeRequest::Part { start, end } => {
            let count = end - start + 1;
            let range = header(&format!("bytes {start}-{end}/{length}"));
            let headers = [(CONTENT_LENGTH, HeaderValue::from(count)), (CONTENT_RANGE, range)];
            (StatusCode::PARTIAL_CONTENT, common, headers, read(file, start, count)?).into_response()
        }
        RangeRequest::Unsatisfiable => {
            let range = [(CONTENT_RANGE, header(&format!("bytes */{length}")))];
            (StatusCode::RANGE_NOT_SATISFIABLE, range).into_response()
        }
    })
}

/// Which tags.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct Page {
    /// How many, at most 1,000.
    n: Option<usize>,
    /// Those after it.
    last: Option<String>,
}

/// The tags of a repository.
#[derive(Serialize, JsonSchema)]
pub struct Tags {
    name: String,
    tags: Vec<String>,
}

/// The tags of a repository in order, `n` at a time after `last`.
pub fn tags(
    app: &Arc<App>,
    workspace: &WorkspaceName,
    name: &str,
    repository: &str,
    query: Option<&str>,
) -> Result<Response, OciError> {
    let tags = app.store.image_tags(workspace, name).map_err(ApiError::from)?;
    let tags = tags.ok_or_else(|| OciError::name_unknown(repository))?;
    let Page { n, last } = page(query);
    let count = n.unwrap_or(MAX_TAGS).min(MAX_TAGS);
    let mut rest = tags.into_iter().map(|tag| tag.tag).filter(|tag| last.as_ref().is_none_or(|last| tag > last));
    let shown: Vec<String> = rest.by_ref().take(count).collect();
    let next = shown.last().filter(|_| rest.next().is_some());
    let next = next.map(|last| format!("</v2/{repository}/tags/list?n={count}&last={last}>; rel=\"next\""));
    let link = next.map(|next| [(LINK, header(&next))]);
    let body = Json(Tags { name: repository.to_owned(), tags: shown });
    Ok(match link {
        Some(link) => (link, body).into_response(),
        None => body.into_response(),
    })
}

/// A query that cannot be read asks for everything: clients send what other registries take.
fn page(query: Option<&str>) -> Page {
    let uri = axum::http::Uri::try_from(format!("/?{}", query.unwrap_or_default())).unwrap_or_default();
    axum::extract::Query::try_from_uri(&uri).map(|axum::extract::Query(page)| page).unwrap_or_default()
}

/// Tells an unknown repository from something that is not in a known one.
fn known(app: &App, workspace: &WorkspaceName, repository: &str) -> Result<(), OciError> {
    match app.store.image_tags(workspace, repository).map_err(ApiError::from)? {
        Some(_) => Ok(()),
        None => Err(OciError::name_unknown(&format!("{workspace}/{repository}"))),
    }
}

/// Streams `count` bytes from `start`.
fn read(mut file: File, start: u64, count: u64) -> Result<Body, OciError> {
    file.seek(SeekFrom::Start(start))
        .map_err(|error| ApiError::internal("blob_unreadable", "the blob cannot be read", &error))?;
    let part = tokio::fs::File::from_std(file).take(count);
    Ok(Body::from_stream(ReaderStream::with_capacity(part, PIECE)))
}

/// Reads from the disk off the async threads. What the index names must be there: anything else is our fault.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ImageError> + Send + 'static,
) -> Result<T, OciError> {
    let failed = |error: &(dyn std::error::Error + 'static)| {
        ApiError::internal("blob_unreadable", "the blob cannot be read", error)
    };
    let done = tokio::task::spawn_blocking(work).await.map_err(|error| failed(&error))?;
    Ok(done.map_err(|error| failed(&error))?)
}

fn parse(digest: &str) -> Result<Digest, OciError> {
    let failed = |error: ImageError| ApiError::internal("blob_unreadable", "the blob cannot be read", &error);
    Ok(Digest::parse(digest).map_err(failed)?)
}

/// A header of plain text; a stored media type or digest always is.
fn header(text: &str) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn etag(digest: &str) -> HeaderValue {
    header(&format!("\"{digest}\""))
}
