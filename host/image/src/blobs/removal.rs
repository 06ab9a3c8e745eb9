//! Removing blobs that nobody names, beside those who store and name them.
//!
//! Invariant: who stores a blob holds a [`Pin`] from before it looks for the blob until what names it is recorded; who
//! copies the store holds a [`Hold`]; a blob is removed by who is [`Alone`], after looking for what names it. So a blob
//! goes neither between its storing and its naming, nor out of a copy that has begun.

use super::{Blobs, missing_or};
use crate::base::parts_of;
use crate::{Digest, ImageError};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard};

/// The file in the store's folder that is locked while blobs are removed or copied.
const LOCK: &str = "removal.lock";

/// While it is held, no blob is removed.
#[derive(Debug)]
pub struct Pin(#[expect(dead_code, reason = "held until it is dropped")] OwnedRwLockReadGuard<()>);

/// While it is held, no process removes a blob.
#[derive(Debug)]
pub struct Hold(#[expect(dead_code, reason = "held until it is dropped")] File);

/// While it is held, nobody stores a blob, nor copies the store.
#[derive(Debug)]
pub struct Alone {
    blobs: Blobs,
    _pins: OwnedRwLockWriteGuard<()>,
    _lock: File,
}

/// Keeps every process from removing blobs below `root`, a store's folder. Waits for one that does.
pub fn hold(root: &Path) -> Result<Hold, ImageError> {
    let file = open_lock(root)?;
    file.lock_shared().map_err(|error| ImageError::io("lock", &root.join(LOCK), error))?;
    Ok(Hold(file))
}

fn open_lock(root: &Path) -> Result<File, ImageError> {
    let path = root.join(LOCK);
    let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
    opened.map_err(|error| ImageError::io("open", &path, error))
}

impl Blobs {
    /// Keeps blobs from being removed. Waits for a removal that is under way: some milliseconds.
    pub async fn pin(&self) -> Pin {
        Pin(self.pins.clone().read_owned().await)
    }

    /// Waits until nobody stores blobs; `None` while somebody copies the store.
    pub async fn alone(&self) -> Result<Option<Alone>, ImageError> {
        let pins = self.pins.clone().write_owned().await;
        let lock = open_lock(&self.root)?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Alone { blobs: self.clone(), _pins: pins, _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(ImageError::io("lock", &self.root.join(LOCK), error)),
        }
    }
}

impl Alone {
    /// The blobs whose digests begin with the byte `shard`. Files that are no blobs are left out.
    pub fn stored(&self, shard: u8) -> Result<Vec<Digest>, ImageError> {
        let folder = self.blobs.root.join("sha256").join(format!("{shard:02x}"));
        let failed = |error| ImageError::io("list", &folder, error);
        let mut stored = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let digest = name.to_str().and_then(|hex| Digest::parse(&format!("sha256:{hex}")).ok());
            stored.extend(digest.filter(|digest| digest.hex().starts_with(&format!("{shard:02x}"))));
        }
        Ok(stored)
    }

    /// The blobs that an image is made of: its manifest, its configuration, its layers.
    pub fn parts(&self, manifest: &Digest) -> Result<Vec<Digest>, ImageError> {
        parts_of(&self.blobs, manifest)
    }

    /// Removes a blob; returns its length in bytes. One that is not there is as good as removed.
    pub fn remove(&self, digest: &Digest) -> Result<u64, ImageError> {
        let size = match self.blobs.size(digest) {
            Err(ImageError::Missing { .. }) => return Ok(0),
            size => size?,
        };
        let path = self.blobs.path(digest);
        fs::remove_file(&path).map_err(|error| missing_or(digest, "remove", &path, error))?;
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{TestStore, store};
    use std::time::Duration;

    async fn is_alone(blobs: &Blobs) -> bool {
        blobs.alone().await.expect("the lock opens").is_some()
    }

    #[tokio::test]
    async fn a_blob_is_removed_once_and_the_others_stay() {
        let TestStore { folder: _folder, blobs } = store();
        let (gone, kept) = (blobs.put(b"gone").expect("stored"), blobs.put(b"kept").expect("stored"));
        let alone = blobs.alone().await.expect("the lock opens").expect("alone");
        let all = (0..=u8::MAX).flat_map(|shard| alone.stored(shard).expect("listed")).collect::<Vec<_>>();
        assert_eq!(all.len(), 2);
        assert!(all.contains(&gone) && all.contains(&kept));
        assert_eq!((alone.remove(&gone).expect("removed"), alone.remove(&gone).expect("gone")), (4, 0));
        assert!(!blobs.contains(&gone) && blobs.contains(&kept));
    }

    #[tokio::test]
    async fn nothing_is_removed_while_somebody_stores_or_copies() {
        let TestStore { folder, blobs } = store();
        let pin = blobs.pin().await;
        let waits = tokio::time::timeout(Duration::from_millis(20), blobs.alone()).await;
        assert!(waits.is_err(), "somebody stores");
        drop(pin);
        let copy = hold(&folder.path().join("blobs")).expect("held");
        assert!(!is_alone(&blobs).await, "somebody copies");
        drop(copy);
        assert!(is_alone(&blobs).await);
    }
}
