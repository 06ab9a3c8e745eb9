//! The images at `/v2/`, as readers see them that are not ours: skopeo and umoci.

use crate::harness::{Client, Server, Settings, quiet};
use reqwest::Method;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

const SOURCE: &str = "def handler(message):\n    return message\n";

/// Deploys an overlay; the whole answer.
async fn overlay(client: &Client, name: &str) -> Value {
    let request = json!({
        "agent_name": name,
        "source_files": {"agent.py": SOURCE, "lib/helper.py": "X = 1\n"},
        "requirements": "runagents>=0.2.0\n",
        "env": [{"name": "SECRET_SETTING", "value": "stays-out-of-the-image"}],
    });
    let answer = client.deploy(request).await.expect(201);
    assert_eq!(answer["execution_mode"], "FAST_OVERLAY");
    answer
}

fn image(answer: &Value) -> &str {
    answer["image_uri"].as_str().expect("an image")
}

/// Runs a program that must succeed; what it wrote.
fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}; the set-up of the tests installs it"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The image as an OCI layout in `folder`, pulled by skopeo.
fn pull(image: &str, key: &str, folder: &Path) {
    let (from, to) = (format!("docker://{image}"), format!("oci:{}:pulled", folder.display()));
    run("skopeo", &["copy", "--quiet", "--src-tls-verify=false", "--src-creds", &format!("any:{key}"), &from, &to]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn skopeo_pulls_the_image_and_umoci_unpacks_the_source() {
    let client = quiet().workspace("registry-pull").await;
    let answer = overlay(&client, "pulled").await;
    let folder = tempfile::tempdir().expect("a folder");
    let (layout, bundle) = (folder.path().join("layout"), folder.path().join("bundle"));
    pull(image(&answer), client.key(), &layout);
    let image = format!("{}:pulled", layout.display());
    run("umoci", &["unpack", "--rootless", "--image", &image, &bundle.to_string_lossy()]);
    let app = bundle.join("rootfs/app");
    assert_eq!(fs::read_to_string(app.join("agent.py")).expect("the source"), SOURCE);
    assert_eq!(fs::read_to_string(app.join("lib/helper.py")).expect("the source"), "X = 1\n");
    let config = run("skopeo", &["inspect", "--config", &format!("oci:{image}")]);
    let config: Value = serde_json::from_slice(&config).expect("JSON");
    assert_eq!(config["config"]["Labels"]["dev.windlass.runtime"], "python");
    assert!(!config.to_string().contains("stays-out-of-the-image"), "the request's env is no part of the image");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_make_the_same_bytes() {
    let other = Server::start(Settings::without_agents()).await;
    let (one, two) = (overlay(&quiet().client(), "same").await, overlay(&other.client(), "same").await);
    let tag = |answer: &Value| image(answer).rsplit_once(':').expect("a tag").1.to_owned();
    assert_eq!(tag(&one), tag(&two));
    assert_ne!(image(&one), image(&two), "only the address differs");
    let changed = json!({"agent_name": "same", "source_files": {"agent.py": "x = 1\n"}, "requirements": "runagents\n"});
    assert_ne!(tag(&other.client().deploy(changed).await.expect(201)), tag(&two));
}

#[tokio::test]
async fn who_has_no_key_is_asked_for_one_and_who_has_another_sees_nothing() {
    let owner = quiet().workspace("registry-owner").await;
    let stranger = quiet().workspace("registry-stranger").await;
    let answer = overlay(&owner, "private").await;
    let tag = image(&answer).rsplit_once(':').expect("a tag").1;
    let manifest = format!("/v2/registry-owner/private/manifests/{tag}");

    let asked = Client::new(&quiet().url(), "").get("/v2/").await;
    assert_eq!(asked.status, 401);
    assert_eq!(asked.header("www-authenticate"), Some("Basic realm=\"windlass\""));
    owner.get("/v2/").await.expect(200);
    let basic = |key: &str| {
        let request = Client::new(&quiet().url(), "").request(Method::GET, &manifest);
        let (anonymous, request) = (Client::new(&quiet().url(), ""), request.basic_auth("any", Some(key)));
        async move { anonymous.send(request).await.status }
    };
    assert_eq!(basic(owner.key()).await, 200);
    assert_eq!(basic("ra_ws_wrong").await, 401);
    assert_eq!(stranger.get(&manifest).await.status, 404);
    assert_eq!(owner.get("/v2/registry-owner/nothing/tags/list").await.status, 404);
}

#[tokio::test]
async fn manifests_blobs_tags_and_ranges_are_served_as_the_specification_says() {
    let client = quiet().workspace("registry-read").await;
    let answer = overlay(&client, "read").await;
    let tag = image(&answer).rsplit_once(':').expect("a tag").1;
    let repository = "/v2/registry-read/read";
    assert_eq!(client.get(&format!("{repository}/tags/list")).await.expect(200)["tags"], json!([tag]));

    let by_tag = client.get(&format!("{repository}/manifests/{tag}")).await;
    let digest = by_tag.header("docker-content-digest").expect("a digest").to_owned();
    assert!(digest.starts_with(&format!("sha256:{tag}")));
    let by_digest = client.get(&format!("{repository}/manifests/{digest}")).await;
    assert_eq!(by_tag.bytes, by_digest.bytes);
    assert_eq!(by_tag.header("content-type"), Some("application/vnd.oci.image.manifest.v1+json"));

    let layer = by_tag.body["layers"][0]["digest"].as_str().expect("a layer").to_owned();
    let path = format!("{repository}/blobs/{layer}");
    let whole = client.get(&path).await;
    let head = client.send(client.request(Method::HEAD, &path)).await;
    assert_eq!(head.header("content-length"), Some(whole.bytes.len().to_string().as_str()));
    assert!(head.bytes.is_empty());
    let part = client.send(client.request(Method::GET, &path).header("range", "bytes=2-5")).await;
    assert_eq!((part.status, &part.bytes[..]), (206, &whole.bytes[2..6]));
    let past = client.send(client.request(Method::GET, &path).header("range", "bytes=999999999-")).await;
    assert_eq!(past.status, 416);
    let pushed = client.send(client.request(Method::POST, &format!("{repository}/blobs/uploads/"))).await;
    assert_eq!(pushed.status, 405);
    assert_eq!(pushed.body["errors"][0]["code"], "UNSUPPORTED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_base_image_lies_under_the_overlay_and_is_pulled_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (layout, bundle) = (folder.path().join("base"), folder.path().join("bundle"));
    let base = format!("{}:latest", layout.display());
    run("umoci", &["init", "--layout", &layout.to_string_lossy()]);
    run("umoci", &["new", "--image", &base]);
    run("umoci", &["unpack", "--rootless", "--image", &base, &bundle.to_string_lossy()]);
    fs::write(bundle.join("rootfs/from-the-base"), b"base\n").expect("written");
    run("umoci", &["repack", "--image", &base, &bundle.to_string_lossy()]);

    let mut settings = Settings::without_agents();
    settings.arguments.extend(["--runtime-base".to_owned(), format!("python={}", layout.display())]);
    let server = Server::start(settings).await;
    let answer = loop {
        let client = server.client();
        let request =
            json!({"agent_name": "based", "source_files": {"agent.py": SOURCE}, "requirements": "runagents\n"});
        let answer = client.deploy(request).await;
        // The base may still be on its way into the store.
        if answer.status != 503 {
            break answer.expect(201);
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    let pulled = folder.path().join("pulled");
    pull(image(&answer), &server.workspace_key(), &pulled);
    let unpacked = folder.path().join("unpacked");
    run(
        "umoci",
        &["unpack", "--rootless", "--image", &format!("{}:pulled", pulled.display()), &unpacked.to_string_lossy()],
    );
    assert_eq!(fs::read_to_string(unpacked.join("rootfs/from-the-base")).expect("the base's file"), "base\n");
    assert_eq!(fs::read_to_string(unpacked.join("rootfs/app/agent.py")).expect("the source"), SOURCE);
}
