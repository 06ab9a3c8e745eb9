//! skopeo and umoci take an image unchanged; without a key, or with a foreign one, they get nothing.

use super::{copy, image_of, parts, run, run_well, unpack};
use crate::harness::quiet;
use serde_json::{Value, json};
use std::fs;
use tempfile::TempDir;

#[tokio::test]
async fn skopeo_copies_an_image_and_umoci_unpacks_exactly_its_files() {
    let server = quiet();
    let client = server.workspace("pull-whole").await;
    let image = image_of(&client, "bot").await;
    let folder = TempDir::new().expect("a folder");
    let layout = folder.path().join("layout");
    let copied = copy(&image, client.key(), &layout);
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));

    let files = unpack(&layout, &folder.path().join("bundle"));
    let read = |path: &str| fs::read_to_string(files.join(path)).expect("a file of the source");
    assert_eq!(
        (read("app/agent.py").as_str(), read("app/lib/words.py").as_str()),
        ("print(\"hello\")\n", "WORD = \"hello\"\n")
    );
    let names = |path: &str| {
        let entries = fs::read_dir(files.join(path)).expect("a folder");
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect();
        names.sort();
        names
    };
    assert_eq!(
        (names("app"), names("app/lib")),
        (vec!["agent.py".to_owned(), "lib".to_owned()], vec!["words.py".to_owned()])
    );
}

#[tokio::test]
async fn skopeo_sees_the_configuration_that_the_plan_asked_for() {
    let server = quiet();
    let client = server.workspace("pull-inspect").await;
    let image = image_of(&client, "bot").await;
    let (source, credentials) = (format!("docker://{image}"), format!("anybody:{}", client.key()));
    let inspect = |what: &[&str]| {
        let common = ["--creds", &credentials, "--tls-verify=false", &source];
        let text = run_well("skopeo", &[&["inspect"], what, &common].concat());
        serde_json::from_str::<Value>(&text).expect("JSON")
    };
    let seen = inspect(&[]);
    assert_eq!((&seen["RepoTags"], &seen["Os"]), (&json!([parts(&image).1]), &json!("linux")));
    assert!(seen["Digest"].as_str().is_some_and(|digest| digest.starts_with(&format!("sha256:{}", parts(&image).1))));
    let config = &inspect(&["--config"])["config"];
    assert_eq!(
        json!([config["Entrypoint"], config["WorkingDir"], config["User"], config["Labels"]]),
        json!([
            ["python", "-m", "runagents.runtime"], "/app", "1000:1000",
            {"dev.windlass.base": "none", "dev.windlass.runtime": "python"},
        ])
    );
    let text = inspect(&["--config"]).to_string();
    assert!(!text.contains(&server.address()) && !text.contains(client.key()), "{text}");
}

#[tokio::test]
async fn skopeo_gets_nothing_with_a_wrong_key_a_foreign_key_or_none() {
    let server = quiet();
    let client = server.workspace("pull-denied").await;
    let foreign = server.workspace("pull-foreign").await;
    let image = image_of(&client, "bot").await;
    let folder = TempDir::new().expect("a folder");
    for key in [format!("ra_ws_{}", "0".repeat(64)).as_str(), foreign.key()] {
        assert!(!copy(&image, key, &folder.path().join("layout")).status.success());
    }
    let target = format!("oci:{}:copied", folder.path().join("layout").display());
    let source = format!("docker://{image}");
    assert!(!run("skopeo", &["copy", "--src-no-creds", "--src-tls-verify=false", &source, &target]).status.success());
    // The same image with the right key: it was not the address.
    assert!(copy(&image, client.key(), &folder.path().join("layout")).status.success());
}
