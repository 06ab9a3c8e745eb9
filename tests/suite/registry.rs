//! `/v2/`: an image that a deploy built, taken by the tools that people have, and the protocol below them.

mod base;
mod bytes;
mod pull;
mod wire;

use crate::harness::{Answer, Client};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};

/// An agent whose requirement is in the runtime image: its image is one layer.
pub fn overlay(agent: &str) -> Value {
    json!({
        "agent_name": agent,
        "source_files": {"agent.py": "print(\"hello\")\n", "lib/words.py": "WORD = \"hello\"\n"},
        "entry_point": "agent.py",
        "requirements": "runagents>=0.2.0\n",
    })
}

/// Deploys [`overlay`]; the image's `host:port/workspace/agent:tag`.
pub async fn image_of(client: &Client, agent: &str) -> String {
    let answer = client.deploy(overlay(agent)).await.expect(201);
    assert_eq!(answer["execution_mode"], "FAST_OVERLAY");
    answer["image_uri"].as_str().expect("an image").to_owned()
}

/// `workspace/agent` and the tag of an image.
pub fn parts(image: &str) -> (&str, &str) {
    let (_, rest) = image.split_once('/').expect("a host");
    rest.rsplit_once(':').expect("a tag")
}

/// The manifest that a tag or digest names.
pub async fn manifest(client: &Client, image: &str) -> Answer {
    let (repository, tag) = parts(image);
    let answer = client.get(&format!("/v2/{repository}/manifests/{tag}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

/// Runs a program of the test set-up.
pub fn run(program: &str, arguments: &[&str]) -> Output {
    let failed = |error| panic!("{program}: {error}; `.ci/setup tests` installs it");
    Command::new(program).args(arguments).output().unwrap_or_else(failed)
}

/// Runs it to success.
#[track_caller]
pub fn run_well(program: &str, arguments: &[&str]) -> String {
    let output = run(program, arguments);
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Copies an image into an OCI layout by skopeo, with the key as anybody's password.
pub fn copy(image: &str, key: &str, layout: &Path) -> Output {
    let target = format!("oci:{}:copied", layout.display());
    let credentials = format!("anybody:{key}");
    let source = format!("docker://{image}");
    run("skopeo", &["copy", "--src-creds", &credentials, "--src-tls-verify=false", &source, &target])
}

/// Unpacks the copy by umoci and gives the folder of its files.
pub fn unpack(layout: &Path, bundle: &Path) -> std::path::PathBuf {
    let image = format!("{}:copied", layout.display());
    run_well("umoci", &["unpack", "--rootless", "--image", &image, &bundle.display().to_string()]);
    bundle.join("rootfs")
}
