//! JSON documents of an image: written in one way, read within limits.

use crate::{Digest, ImageError};
use oci_spec::image::Digest as OciDigest;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;

/// Writes a document without spaces and with its keys sorted. The OCI types keep labels and annotations in hash maps,
/// so their own order differs from run to run.
pub(crate) fn encode<T: Serialize>(what: &str, document: &T) -> Result<Vec<u8>, ImageError> {
    let invalid = |error: serde_json::Error| ImageError::document(what, &error);
    let mut value = serde_json::to_value(document).map_err(invalid)?;
    value.sort_all_objects();
    serde_json::to_vec(&value).map_err(invalid)
}

/// Reads a document; `what` names it in the refusal.
pub(crate) fn decode<T: DeserializeOwned>(what: &(impl Display + ?Sized), bytes: &[u8]) -> Result<T, ImageError> {
    serde_json::from_slice(bytes).map_err(|error| ImageError::document(what, &error))
}

/// The digest of a descriptor in our form; other algorithms are refused.
pub(crate) fn digest_of(digest: &OciDigest) -> Result<Digest, ImageError> {
    Digest::parse(digest.as_ref())
}

/// A digest in the form of the OCI types.
pub(crate) fn oci_digest(digest: &Digest) -> Result<OciDigest, ImageError> {
    OciDigest::try_from(digest.to_string()).map_err(|error| ImageError::document(digest, &error))
}
