//! Base images from layouts and from a real registry.

use super::*;
use crate::document::encode;
use crate::limits::{MAX_LAYER, MAX_LAYERS};
use crate::testing::{TestStore, amd64, small_base, store};
use crate::write_layout;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

mod registry;

/// The small base image as a layout in its own folder.
fn small_layout() -> (TestStore, PathBuf, crate::BuiltImage) {
    let store = store();
    let image = small_base(&store.blobs);
    let layout = store.folder.path().join("layout");
    write_layout(&store.blobs, &image.manifest_digest, &layout).expect("a layout");
    (store, layout, image)
}

fn edit_index(layout: &Path, edit: impl FnOnce(&mut Value)) {
    let path = layout.join("index.json");
    let mut index = serde_json::from_slice(&fs::read(&path).expect("an index")).expect("JSON");
    edit(&mut index);
    fs::write(&path, encode("index", &index).expect("JSON")).expect("written");
}

/// Adds a document to a layout and gives its descriptor.
fn add_document(layout: &Path, media_type: &str, document: &Value) -> Value {
    let bytes = encode("document", document).expect("JSON");
    let digest = Digest::of(&bytes);
    fs::write(layout.join("blobs/sha256").join(digest.hex()), &bytes).expect("written");
    json!({"mediaType": media_type, "digest": digest.to_string(), "size": bytes.len()})
}

#[test]
fn an_imported_layout_is_the_image_that_was_exported() {
    let (_there, layout, image) = small_layout();
    let here = store();
    let base = import_layout(&here.blobs, &layout, &amd64()).expect("imported");
    assert_eq!((base.manifest_digest, base.layers.clone()), (image.manifest_digest, image.layers));
    assert_eq!(base.name, None, "a tag alone is no name");
    assert_eq!(base.env().collect::<Vec<_>>(), [("LANG", "C.UTF-8"), ("PATH", "/usr/bin")]);
    assert_eq!(base.command(), ["python", "-m", "runagents.runtime"]);
    assert_eq!(load_base(&here.blobs, &image.manifest_digest, None).expect("loaded"), base);
}

#[test]
fn a_whole_reference_in_the_layout_is_the_base_name() {
    let (_there, layout, _) = small_layout();
    edit_index(&layout, |index| {
        index["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"] = json!("example.org/base:1");
    });
    let base = import_layout(&store().blobs, &layout, &amd64()).expect("imported");
    assert_eq!(base.name.as_deref(), Some("example.org/base:1"));
}

#[test]
fn a_nested_index_is_followed_to_the_platform() {
    let (_there, layout, image) = small_layout();
    edit_index(&layout, |index| {
        let ours = index["manifests"][0].clone();
        let mut other = add_document(&layout, crate::registry::MANIFEST_TYPE, &json!({"not": "looked at"}));
        other["platform"] = json!({"os": "linux", "architecture": "arm64"});
        let nested = json!({"schemaVersion": 2, "manifests": [other, ours]});
        index["manifests"] = json!([add_document(&layout, crate::registry::INDEX_TYPE, &nested)]);
    });
    let base = import_layout(&store().blobs, &layout, &amd64()).expect("imported");
    assert_eq!(base.manifest_digest, image.manifest_digest);
    let error = import_layout(&store().blobs, &layout, &Platform::linux("riscv64")).expect_err("not there");
    let ImageError::NoPlatform { available, .. } = &error else { panic!("{error}") };
    assert_eq!(available, &["linux/arm64", "linux/amd64"]);
}

#[test]
fn an_image_for_another_platform_is_refused_even_when_its_index_is_silent() {
    let (_there, layout, _) = small_layout();
    edit_index(&layout, |index| {
        index["manifests"][0].as_object_mut().expect("a descriptor").remove("platform");
    });
    assert!(import_layout(&store().blobs, &layout, &amd64()).is_ok());
    let error = import_layout(&store().blobs, &layout, &Platform::linux("aarch64")).expect_err("amd64 only");
    assert!(matches!(error, ImageError::NoPlatform { .. }), "{error}");
}

#[test]
fn a_changed_blob_of_a_layout_is_refused_and_leaves_no_image() {
    let (_there, layout, image) = small_layout();
    let here = store();
    for digest in [image.layers[0].digest, image.config.digest, image.manifest_digest] {
        let path = layout.join("blobs/sha256").join(digest.hex());
        let whole = fs::read(&path).expect("a blob");
        let mut changed = whole.clone();
        changed[20] ^= 1;
        fs::write(&path, changed).expect("written");
        let error = import_layout(&here.blobs, &layout, &amd64()).expect_err("changed");
        assert!(matches!(error, ImageError::Mismatch { expected, .. } if expected == digest), "{error}");
        assert!(!here.blobs.contains(&image.manifest_digest));
        fs::write(&path, whole).expect("written");
    }
    assert!(import_layout(&here.blobs, &layout, &amd64()).is_ok());
}

