//! Readers that are not ours take what we write.

use super::*;
use crate::testing::{amd64, config, run, store, tree};
use crate::{BuiltImage, Overlay};
use serde_json::Value;

/// An image in a layout, as `folder:tag`.
fn exported(dir: &Path) -> (BuiltImage, String) {
    let store = store();
    let long = format!("{}/{}.txt", "d".repeat(90), "f".repeat(90));
    let source = tree(&[("agent.py", "print('hello')\n"), ("pkg/run.sh", "#!/bin/sh\n"), (&long, "long\n")]);
    let config = config();
    let overlay = Overlay { base: None, platform: &amd64(), source: &source, config: &config };
    let image = overlay.build(&store.blobs).expect("an image");
    write_layout(&store.blobs, &image.manifest_digest, dir).expect("a layout");
    let name = format!("{}:{}", dir.display(), image.tag);
    (image, name)
}

#[test]
fn skopeo_reads_the_layout() {
    let folder = tempfile::tempdir().expect("a folder");
    let (image, name) = exported(&folder.path().join("layout"));
    let seen: Value = serde_json::from_str(&run("skopeo", &["inspect", &format!("oci:{name}")])).expect("JSON");
    assert_eq!(seen["Digest"], image.manifest_digest.to_string());
    assert_eq!(seen["Architecture"], "amd64");
    assert_eq!(seen["Layers"][0], image.layers[0].digest.to_string());
    assert_eq!(seen["Labels"]["dev.windlass.base"], "none");
    // Copying checks every blob against its digest, and the layer against its diff id.
    let copy = format!("oci:{}", folder.path().join("copy").display());
    run("skopeo", &["copy", "--quiet", "--insecure-policy", &format!("oci:{name}"), &format!("{copy}:x")]);
}

#[test]
fn umoci_unpacks_the_layout_to_the_right_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let (_, name) = exported(&folder.path().join("layout"));
    let bundle = folder.path().join("bundle");
    run("umoci", &["unpack", "--rootless", "--image", &name, bundle.to_str().expect("text")]);
    let app = bundle.join("rootfs/app");
    let read = |path: &str| fs::read_to_string(app.join(path)).expect("a file of the image");
    assert_eq!(read("agent.py"), "print('hello')\n");
    assert_eq!(read(&format!("{}/{}.txt", "d".repeat(90), "f".repeat(90))), "long\n");
    let mode = |path: &str| fs::metadata(app.join(path)).expect("a file").permissions().mode() & 0o777;
    assert_eq!((mode("agent.py"), mode("pkg/run.sh"), mode("pkg")), (0o644, 0o755, 0o755));
    let spec: Value =
        serde_json::from_slice(&fs::read(bundle.join("config.json")).expect("a file")).expect("a runtime spec");
    assert_eq!(spec["process"]["cwd"], "/app");
    assert_eq!(spec["process"]["args"][0], "python");
}

#[test]
fn an_image_that_is_not_whole_is_not_exported() {
    let (store, folder) = (store(), tempfile::tempdir().expect("a folder"));
    let image = crate::testing::small_base(&store.blobs);
    fs::remove_file(store.blobs.path(&image.layers[0].digest)).expect("removed");
    let error = write_layout(&store.blobs, &image.manifest_digest, folder.path()).expect_err("a layer is gone");
    assert!(matches!(error, ImageError::Missing { digest } if digest == image.layers[0].digest), "{error}");
}
