//! The overlay builder: base layers by digest, one source layer on top, a configuration and a manifest.
//!
//! [`Overlay::encode`] is pure: it tells the image's digest without touching the disk. [`Overlay::build`] also stores it.

use crate::base::BaseImage;
use crate::config::{ImageConfig, Platform, oci_configuration};
use crate::document::{encode, oci_digest};
use crate::layer::{Layer, source_layer};
use crate::{Blobs, Digest, ImageError};
use oci_spec::image::{
    ANNOTATION_BASE_IMAGE_DIGEST, ANNOTATION_BASE_IMAGE_NAME, Descriptor as OciDescriptor, ImageManifest,
    ImageManifestBuilder, MediaType, SCHEMA_VERSION,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use windlass_domain::source::SourceTree;

/// A blob as a manifest names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Descriptor {
    /// What it is.
    pub media_type: String,
    /// Its digest.
    pub digest: Digest,
    /// Its length in bytes.
    pub size: u64,
}

impl Descriptor {
    pub(crate) fn to_oci(&self) -> Result<OciDescriptor, ImageError> {
        Ok(OciDescriptor::new(self.media_type.as_str().into(), self.size, oci_digest(&self.digest)?))
    }
}

/// What an image is built from.
#[derive(Debug, Clone, Copy)]
pub struct Overlay<'a> {
    /// The image below; `None`: an empty base, labelled as needing the local runtime.
    pub base: Option<&'a BaseImage>,
    /// The platform of an image with an empty base; else the base's counts.
    pub platform: &'a Platform,
    /// The agent's source.
    pub source: &'a SourceTree,
    /// How it is run.
    pub config: &'a ImageConfig,
}

/// An image in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuiltImage {
    /// The image's identity.
    pub manifest_digest: Digest,
    /// The manifest's length in bytes.
    pub manifest_size: u64,
    /// The configuration.
    pub config: Descriptor,
    /// All layers from the bottom up: the base's, then the source layer.
    pub layers: Vec<Descriptor>,
    /// The first 12 hex digits of the manifest's digest.
    pub tag: String,
}

/// An image in memory: its new blobs, and what it will be once they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedImage {
    /// The source layer.
    pub layer: Layer,
    /// The configuration's bytes.
    pub config: Vec<u8>,
    /// The manifest's bytes.
    pub manifest: Vec<u8>,
    /// Its description.
    pub image: BuiltImage,
}

impl Overlay<'_> {
    /// Makes the image's bytes. The same overlay gives the same bytes on every host.
    pub fn encode(&self) -> Result<EncodedImage, ImageError> {
        let layer = source_layer(self.source)?;
        let configuration = oci_configuration(self.config, self.base, self.platform, &layer.diff_id);
        let config = encode("the configuration", &configuration)?;
        let described =
            |media_type: MediaType, digest, size| Descriptor { media_type: media_type.to_string(), digest, size };
        let config_blob = described(MediaType::ImageConfig, Digest::of(&config), config.len() as u64);
        let mut layers = self.base.map(|base| base.layers.clone()).unwrap_or_default();
        layers.push(described(MediaType::ImageLayerGzip, layer.digest, layer.bytes.len() as u64));
        let manifest = encode("the manifest", &manifest(self.base, &config_blob, &layers)?)?;
        let manifest_digest = Digest::of(&manifest);
        let image = BuiltImage {
            manifest_digest,
            manifest_size: manifest.len() as u64,
            config: config_blob,
            layers,
            tag: manifest_digest.short(),
        };
        Ok(EncodedImage { layer, config, manifest, image })
    }

    /// Makes the image and stores its new blobs durably. An image that is stored already costs no write.
    pub fn build(&self, blobs: &Blobs) -> Result<BuiltImage, ImageError> {
        let EncodedImage { layer, config, manifest, image } = self.encode()?;
        blobs.put_all(&[
            (layer.digest, &layer.bytes),
            (image.config.digest, &config),
            (image.manifest_digest, &manifest),
        ])?;
        Ok(image)
    }
}

fn manifest(base: Option<&BaseImage>, config: &Descriptor, layers: &[Descriptor]) -> Result<ImageManifest, ImageError> {
    let layers = layers.iter().map(Descriptor::to_oci).collect::<Result<Vec<_>, _>>()?;
    let mut manifest = ImageManifestBuilder::default()
        .schema_version(SCHEMA_VERSION)
        .media_type(MediaType::ImageManifest)
        .config(config.to_oci()?)
        .layers(layers)
        .build()
        .map_err(|error| ImageError::document("the manifest", &error))?;
    if let Some(base) = base {
        let mut annotations =
            HashMap::from([(ANNOTATION_BASE_IMAGE_DIGEST.to_owned(), base.manifest_digest.to_string())]);
        annotations.extend(base.name.clone().map(|name| (ANNOTATION_BASE_IMAGE_NAME.to_owned(), name)));
        manifest.set_annotations(Some(annotations));
    }
    Ok(manifest)
}

#[cfg(test)]
mod tests;