#[test]
fn docker_media_types_become_ocis_and_others_are_refused() {
    let (_there, layout, image) = small_layout();
    let path = layout.join("blobs/sha256").join(image.manifest_digest.hex());
    let manifest: Value = serde_json::from_slice(&fs::read(&path).expect("a manifest")).expect("JSON");
    let import_as = |layer_type: &str| {
        let mut manifest = manifest.clone();
        manifest["config"]["mediaType"] = json!("application/vnd.docker.container.image.v1+json");
        manifest["layers"][0]["mediaType"] = json!(layer_type);
        let media_type = "application/vnd.docker.distribution.manifest.v2+json";
        edit_index(&layout, |index| index["manifests"] = json!([add_document(&layout, media_type, &manifest)]));
        import_layout(&store().blobs, &layout, &amd64())
    };
    let base = import_as("application/vnd.docker.image.rootfs.diff.tar.gzip").expect("Docker's own");
    assert_eq!(base.layers, image.layers);
    assert_eq!(base.config, image.config);
    let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    let error = import_as(foreign).expect_err("not to be passed on");
    assert!(matches!(&error, ImageError::Unsupported { what } if what == foreign), "{error}");
}

#[test]
fn documents_that_do_not_hold_together_are_refused() {
    let digest = Digest::of(b"x");
    for bad in [
        "",
        "[]",
        "{}",
        r#"{"schemaVersion": 2, "manifests": [], "layers": [], "config": {}}"#,
        r#"{"schemaVersion": 2, "config": {"mediaType": "x", "digest": "sha256:../x", "size": 1}, "layers": []}"#,
        r#"{"schemaVersion": 2, "config": {"mediaType": "x", "digest": "sha256:00", "size": -1}, "layers": []}"#,
    ] {
        let refused = document::Document::parse(&digest, bad.as_bytes()).err().expect(bad);
        assert!(matches!(refused, ImageError::InvalidDocument { .. }), "{bad}: {refused}");
    }
}

#[test]
fn limits_of_a_base_image_hold_at_their_edge() {
    let digest = Digest::of(b"x");
    let blob = |media_type: &str, size: u64| json!({"mediaType": media_type, "digest": digest, "size": size});
    let parse = |layers: usize, layer_size: u64, config_size: u64| {
        let layers = vec![blob("application/vnd.oci.image.layer.v1.tar+gzip", layer_size); layers];
        let config = blob("application/vnd.oci.image.config.v1+json", config_size);
        let manifest = json!({"schemaVersion": 2, "config": config, "layers": layers});
        document::Manifest::parse(&digest, manifest.to_string().as_bytes()).err()
    };
    assert!(parse(MAX_LAYERS, MAX_LAYER, MAX_CONFIG).is_none());
    assert!(matches!(parse(MAX_LAYERS + 1, 1, 1), Some(ImageError::InvalidDocument { .. })));
    assert!(matches!(parse(1, MAX_LAYER + 1, 1), Some(ImageError::TooLarge { limit: MAX_LAYER, .. })));
    assert!(matches!(parse(1, 1, MAX_CONFIG + 1), Some(ImageError::TooLarge { limit: MAX_CONFIG, .. })));

    let (_there, layout, _) = small_layout();
    let length = usize::try_from(MAX_MANIFEST).expect("a small number") + 1;
    fs::write(layout.join("index.json"), vec![b' '; length]).expect("written");
    let error = import_layout(&store().blobs, &layout, &amd64()).expect_err("an endless index");
    assert!(matches!(error, ImageError::TooLarge { limit: MAX_MANIFEST, .. }), "{error}");
}

#[test]
fn a_base_whose_layer_is_gone_is_not_loaded() {
    let store = store();
    let image = small_base(&store.blobs);
    fs::remove_file(store.blobs.path(&image.layers[0].digest)).expect("removed");
    let error = load_base(&store.blobs, &image.manifest_digest, None).expect_err("not whole");
    assert!(matches!(error, ImageError::Missing { .. }), "{error}");
}

#[tokio::test]
async fn a_layout_of_the_catalogue_is_looked_at_each_time() {
    let (_there, layout, image) = small_layout();
    let here = store();
    let source = layout.to_str().expect("text");
    let access = RegistryAccess::default();
    let base = ensure_base(&here.blobs, source, &amd64(), &access).await.expect("imported");
    assert_eq!(base.manifest_digest, image.manifest_digest);
    fs::remove_dir_all(&layout).expect("removed");
    let error = ensure_base(&here.blobs, source, &amd64(), &access).await.expect_err("gone");
    assert!(matches!(error, ImageError::Io { doing: "read", .. }), "{error}");
}
