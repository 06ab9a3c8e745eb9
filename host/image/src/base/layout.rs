//! Base images from an OCI image layout: a folder with `oci-layout`, `index.json` and `blobs/` (image-layout.md).

use super::document::{Document, Manifest, choose};
use super::{BaseImage, check_document_size, check_platform};
use crate::document::{decode, digest_of};
use crate::limits::{MAX_INDEX_DEPTH, MAX_MANIFEST};
use crate::{Blobs, Descriptor, Digest, ImageError, Platform};
use oci_spec::image::{ANNOTATION_REF_NAME, ImageIndex, OciLayout};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use windlass_domain::ImageReference;

/// Brings the image for `platform` from the layout at `path` into the store. Where the layout holds several, the first
/// that fits counts. Its name is the layout's `org.opencontainers.image.ref.name`, where that is a whole reference.
pub fn import_layout(blobs: &Blobs, path: &Path, platform: &Platform) -> Result<BaseImage, ImageError> {
    let source = path.display().to_string();
    let marker: OciLayout = decode("oci-layout", &read_file(&path.join("oci-layout"))?)?;
    if !marker.image_layout_version().starts_with("1.") {
        return Err(ImageError::Unsupported { what: format!("layout version {}", marker.image_layout_version()) });
    }
    let mut index: ImageIndex = decode("index.json", &read_file(&path.join("index.json"))?)?;
    let mut name = None;
    for _ in 0..MAX_INDEX_DEPTH {
        let entry = choose(&index, platform, &source)?;
        let annotated = entry.annotations().as_ref().and_then(|annotations| annotations.get(ANNOTATION_REF_NAME));
        name = name.or_else(|| annotated.filter(|text| is_whole_reference(text)).cloned());
        let digest = digest_of(entry.digest())?;
        check_document_size(&digest, entry.size())?;
        let bytes = read_blob(path, &digest)?;
        match Document::parse(&digest, &bytes)? {
            Document::Index(next) => index = *next,
            Document::Manifest(manifest) => {
                let base = manifest.with_config(&read_blob(path, &manifest.config.digest)?, name)?;
                check_platform(&base, platform, &source)?;
                store(blobs, path, &manifest, (&digest, &bytes))?;
                return Ok(base);
            }
        }
    }
    Err(ImageError::document(&source, &format!("its indexes are nested more than {MAX_INDEX_DEPTH} deep")))
}

/// A tag alone (`latest`, as skopeo and umoci write it) tells nothing about where an image comes from.
fn is_whole_reference(text: &str) -> bool {
    text.contains('/') && ImageReference::parse("name", text).is_ok()
}

/// Layers and configuration first, the manifest last.
fn store(blobs: &Blobs, path: &Path, manifest: &Manifest, document: (&Digest, &[u8])) -> Result<(), ImageError> {
    for Descriptor { digest, size, .. } in manifest.layers.iter().chain([&manifest.config]) {
        if blobs.contains(digest) {
            continue;
        }
        let file = blob_path(path, digest);
        let stream = File::open(&file).map_err(|error| ImageError::io("open", &file, error))?;
        let actual = blobs.ingest_from(stream, digest, *size)?;
        if actual != *size {
            return Err(ImageError::WrongSize { digest: *digest, expected: *size, actual });
        }
    }
    blobs.put_all(&[(*document.0, document.1)])
}

fn blob_path(layout: &Path, digest: &Digest) -> PathBuf {
    layout.join("blobs").join("sha256").join(digest.hex())
}

/// A small blob of the layout, checked.
fn read_blob(layout: &Path, digest: &Digest) -> Result<Vec<u8>, ImageError> {
    let bytes = read_file(&blob_path(layout, digest))?;
    let actual = Digest::of(&bytes);
    if actual == *digest { Ok(bytes) } else { Err(ImageError::Mismatch { expected: *digest, actual }) }
}

fn read_file(path: &Path) -> Result<Vec<u8>, ImageError> {
    let failed = |error| ImageError::io("read", path, error);
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(MAX_MANIFEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_MANIFEST {
        return Err(ImageError::TooLarge { what: path.display().to_string(), limit: MAX_MANIFEST });
    }
    Ok(bytes)
}
