//! Who asks the registry, and for what.

use super::error::OciError;
use crate::api::auth::{header, key_of};
use crate::app::App;
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use std::sync::Arc;
use windlass_domain::WorkspaceName;
use windlass_image::Digest;
use windlass_image::registry::{ManifestReference, parse_digest, parse_manifest_reference, parse_repository};
use windlass_store::KeyKind;

/// Base64 as clients write it, padded or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a key opens in the registry.
#[derive(Debug)]
pub struct Access(KeyKind);

impl FromRequestParts<Arc<App>> for Access {
    type Rejection = OciError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, OciError> {
        let authorization = header(&parts.headers, AUTHORIZATION.as_str())?;
        let authorization = authorization.ok_or_else(|| OciError::unauthorized("a key is needed"))?;
        let token =
            token(authorization).ok_or_else(|| OciError::unauthorized("send Basic (the key as password) or Bearer"))?;
        Ok(Self(key_of(app, &token)?.kind))
    }
}

impl Access {
    /// Workspace and name of a repository; a foreign one is as unknown as one that is not there.
    pub fn open<'a>(&self, repository: &'a str) -> Result<(WorkspaceName, &'a str), OciError> {
        let unknown = || OciError::name_unknown(repository);
        let (workspace, name) = repository.split_once('/').ok_or_else(unknown)?;
        let workspace = WorkspaceName::parse("repository", workspace).map_err(|_| unknown())?;
        match &self.0 {
            KeyKind::Operator => Ok((workspace, name)),
            KeyKind::Workspace(own) if *own == workspace => Ok((workspace, name)),
            KeyKind::Workspace(_) => Err(unknown()),
        }
    }
}

/// The key in `Bearer KEY` or `Basic base64(anybody:KEY)`.
fn token(authorization: &str) -> Option<String> {
    let (scheme, value) = authorization.split_once(' ')?;
    let value = value.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(value.to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(BASE64.decode(value).ok()?).ok()?;
    text.split_once(':').map(|(_, password)| password.to_owned())
}

/// What a path below `/v2/` asks for.
#[derive(Debug, PartialEq, Eq)]
pub struct Asked {
    /// `workspace/agent`.
    pub repository: String,
    /// What of it.
    pub target: Target,
}

/// What of a repository.
#[derive(Debug, PartialEq, Eq)]
pub enum Target {
    /// `manifests/{tag or digest}`
    Manifest(ManifestReference),
    /// `blobs/{digest}`
    Blob(Digest),
    /// `tags/list`
    Tags,
}

impl Asked {
    /// Reads a whole path; `None` is `/v2/` itself.
    pub fn parse(path: &str) -> Result<Option<Self>, OciError> {
        let path = path.strip_prefix("/v2").ok_or_else(OciError::no_such_path)?;
        let path = path.strip_prefix('/').unwrap_or(path);
        if path.is_empty() {
            return Ok(None);
        }
        let mut parts = path.rsplitn(3, '/');
        let (Some(last), Some(kind), Some(repository)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(OciError::no_such_path());
        };
        // A client may escape the colon of a digest.
        let last = last.replace("%3A", ":").replace("%3a", ":");
        let target = match (kind, last.as_str()) {
            ("manifests", reference) => {
                let code = if reference.contains(':') { "DIGEST_INVALID" } else { "TAG_INVALID" };
                Target::Manifest(parse_manifest_reference(reference).map_err(|error| OciError::invalid(code, &error))?)
            }
            ("blobs", digest) => {
                Target::Blob(parse_digest(digest).map_err(|error| OciError::invalid("DIGEST_INVALID", &error))?)
            }
            ("tags", "list") => Target::Tags,
            _ => return Err(OciError::no_such_path()),
        };
        let repository = parse_repository(repository).map_err(|error| OciError::invalid("NAME_INVALID", &error))?;
        Ok(Some(Self { repository: repository.to_owned(), target }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_the_password_of_anybody_or_a_bearer_token() {
        // printf 'anybody:ra_ws_x' | base64
        for good in ["Bearer ra_ws_x", "bearer ra_ws_x", "Basic YW55Ym9keTpyYV93c194", "basic YW55Ym9keTpyYV93c194"] {
            assert_eq!(token(good).as_deref(), Some("ra_ws_x"), "{good}");
        }
        for bad in ["", "Basic", "Basic !", "Digest x", "Basic bm9jb2xvbg=="] {
            assert_eq!(token(bad), None, "{bad}");
        }
    }

    #[test]
    fn names_with_slashes_are_read_from_the_end() {
        let asked = Asked::parse("/v2/acme/bot/manifests/v1").expect("a path").expect("a target");
        assert_eq!(
            (asked.repository.as_str(), asked.target),
            ("acme/bot", Target::Manifest(ManifestReference::Tag("v1".into())))
        );
        let asked = Asked::parse("/v2/acme/tags/list/tags/list").expect("a path").expect("a target");
        assert_eq!((asked.repository.as_str(), asked.target), ("acme/tags/list", Target::Tags));
        let digest = Digest::of(b"x");
        let asked = Asked::parse(&format!("/v2/a/b/blobs/{}", digest.to_string().replace(':', "%3A")));
        assert_eq!(asked.expect("a path").expect("a target").target, Target::Blob(digest));
        for root in ["/v2", "/v2/"] {
            assert_eq!(Asked::parse(root).expect("the root"), None);
        }
    }

    #[test]
    fn what_is_no_path_of_a_registry_is_refused() {
        for bad in ["/v2/a", "/v2/a/b", "/v2/a/b/c/d", "/v2/a/blobs/sha256:00", "/v2/A/tags/list", "/v2/../tags/list"] {
            assert!(Asked::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_key_opens_its_own_workspace_and_an_operators_every_one() {
        let own = Access(KeyKind::Workspace(WorkspaceName::parse("w", "acme").expect("a name")));
        assert_eq!(own.open("acme/a/b").expect("its own").1, "a/b");
        assert!(own.open("other/bot").is_err());
        assert!(own.open("acme").is_err());
        assert!(Access(KeyKind::Operator).open("other/bot").is_ok());
    }
}
