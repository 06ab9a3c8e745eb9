//! Against a real registry: Debian's docker-registry, which the set-up installs.

use super::*;
use crate::testing::{TestStore, run, store};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// `open-sesame` for the user `ali`, as htpasswd writes it (bcrypt).
const HTPASSWD: &str = "ali:$2y$04$oIFc.FM/AgFSgnl8f9fKXOH7Dm/8AdPcuRZPwKNRTB8D01hrseZye";

/// A registry on a free port of the loopback; it dies with this value.
struct Registry {
    process: Child,
    address: String,
    folder: TempDir,
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.process.kill().expect("the registry was running");
        self.process.wait().expect("the registry has ended");
    }
}

impl Registry {
    fn start(with_password: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // Another process may take the port between here and the start: then the registry ends at once, and we try again.
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
            let address = format!("127.0.0.1:{port}");
            let config = folder.path().join("config.json");
            fs::write(&config, configuration(folder.path(), &address, with_password)).expect("written");
            let mut process = Command::new("docker-registry")
                .arg("serve")
                .arg(&config)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("docker-registry must be installed for this test");
            let deadline = Instant::now() + Duration::from_secs(20);
            while process.try_wait().expect("a process").is_none() && Instant::now() < deadline {
                if TcpStream::connect(&address).is_ok() {
                    return Self { process, address, folder };
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            // It has ended already, or never listened.
            let _ = process.kill();
            process.wait().expect("the registry has ended");
        }
        panic!("docker-registry did not start");
    }

    /// Pushes a layout's only image with skopeo and gives its reference.
    fn push(&self, layout: &Path, credentials: Option<&str>) -> String {
        let reference = format!("{}/team/base:1", self.address);
        let (from, to) = (format!("oci:{}", layout.display()), format!("docker://{reference}"));
        let mut arguments = vec!["copy", "--quiet", "--insecure-policy", "--dest-tls-verify=false"];
        arguments.extend(credentials.iter().flat_map(|credentials| ["--dest-creds", *credentials]));
        arguments.extend([from.as_str(), to.as_str()]);
        run("skopeo", &arguments);
        reference
    }

    fn access(&self, basic: Option<(&str, &str)>) -> RegistryAccess {
        let basic = basic.map(|(user, key)| (user.to_owned(), key.to_owned()));
        RegistryAccess { basic, plain_http: vec![self.address.clone()] }
    }

    /// The file that holds a blob.
    fn data(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        self.folder.path().join("data/docker/registry/v2/blobs/sha256").join(&hex[..2]).join(hex).join("data")
    }
}

/// The registry's configuration; it reads YAML, and JSON is YAML.
fn configuration(folder: &Path, address: &str, with_password: bool) -> String {
    let mut config = json!({
        "version": 0.1,
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": folder.join("data")}},
        "http": {"addr": address},
    });
    if with_password {
        let file = folder.join("htpasswd");
        fs::write(&file, HTPASSWD).expect("written");
        config["auth"] = json!({"htpasswd": {"realm": "test", "path": file}});
    }
    config.to_string()
}

#[tokio::test]
async fn an_image_is_imported_from_a_registry_and_then_needs_none() {
    let (_there, layout, image) = small_layout();
    let TestStore { blobs, folder: _folder } = store();
    let registry = Registry::start(false);
    let reference = registry.push(&layout, None);
    let access = registry.access(None);
    let base = ensure_base(&blobs, &reference, &amd64(), &access).await.expect("imported");
    assert_eq!((base.manifest_digest, base.layers.clone()), (image.manifest_digest, image.layers));
    assert_eq!(base.name, Some(reference.clone()));
    assert_eq!(load_base(&blobs, &base.manifest_digest, Some(&reference)).expect("loaded"), base);

    let pinned = format!("{}/team/base@{}", registry.address, image.manifest_digest);
    let by_digest = import_reference(&blobs, &pinned, &amd64(), &access).await.expect("imported");
    assert_eq!(by_digest.manifest_digest, base.manifest_digest);
    let error = import_reference(&blobs, &reference, &Platform::linux("arm64"), &access).await.expect_err("amd64 only");
    assert!(matches!(error, ImageError::NoPlatform { .. }), "{error}");

    drop(registry);
    let again = ensure_base(&blobs, &reference, &amd64(), &access).await.expect("remembered");
    assert_eq!(again, base);
    let error = import_reference(&blobs, &reference, &amd64(), &access).await.expect_err("nobody answers");
    assert!(matches!(error, ImageError::Registry { .. }), "{error}");
}

#[tokio::test]
async fn an_index_in_a_registry_is_followed_to_the_platform() {
    let (_there, layout, image) = small_layout();
    let registry = Registry::start(false);
    edit_index(&layout, |index| {
        let nested = json!({
            "schemaVersion": 2,
            "mediaType": crate::registry::INDEX_TYPE,
            "manifests": [index["manifests"][0]],
        });
        index["manifests"] = json!([add_document(&layout, crate::registry::INDEX_TYPE, &nested)]);
    });
    let to = format!("docker://{}/team/many:1", registry.address);
    let from = format!("oci:{}", layout.display());
    run("skopeo", &["copy", "--all", "--quiet", "--insecure-policy", "--dest-tls-verify=false", &from, &to]);
    let reference = format!("{}/team/many:1", registry.address);
    let base = import_reference(&store().blobs, &reference, &amd64(), &registry.access(None)).await.expect("imported");
    assert_eq!(base.manifest_digest, image.manifest_digest);
}

#[tokio::test]
async fn a_layer_that_is_not_what_its_digest_says_is_not_stored() {
    let (_there, layout, image) = small_layout();
    let TestStore { blobs, folder } = store();
    let registry = Registry::start(false);
    let reference = registry.push(&layout, None);
    let path = registry.data(&image.layers[0].digest);
    let mut bytes = fs::read(&path).expect("the registry's copy");
    bytes[20] ^= 1;
    fs::write(&path, bytes).expect("written");
    let error = import_reference(&blobs, &reference, &amd64(), &registry.access(None)).await.expect_err("changed");
    assert!(matches!(error, ImageError::Registry { .. } | ImageError::Mismatch { .. }), "{error}");
    assert!(!blobs.contains(&image.layers[0].digest));
    assert!(!blobs.contains(&image.manifest_digest));
    assert_eq!(fs::read_dir(folder.path().join("blobs/tmp")).expect("a folder").count(), 0);
}

#[tokio::test]
async fn a_password_opens_a_registry_and_its_absence_does_not() {
    let (_there, layout, image) = small_layout();
    let TestStore { blobs, folder: _folder } = store();
    let registry = Registry::start(true);
    let reference = registry.push(&layout, Some("ali:open-sesame"));
    for basic in [None, Some(("ali", "wrong-key"))] {
        let error = import_reference(&blobs, &reference, &amd64(), &registry.access(basic)).await.expect_err("shut");
        assert!(matches!(error, ImageError::Unauthorized { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains("wrong-key"));
    }
    let access = registry.access(Some(("ali", "open-sesame")));
    assert!(!format!("{access:?}").contains("open-sesame"));
    let base = import_reference(&blobs, &reference, &amd64(), &access).await.expect("imported");
    assert_eq!(base.manifest_digest, image.manifest_digest);
}

#[tokio::test]
async fn a_registry_without_tls_is_refused_unless_it_is_listed() {
    let (_there, layout, _) = small_layout();
    let TestStore { blobs, folder: _folder } = store();
    let registry = Registry::start(false);
    let reference = registry.push(&layout, None);
    let error = import_reference(&blobs, &reference, &amd64(), &RegistryAccess::default()).await.expect_err("no TLS");
    assert!(matches!(error, ImageError::Registry { .. }), "{error}");
    let missing = format!("{}/team/none:1", registry.address);
    let error = import_reference(&blobs, &missing, &amd64(), &registry.access(None)).await.expect_err("not pushed");
    assert!(matches!(error, ImageError::NotFound { .. }), "{error}");
}
