//! A base image, given as an OCI layout, lies under the overlay, and both are pulled as one.

use super::{copy, image_of, manifest, run_well, unpack};
use crate::harness::{Registry, Server, Settings, USER};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// An OCI layout with one image of one layer, made by umoci.
fn base(folder: &Path) -> String {
    let layout = folder.join("base").display().to_string();
    let image = format!("{layout}:base");
    fs::write(folder.join("release"), "the base\n").expect("writable");
    run_well("umoci", &["init", "--layout", &layout]);
    run_well("umoci", &["new", "--image", &image]);
    let file = folder.join("release").display().to_string();
    run_well("umoci", &["insert", "--rootless", "--image", &image, &file, "/etc/release"]);
    run_well("umoci", &["config", "--image", &image, "--config.env", "FROM_BASE=yes"]);
    layout
}

/// The digests of the layers of the layout's one image.
fn layers(layout: &str) -> Vec<Value> {
    let text = run_well("skopeo", &["inspect", "--raw", &format!("oci:{layout}:base")]);
    let manifest: Value = serde_json::from_str(&text).expect("JSON");
    manifest["layers"].as_array().expect("a list").iter().map(|layer| layer["digest"].clone()).collect()
}

/// The base is imported after the start; until then deploys on it are asked to wait.
async fn until_imported(server: &Server) {
    for _ in 0..600 {
        let answer = server.client().deploy(super::overlay("first")).await;
        if answer.status == 201 {
            return;
        }
        assert_eq!((answer.status, &answer.body["code"]), (503, &"base_unavailable".into()), "{answer:?}");
        assert!(answer.header("retry-after").is_some());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the base image is not imported: {}", server.log());
}

#[tokio::test]
async fn a_base_image_lies_under_the_overlay_and_is_pulled_with_it() {
    let folder = TempDir::new().expect("a folder");
    let layout = base(folder.path());
    let settings = Settings {
        arguments: vec!["--no-agents".to_owned(), format!("--runtime-base=python={layout}")],
        ..Settings::default()
    };
    let server = Server::start(settings).await;
    until_imported(&server).await;
    let client = server.client();
    let image = image_of(&client, "bot").await;

    let manifest = manifest(&client, &image).await.body;
    let digests: Vec<Value> =
        manifest["layers"].as_array().expect("a list").iter().map(|layer| layer["digest"].clone()).collect();
    let below = layers(&layout);
    assert_eq!((digests.len(), &digests[..below.len()]), (below.len() + 1, &below[..]));

    let copied = copy(&image, client.key(), &folder.path().join("layout"));
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    let files = unpack(&folder.path().join("layout"), &folder.path().join("bundle"));
    assert_eq!(fs::read_to_string(files.join("etc/release")).expect("of the base"), "the base\n");
    assert_eq!(fs::read_to_string(files.join("app/agent.py")).expect("of the source"), "print(\"hello\")\n");
    let config =
        run_well("skopeo", &["inspect", "--config", &format!("oci:{}:copied", folder.path().join("layout").display())]);
    let config: Value = serde_json::from_str(&config).expect("JSON");
    assert!(config["config"]["Env"].as_array().expect("a list").contains(&"FROM_BASE=yes".into()), "{config}");
}

/// A server whose runtime `python` stands on an image of a registry; it reads Docker's configuration in `folder`.
async fn on_a_registry(image: &str, folder: &Path, certificate: &Path) -> Server {
    let environment = [("SSL_CERT_FILE", certificate), ("DOCKER_CONFIG", folder)];
    let settings = Settings {
        arguments: vec!["--no-agents".to_owned(), format!("--runtime-base=python={image}")],
        environment: environment.map(|(name, path)| (name.to_owned(), path.display().to_string())).into(),
        ..Settings::default()
    };
    Server::start(settings).await
}

#[tokio::test]
async fn a_base_image_comes_from_a_registry_with_tls_and_the_credentials_that_docker_keeps() {
    let folder = TempDir::new().expect("a folder");
    let layout = base(folder.path());
    let (registry, certificate) = Registry::guarded(folder.path());
    let (address, (user, password)) = (&registry.address, USER);
    let (from, to) = (format!("oci:{layout}:base"), format!("docker://{address}/bases/small:1"));
    let credentials = format!("{user}:{password}");
    run_well("skopeo", &["copy", "--dest-creds", &credentials, "--dest-tls-verify=false", &from, &to]);
    let image = format!("{address}/bases/small:1");

    // Nobody has logged in yet: that is what the deploy is told.
    let server = on_a_registry(&image, folder.path(), &certificate).await;
    let refused = until_it_failed(&server).await;
    assert!(refused.contains("refuses") && refused.contains(&image) && !refused.contains(password), "{refused}");

    let config = json!({"auths": {address.as_str(): {"username": user, "password": password}}});
    fs::write(folder.path().join("config.json"), config.to_string()).expect("written");
    let server = on_a_registry(&image, folder.path(), &certificate).await;
    until_imported(&server).await;
    let image = image_of(&server.client(), "bot").await;
    let manifest = manifest(&server.client(), &image).await.body;
    assert_eq!(manifest["layers"][0]["digest"], layers(&layout)[0]);
    assert!(!server.log().contains(password));
}

#[tokio::test]
async fn a_registry_without_tls_must_be_named_as_such() {
    let folder = TempDir::new().expect("a folder");
    let layout = base(folder.path());
    let registry = Registry::start(folder.path());
    let image = format!("{}/bases/small:1", registry.address);
    let (from, to) = (format!("oci:{layout}:base"), format!("docker://{image}"));
    run_well("skopeo", &["copy", "--dest-tls-verify=false", &from, &to]);
    let base = format!("--runtime-base=python={image}");
    let start = |more: Vec<String>| {
        let arguments = ["--no-agents".to_owned(), base.clone()].into_iter().chain(more).collect();
        Server::start(Settings { arguments, ..Settings::default() })
    };
    assert!(until_it_failed(&start(Vec::new()).await).await.contains(&image));
    until_imported(&start(vec![format!("--insecure-registry={}", registry.address)]).await).await;
}

/// What a deploy is told once the import has failed.
async fn until_it_failed(server: &Server) -> String {
    for _ in 0..600 {
        let refused = server.client().deploy(super::overlay("first")).await.expect(503);
        let error = refused["error"].as_str().expect("a text");
        if !error.contains("is being imported") {
            return error.to_owned();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the import goes on and on: {}", server.log());
}

#[tokio::test]
async fn a_base_image_that_is_not_there_is_named_and_the_other_runtimes_deploys_go_on() {
    let settings = Settings {
        arguments: vec!["--no-agents".to_owned(), "--runtime-base=python=/nowhere/at/all".to_owned()],
        ..Settings::default()
    };
    let server = Server::start(settings).await;
    let refused = server.client().deploy(super::overlay("bot")).await.expect(503);
    assert_eq!(refused["code"], "base_unavailable");
    assert!(refused["error"].as_str().is_some_and(|text| text.contains("`python`")), "{refused}");
    let mut other = super::overlay("graph");
    other["requirements"] = "langgraph\n".into();
    assert_eq!(server.client().deploy(other).await.expect(201)["execution_mode"], "FAST_OVERLAY");
}
