//! Base images: brought into the store whole, once, from an OCI layout or a registry, and then built on by digest.
//!
//! Invariants: a base image's manifest is stored last, so a stored manifest means that all of the image was stored;
//! every byte was checked against the digest that led to it.

mod credentials;
mod document;
mod layout;
mod pull;
mod record;

use crate::limits::{MAX_CONFIG, MAX_MANIFEST};
use crate::{Blobs, Descriptor, Digest, ImageError, Platform};
pub use layout::import_layout;
use oci_spec::image::ImageConfiguration;
pub use pull::{RegistryAccess, import_reference};
pub use record::ensure_base;

/// An image in the store that others can be built on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseImage {
    /// Its name for the annotation of what is built on it, e.g. `docker.io/library/debian:12`; never a path of this host.
    pub name: Option<String>,
    /// Its identity: the digest of the manifest for its platform.
    pub manifest_digest: Digest,
    /// The length of that manifest in bytes.
    pub manifest_size: u64,
    /// The configuration.
    pub config: Descriptor,
    /// The platform that the configuration names.
    pub platform: Platform,
    /// The layers from the bottom up, under OCI's media types.
    pub layers: Vec<Descriptor>,
    /// The digests of the uncompressed layers, in the same order.
    pub diff_ids: Vec<Digest>,
    configuration: ImageConfiguration,
}

impl BaseImage {
    /// The environment that the image sets, in its order.
    pub fn env(&self) -> impl Iterator<Item = (&str, &str)> {
        let env = self.configuration.config().as_ref().and_then(|config| config.env().as_deref());
        env.unwrap_or_default().iter().filter_map(|variable| variable.split_once('='))
    }

    /// The image's own command: entry point, then arguments.
    #[must_use]
    pub fn command(&self) -> Vec<String> {
        let Some(config) = self.configuration.config() else { return Vec::new() };
        let words = [config.entrypoint(), config.cmd()];
        words.into_iter().flatten().flatten().cloned().collect()
    }

    pub(crate) fn configuration(&self) -> &ImageConfiguration {
        &self.configuration
    }
}

/// A base image that was imported before; `name` is what its annotation shall say. Checks that every layer is there.
pub fn load_base(blobs: &Blobs, manifest_digest: &Digest, name: Option<&str>) -> Result<BaseImage, ImageError> {
    let manifest = document::Manifest::parse(manifest_digest, &blobs.get(manifest_digest)?)?;
    let base = manifest.with_config(&blobs.get(&manifest.config.digest)?, name.map(str::to_owned))?;
    for layer in &base.layers {
        let actual = blobs.size(&layer.digest)?;
        if actual != layer.size {
            return Err(ImageError::WrongSize { digest: layer.digest, expected: layer.size, actual });
        }
    }
    Ok(base)
}

/// The blobs that a stored image is made of: its manifest, its configuration and its layers.
pub(crate) fn parts_of(blobs: &Blobs, manifest_digest: &Digest) -> Result<Vec<Digest>, ImageError> {
    let manifest = document::Manifest::parse(manifest_digest, &blobs.get(manifest_digest)?)?;
    let layers = manifest.layers.iter().map(|layer| layer.digest);
    Ok([*manifest_digest, manifest.config.digest].into_iter().chain(layers).collect())
}

/// Refuses a document that is announced or found larger than its kind may be.
fn check_document_size(digest: &Digest, size: u64) -> Result<(), ImageError> {
    let limit = MAX_MANIFEST.max(MAX_CONFIG);
    if size > limit {
        return Err(ImageError::TooLarge { what: digest.to_string(), limit });
    }
    Ok(())
}

/// Refuses an image for another platform than the one that was asked for.
fn check_platform(base: &BaseImage, asked: &Platform, source: &str) -> Result<(), ImageError> {
    if base.platform == *asked {
        return Ok(());
    }
    let available = vec![base.platform.to_string()];
    Err(ImageError::NoPlatform { name: source.to_owned(), platform: asked.clone(), available })
}

#[cfg(test)]
mod tests;
