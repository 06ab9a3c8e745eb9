//! The way out: an image of the store as an OCI image layout (image-layout.md), for skopeo, umoci, podman and the like.

use crate::document::encode;
use crate::overlay::Descriptor;
use crate::{Blobs, Digest, ImageError, load_base};
use oci_spec::image::{
    ANNOTATION_REF_NAME, ImageIndexBuilder, MediaType, OciLayoutBuilder, PlatformBuilder, SCHEMA_VERSION,
};
use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// Writes the image to the folder `dir`, made when it is missing, under its short digest as tag. Blobs are copied: a
/// link would let whoever edits the layout edit the store. Nothing is flushed.
pub fn write_layout(blobs: &Blobs, manifest_digest: &Digest, dir: &Path) -> Result<(), ImageError> {
    let image = load_base(blobs, manifest_digest, None)?;
    let folder = dir.join("blobs").join("sha256");
    fs::create_dir_all(&folder).map_err(|error| ImageError::io("make", &folder, error))?;
    for digest in image.layers.iter().map(|layer| &layer.digest).chain([&image.config.digest, manifest_digest]) {
        let to = folder.join(digest.hex());
        fs::copy(blobs.path(digest), &to).map_err(|error| ImageError::io("write", &to, error))?;
    }
    let invalid = |error| ImageError::document("the layout", &error);
    let entry = Descriptor {
        media_type: MediaType::ImageManifest.to_string(),
        digest: *manifest_digest,
        size: image.manifest_size,
    };
    let mut entry = entry.to_oci()?;
    let platform = PlatformBuilder::default()
        .os(image.platform.os.as_str())
        .architecture(image.platform.architecture.as_str())
        .build()
        .map_err(invalid)?;
    entry.set_platform(Some(platform));
    entry.set_annotations(Some(HashMap::from([(ANNOTATION_REF_NAME.to_owned(), manifest_digest.short())])));
    let index = ImageIndexBuilder::default()
        .schema_version(SCHEMA_VERSION)
        .media_type(MediaType::ImageIndex)
        .manifests(vec![entry])
        .build()
        .map_err(invalid)?;
    let marker = OciLayoutBuilder::default().image_layout_version("1.0.0").build().map_err(invalid)?;
    let files = [("index.json", encode("index.json", &index)?), ("oci-layout", encode("oci-layout", &marker)?)];
    for (name, bytes) in files {
        let to = dir.join(name);
        fs::write(&to, bytes).map_err(|error| ImageError::io("write", &to, error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
