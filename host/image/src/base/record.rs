//! Which base image a name of the catalogue stands for, remembered beside the store so that no deploy waits for a registry.

use super::{BaseImage, RegistryAccess, import_layout, import_reference, load_base};
use crate::document::{decode, encode};
use crate::{Blobs, Digest, ImageError, Platform};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::{fs, io};
use tokio::task::spawn_blocking;

/// What one name stood for when it was first imported.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    source: String,
    platform: Platform,
    name: Option<String>,
    manifest_digest: Digest,
}

/// The base image that `source` names: the path of an OCI layout (absolute, or starting with `.`), or an image reference.
///
/// A reference is fetched once; later calls answer from the store, without network, with the image that was fetched
/// then, even if its tag has moved: [`import_reference`] fetches anew. A layout is looked at each time, which reads
/// three small files.
pub async fn ensure_base(
    blobs: &Blobs,
    source: &str,
    platform: &Platform,
    access: &RegistryAccess,
) -> Result<BaseImage, ImageError> {
    let (store, owned, wanted) = (blobs.clone(), source.to_owned(), platform.clone());
    let local = spawn_blocking(move || find_local(&store, &owned, &wanted)).await;
    if let Some(base) = local.map_err(|stopped| ImageError::document("the import", &stopped))?? {
        return Ok(base);
    }
    let base = import_reference(blobs, source, platform, access).await?;
    let (store, owned, wanted, found) = (blobs.clone(), source.to_owned(), platform.clone(), base.clone());
    let remembered = spawn_blocking(move || remember(&store, &owned, &wanted, &found)).await;
    remembered.map_err(|stopped| ImageError::document("the import", &stopped))??;
    Ok(base)
}

fn find_local(blobs: &Blobs, source: &str, platform: &Platform) -> Result<Option<BaseImage>, ImageError> {
    if source.starts_with(['/', '.']) {
        return import_layout(blobs, Path::new(source), platform).map(Some);
    }
    let path = record_path(blobs, source, platform);
    let record: Record = match fs::read(&path) {
        Ok(bytes) => decode(&path.display(), &bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(ImageError::io("read", &path, error)),
    };
    match load_base(blobs, &record.manifest_digest, record.name.as_deref()) {
        Err(ImageError::Missing { .. }) => Ok(None),
        found => found.map(Some),
    }
}

fn remember(blobs: &Blobs, source: &str, platform: &Platform, base: &BaseImage) -> Result<(), ImageError> {
    let record = Record {
        source: source.to_owned(),
        platform: platform.clone(),
        name: base.name.clone(),
        manifest_digest: base.manifest_digest,
    };
    blobs.write_side_file(&record_path(blobs, source, platform), &encode("the record", &record)?)
}

fn record_path(blobs: &Blobs, source: &str, platform: &Platform) -> PathBuf {
    let key = Digest::of(format!("{platform}\n{source}").as_bytes());
    blobs.root().join("bases").join(format!("{}.json", key.hex()))
}
