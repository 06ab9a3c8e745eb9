//! What an overlay is made of, and what it never holds.

use super::*;
use crate::load_base;
use crate::testing::{amd64, config, small_base, store, tree};
use serde_json::{Value, json};

fn overlay_bytes(base: Option<&BaseImage>, source: &SourceTree, config: &ImageConfig) -> EncodedImage {
    Overlay { base, platform: &amd64(), source, config }.encode().expect("an image")
}

fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}

#[test]
fn two_stores_hold_the_same_bytes() {
    let source = tree(&[("agent.py", "print(1)\n"), ("pkg/__init__.py", "")]);
    let mut config = config();
    // Enough of them that the order of a hash map would differ.
    config.labels = (0..32).map(|n| (format!("org.example.label-{n}"), n.to_string())).collect();
    let overlay = Overlay { base: None, platform: &amd64(), source: &source, config: &config };
    let (one, two) = (store(), store());
    let images = [&one, &two].map(|store| overlay.build(&store.blobs).expect("an image"));
    assert_eq!(images[0], images[1]);
    let image = &images[0];
    for digest in [&image.manifest_digest, &image.config.digest, &image.layers[0].digest] {
        assert_eq!(one.blobs.get(digest).expect("stored"), two.blobs.get(digest).expect("stored"));
    }
    assert_eq!(image.tag, image.manifest_digest.hex()[..12]);
}

#[test]
fn a_changed_file_changes_the_layer_and_what_names_it_only() {
    let config = config();
    let one = overlay_bytes(None, &tree(&[("agent.py", "x = 1\n")]), &config);
    let two = overlay_bytes(None, &tree(&[("agent.py", "x = 2\n")]), &config);
    assert_ne!(one.image.layers, two.image.layers);
    assert_ne!(one.image.manifest_digest, two.image.manifest_digest);
    let without_layer = |image: &EncodedImage| {
        let mut config = parsed(&image.config);
        config["rootfs"]["diff_ids"] = Value::Null;
        config
    };
    assert_eq!(without_layer(&one), without_layer(&two));
}

#[test]
fn an_image_without_a_base_says_everything_about_itself() {
    let image = overlay_bytes(None, &tree(&[("agent.py", "x = 1\n")]), &config());
    assert_eq!(
        parsed(&image.config),
        json!({
            "architecture": "amd64",
            "config": {
                "Entrypoint": ["python", "-m", "runagents.runtime"],
                "Env": ["USER_ENTRY_POINT=agent.py"],
                "ExposedPorts": {"8080/tcp": {}},
                "Labels": {"dev.windlass.base": "none", "dev.windlass.runtime": "python"},
                "User": "1000:1000",
                "WorkingDir": "/app",
            },
            "created": "1970-01-01T00:00:00Z",
            "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "windlass: source layer"}],
            "os": "linux",
            "rootfs": {"diff_ids": [image.layer.diff_id.to_string()], "type": "layers"},
        })
    );
    assert_eq!(
        parsed(&image.manifest),
        json!({
            "config": {
                "digest": Digest::of(&image.config).to_string(),
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "size": image.config.len(),
            },
            "layers": [{
                "digest": image.layer.digest.to_string(),
                "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                "size": image.layer.bytes.len(),
            }],
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "schemaVersion": 2,
        })
    );
}

#[test]
fn an_image_on_a_base_adds_one_layer_and_tells_the_seam() {
    let store = store();
    let base = load_base(&store.blobs, &small_base(&store.blobs).manifest_digest, Some("example.org/base:1"));
    let base = base.expect("a base");
    let before = store.blobs.get(&base.layers[0].digest).expect("stored");
    let source = tree(&[("agent.py", "x = 1\n")]);
    let mut config = config();
    config.env.insert("LANG".to_owned(), "de_DE.UTF-8".to_owned());
    let overlay = Overlay { base: Some(&base), platform: &Platform::linux("arm64"), source: &source, config: &config };
    let image = overlay.build(&store.blobs).expect("an image");
    assert_eq!(image.layers.len(), 2);
    assert_eq!(image.layers[0], base.layers[0]);
    assert_eq!(store.blobs.get(&base.layers[0].digest).expect("stored"), before);

    let manifest = parsed(&store.blobs.get(&image.manifest_digest).expect("stored"));
    assert_eq!(
        manifest["annotations"],
        json!({
            "org.opencontainers.image.base.digest": base.manifest_digest.to_string(),
            "org.opencontainers.image.base.name": "example.org/base:1",
        })
    );
    let written = parsed(&store.blobs.get(&image.config.digest).expect("stored"));
    assert_eq!(written["architecture"], "amd64", "the base's, whatever was asked");
    assert_eq!(written["rootfs"]["diff_ids"][0], base.diff_ids[0].to_string());
    assert_eq!(written["rootfs"]["diff_ids"].as_array().expect("a list").len(), 2);
    assert_eq!(written["history"].as_array().expect("a list").len(), 2);
    assert_eq!(written["config"]["Env"], json!(["PATH=/usr/bin", "LANG=de_DE.UTF-8", "USER_ENTRY_POINT=agent.py"]));
    assert_eq!(
        written["config"]["Labels"],
        json!({"dev.windlass.base.layers": "1", "dev.windlass.runtime": "python", "org.example.base": "yes"})
    );
}

#[test]
fn the_base_command_is_kept_unless_the_overlay_has_its_own() {
    let store = store();
    let base = load_base(&store.blobs, &small_base(&store.blobs).manifest_digest, None).expect("a base");
    let source = tree(&[("agent.py", "x = 1\n")]);
    let command = |entrypoint: &[&str], cmd: &[&str]| {
        let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let config = ImageConfig { entrypoint: own(entrypoint), cmd: own(cmd), ..config() };
        let written = parsed(&overlay_bytes(Some(&base), &source, &config).config);
        (written["config"]["Entrypoint"].clone(), written["config"]["Cmd"].clone())
    };
    let inherited = json!(base.command());
    assert_eq!(command(&[], &[]), (inherited.clone(), Value::Null));
    assert_eq!(command(&[], &["--x"]), (inherited, json!(["--x"])));
    assert_eq!(command(&["node"], &["a.js"]), (json!(["node"]), json!(["a.js"])));
}

#[test]
fn nothing_of_this_host_is_in_an_image() {
    let store = store();
    let image = small_base(&store.blobs);
    let folder = store.folder.path().to_str().expect("text").to_owned();
    let user = std::env::var("HOME").unwrap_or_else(|_| folder.clone());
    for digest in [&image.manifest_digest, &image.config.digest] {
        let text = String::from_utf8(store.blobs.get(digest).expect("stored")).expect("text");
        assert!(!text.contains(&folder) && !text.contains(&user), "{text}");
        assert!(!text.contains(env!("CARGO_PKG_VERSION")), "{text}");
    }
}
