//! The documents of an image, read and judged: index, manifest, configuration. Pure.

use super::BaseImage;
use crate::document::{decode, digest_of};
use crate::limits::{MAX_CONFIG, MAX_LAYER, MAX_LAYERS};
use crate::{Descriptor, Digest, ImageError, Platform};
use oci_spec::image::{
    Descriptor as OciDescriptor, ImageConfiguration, ImageIndex, ImageManifest, MediaType, SCHEMA_VERSION,
};
use serde_json::Value;

/// What a digest or a tag may lead to.
pub(super) enum Document {
    /// A list of images, one a platform.
    Index(Box<ImageIndex>),
    /// One image.
    Manifest(Manifest),
}

impl Document {
    /// Reads an index or a manifest. What it *is* follows from its content alone, never from what a server called it,
    /// and one that is both is refused (the "ambiguous manifest" attack, CVE-2021-41190).
    pub(super) fn parse(digest: &Digest, bytes: &[u8]) -> Result<Self, ImageError> {
        let value: Value = decode(digest, bytes)?;
        match (value.get("manifests").is_some(), value.get("config").is_some() || value.get("layers").is_some()) {
            (true, false) => Ok(Self::Index(Box::new(decode(digest, bytes)?))),
            (false, true) => Ok(Self::Manifest(Manifest::parse(digest, bytes)?)),
            (true, true) => Err(ImageError::document(digest, "it is an index and a manifest at once")),
            (false, false) => Err(ImageError::document(digest, "it is neither an index nor a manifest")),
        }
    }
}

/// A manifest whose blobs all have kinds and sizes that we take.
pub(super) struct Manifest {
    digest: Digest,
    size: u64,
    pub(super) config: Descriptor,
    pub(super) layers: Vec<Descriptor>,
}

impl Manifest {
    pub(super) fn parse(digest: &Digest, bytes: &[u8]) -> Result<Self, ImageError> {
        let manifest: ImageManifest = decode(digest, bytes)?;
        if manifest.schema_version() != SCHEMA_VERSION {
            return Err(ImageError::Unsupported { what: format!("schemaVersion {}", manifest.schema_version()) });
        }
        if manifest.layers().len() > MAX_LAYERS {
            return Err(ImageError::document(digest, &format!("it has more than {MAX_LAYERS} layers")));
        }
        let config = known_blob(manifest.config(), config_type(manifest.config().media_type()), MAX_CONFIG)?;
        let layers = manifest
            .layers()
            .iter()
            .map(|layer| known_blob(layer, layer_type(layer.media_type()), MAX_LAYER))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { digest: *digest, size: bytes.len() as u64, config, layers })
    }

    /// The image that this manifest and its configuration make.
    pub(super) fn with_config(&self, config: &[u8], name: Option<String>) -> Result<BaseImage, ImageError> {
        let configuration: ImageConfiguration = decode(&self.config.digest, config)?;
        let ids = configuration.rootfs().diff_ids();
        let diff_ids = ids.iter().map(|id| Digest::parse(id)).collect::<Result<Vec<_>, _>>()?;
        if diff_ids.len() != self.layers.len() {
            let reason = format!("it names {} layers, the manifest {}", diff_ids.len(), self.layers.len());
            return Err(ImageError::document(&self.config.digest, &reason));
        }
        let platform =
            Platform { os: configuration.os().to_string(), architecture: configuration.architecture().to_string() };
        Ok(BaseImage {
            name,
            manifest_digest: self.digest,
            manifest_size: self.size,
            config: self.config.clone(),
            platform,
            layers: self.layers.clone(),
            diff_ids,
            configuration,
        })
    }
}

fn known_blob(blob: &OciDescriptor, kind: Option<MediaType>, limit: u64) -> Result<Descriptor, ImageError> {
    let media_type = kind.ok_or_else(|| ImageError::Unsupported { what: blob.media_type().to_string() })?.to_string();
    let digest = digest_of(blob.digest())?;
    if blob.size() > limit {
        return Err(ImageError::TooLarge { what: digest.to_string(), limit });
    }
    Ok(Descriptor { media_type, digest, size: blob.size() })
}

/// OCI's name for a configuration: Docker's has the same content under another name.
fn config_type(media_type: &MediaType) -> Option<MediaType> {
    match media_type {
        MediaType::ImageConfig => Some(MediaType::ImageConfig),
        MediaType::Other(other) if other == "application/vnd.docker.container.image.v1+json" => {
            Some(MediaType::ImageConfig)
        }
        _ => None,
    }
}

/// OCI's name for a layer: Docker's is the same tar under another name. Layers that a registry may not pass on are not taken.
fn layer_type(media_type: &MediaType) -> Option<MediaType> {
    match media_type {
        MediaType::ImageLayer | MediaType::ImageLayerGzip | MediaType::ImageLayerZstd => Some(media_type.clone()),
        MediaType::Other(other) => match other.as_str() {
            "application/vnd.docker.image.rootfs.diff.tar" => Some(MediaType::ImageLayer),
            "application/vnd.docker.image.rootfs.diff.tar.gzip" => Some(MediaType::ImageLayerGzip),
            "application/vnd.docker.image.rootfs.diff.tar.zstd" => Some(MediaType::ImageLayerZstd),
            _ => None,
        },
        _ => None,
    }
}

/// The entry of an index for a platform: the first that names it, else the only one that names none (its image's own
/// configuration is checked later). `source` names the index in the refusal.
pub(super) fn choose<'a>(
    index: &'a ImageIndex,
    platform: &Platform,
    source: &str,
) -> Result<&'a OciDescriptor, ImageError> {
    let named = |entry: &OciDescriptor| {
        let platform = entry.platform().as_ref()?;
        Some(Platform { os: platform.os().to_string(), architecture: platform.architecture().to_string() })
    };
    if let Some(entry) = index.manifests().iter().find(|entry| named(entry).as_ref() == Some(platform)) {
        return Ok(entry);
    }
    let mut unnamed = index.manifests().iter().filter(|entry| entry.platform().is_none());
    match (unnamed.next(), unnamed.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(ImageError::NoPlatform {
            name: source.to_owned(),
            platform: platform.clone(),
            available: index.manifests().iter().filter_map(named).map(|platform| platform.to_string()).collect(),
        }),
    }
}
