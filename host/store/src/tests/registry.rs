//! The index of the embedded registry.

use super::{fixture, workspace};
use crate::{BlobKind, ImageBlob, ImageRecord, ImageTag, StoreError};

fn blob(digit: char, kind: BlobKind) -> ImageBlob {
    let digest = format!("sha256:{}", digit.to_string().repeat(64));
    ImageBlob { digest, media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(), size: 7, kind }
}

fn image(repository: &str, manifest: &ImageBlob, tags: &[&str]) -> ImageRecord {
    let tags = tags.iter().map(|tag| ImageTag { tag: (*tag).to_owned(), digest: manifest.digest.clone() });
    ImageRecord {
        workspace: workspace("default"),
        repository: repository.to_owned(),
        blobs: vec![manifest.clone(), blob('c', BlobKind::Config), blob('d', BlobKind::Layer)],
        tags: tags.collect(),
    }
}

#[tokio::test]
async fn blobs_and_tags_are_found_in_their_repository_only() {
    let fixture = fixture().await;
    let (store, default) = (&fixture.store, workspace("default"));
    store.create_workspace(&workspace("another"), 1).await.expect("a workspace");
    let manifest = blob('a', BlobKind::Manifest);
    store.record_image(image("agent", &manifest, &["v1", "latest"])).await.expect("recorded");
    assert_eq!(store.image_blob(&default, "agent", &manifest.digest).expect("read").as_ref(), Some(&manifest));
    assert_eq!(store.image_tag(&default, "agent", "latest").expect("read").as_ref(), Some(&manifest));
    for (workspace, repository) in [(&default, "other"), (&workspace("another"), "agent")] {
        assert_eq!(store.image_blob(workspace, repository, &manifest.digest).expect("read"), None);
        assert_eq!(store.image_tag(workspace, repository, "latest").expect("read"), None);
        assert_eq!(store.image_tags(workspace, repository).expect("read"), None);
    }
}

#[tokio::test]
async fn a_tag_moves_and_the_old_manifest_stays() {
    let fixture = fixture().await;
    let (store, default) = (&fixture.store, workspace("default"));
    let (old, new) = (blob('a', BlobKind::Manifest), blob('b', BlobKind::Manifest));
    store.record_image(image("agent", &old, &["v1", "latest"])).await.expect("recorded");
    store.record_image(image("agent", &new, &["latest"])).await.expect("recorded");
    let tags = store.image_tags(&default, "agent").expect("read").expect("a repository");
    let tags: Vec<_> = tags.iter().map(|tag| (tag.tag.as_str(), &tag.digest)).collect();
    assert_eq!(tags, [("latest", &new.digest), ("v1", &old.digest)]);
    assert_eq!(store.image_blob(&default, "agent", &old.digest).expect("read"), Some(old));
}

#[tokio::test]
async fn a_repository_without_tags_is_not_an_unknown_one() {
    let fixture = fixture().await;
    let manifest = blob('a', BlobKind::Manifest);
    fixture.store.record_image(image("agent", &manifest, &[])).await.expect("recorded");
    assert_eq!(fixture.store.image_tags(&workspace("default"), "agent").expect("read"), Some(vec![]));
}

#[tokio::test]
async fn a_tag_to_a_manifest_that_is_not_there_is_refused_whole() {
    let fixture = fixture().await;
    let manifest = blob('a', BlobKind::Manifest);
    let mut record = image("agent", &manifest, &["latest"]);
    record.blobs.remove(0);
    let refusal = fixture.store.record_image(record).await;
    assert!(matches!(refusal, Err(StoreError::NotFound { what: "manifest", .. })), "{refusal:?}");
    assert_eq!(fixture.store.image_tags(&workspace("default"), "agent").expect("read"), None);
}
