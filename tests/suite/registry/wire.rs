//! The protocol: who may read what, whole or in parts, and that nothing can be written.

use super::{image_of, manifest, overlay, parts};
use crate::harness::{Client, quiet};
use reqwest::Method;
use serde_json::{Value, json};
use windlass_domain::source::sha256;

#[tokio::test]
async fn without_a_key_the_registry_asks_for_one_and_takes_it_as_a_password_or_bearer() {
    let server = quiet();
    let client = server.workspace("wire-key").await;
    let nobody = Client::new(&server.url(), "");
    let wrong = Client::new(&server.url(), &format!("ra_ws_{}", "0".repeat(64)));
    for refused in [nobody.get("/v2/").await, wrong.get("/v2/").await] {
        assert_eq!(refused.header("www-authenticate"), Some("Basic realm=\"windlass\""));
        assert_eq!(refused.header("docker-distribution-api-version"), Some("registry/2.0"));
        assert_eq!(refused.expect(401)["errors"][0]["code"], "UNAUTHORIZED");
    }
    assert_eq!(client.get("/v2/").await.expect(200), json!({}));
    for user in ["anybody", "", "x y"] {
        let basic = nobody.request(Method::GET, "/v2/").basic_auth(user, Some(client.key()));
        assert_eq!(nobody.send(basic).await.status, 200, "{user}");
    }
    let as_user = nobody.request(Method::GET, "/v2/").basic_auth(client.key(), Some("password"));
    assert_eq!(nobody.send(as_user).await.status, 401);
}

#[tokio::test]
async fn a_foreign_repository_is_as_unknown_as_one_that_does_not_exist() {
    let server = quiet();
    let (own, foreign) = (server.workspace("wire-own").await, server.workspace("wire-foreign").await);
    let image = image_of(&own, "bot").await;
    let (repository, tag) = parts(&image);
    let layer = manifest(&own, &image).await.body["layers"][0]["digest"].as_str().expect("a digest").to_owned();
    for path in ["tags/list".to_owned(), format!("manifests/{tag}"), format!("blobs/{layer}")] {
        assert_eq!(own.get(&format!("/v2/{repository}/{path}")).await.status, 200, "{path}");
        assert_eq!(server.operator().get(&format!("/v2/{repository}/{path}")).await.status, 200, "{path}");
        let refused = foreign.get(&format!("/v2/{repository}/{path}")).await.expect(404);
        let unknown = foreign.get(&format!("/v2/wire-nobody/bot/{path}")).await.expect(404);
        assert_eq!(refused["errors"][0]["code"], "NAME_UNKNOWN", "{path}");
        assert_eq!(refused["errors"][0]["code"], unknown["errors"][0]["code"], "{path}");
    }
    // Knowing a digest is not enough: a blob is served through a repository that holds it.
    foreign
        .deploy(
            json!({"agent_name": "other", "source_files": {"agent.py": "print(1)\n"}, "requirements": "runagents\n"}),
        )
        .await
        .expect(201);
    let refused = foreign.get(&format!("/v2/wire-foreign/other/blobs/{layer}")).await.expect(404);
    assert_eq!(refused["errors"][0]["code"], "BLOB_UNKNOWN");
}

#[tokio::test]
async fn a_manifest_names_blobs_that_are_all_there_under_their_digests() {
    let client = quiet().workspace("wire-whole").await;
    let image = image_of(&client, "bot").await;
    let (repository, tag) = parts(&image);
    let answer = manifest(&client, &image).await;
    let digest = answer.header("docker-content-digest").expect("a digest").to_owned();
    assert_eq!(answer.header("content-type"), Some("application/vnd.oci.image.manifest.v1+json"));
    assert_eq!((sha256(&answer.bytes), &digest["sha256:".len()..][..12]), (digest.clone(), tag));
    let by_digest = client.get(&format!("/v2/{repository}/manifests/{digest}")).await;
    assert_eq!(by_digest.bytes, answer.bytes);
    let layers = answer.body["layers"].as_array().expect("a list");
    assert_eq!(layers.len(), 1);
    for blob in layers.iter().chain([&answer.body["config"]]) {
        let name = blob["digest"].as_str().expect("a digest");
        let path = format!("/v2/{repository}/blobs/{name}");
        let (whole, head) = (client.get(&path).await, client.send(client.request(Method::HEAD, &path)).await);
        assert_eq!((sha256(&whole.bytes).as_str(), json!(whole.bytes.len())), (name, blob["size"].clone()));
        for header in ["content-length", "content-type", "docker-content-digest", "etag", "accept-ranges"] {
            assert_eq!(head.header(header), whole.header(header), "{header}");
        }
        assert_eq!((head.status, head.bytes.len()), (200, 0));
        assert_eq!(whole.header("docker-content-digest"), Some(name));
    }
    let head = client.send(client.request(Method::HEAD, &format!("/v2/{repository}/manifests/{tag}"))).await;
    assert_eq!((head.status, head.header("docker-content-digest")), (200, Some(digest.as_str())));
    assert_eq!(
        client.send(client.request(Method::HEAD, &format!("/v2/{repository}/manifests/nothing"))).await.status,
        404
    );
}

#[tokio::test]
async fn a_range_of_a_blob_is_served_and_one_past_its_end_refused() {
    let client = quiet().workspace("wire-range").await;
    let image = image_of(&client, "bot").await;
    let layer = manifest(&client, &image).await.body["layers"][0].clone();
    let path = format!("/v2/{}/blobs/{}", parts(&image).0, layer["digest"].as_str().expect("a digest"));
    let whole = client.get(&path).await.bytes;
    let part = async |range: &str| client.send(client.request(Method::GET, &path).header("range", range)).await;
    let size = whole.len();
    for (range, start, end) in [("bytes=0-9", 0, 9), ("bytes=10-", 10, size - 1), ("bytes=-5", size - 5, size - 1)] {
        let answer = part(range).await;
        assert_eq!(
            (answer.status, answer.header("content-range")),
            (206, Some(format!("bytes {start}-{end}/{size}").as_str()))
        );
        assert_eq!(answer.bytes, whole[start..=end], "{range}");
    }
    let beyond = part(&format!("bytes={size}-")).await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, Some(format!("bytes */{size}").as_str())));
    assert_eq!(part("lines=1-2").await.bytes, whole, "an unknown unit is ignored (RFC 9110, 14.2)");
}

#[tokio::test]
async fn tags_are_listed_in_order_and_in_pages() {
    let client = quiet().workspace("wire-tags").await;
    let mut tags = Vec::new();
    for word in ["one", "two", "three"] {
        let mut request = overlay("bot");
        request["source_files"]["word.py"] = word.into();
        let answer = client.deploy(request).await.expect(201);
        tags.push(parts(answer["image_uri"].as_str().expect("an image")).1.to_owned());
    }
    tags.sort();
    let path = "/v2/wire-tags/bot/tags/list";
    assert_eq!(client.get(path).await.expect(200), json!({"name": "wire-tags/bot", "tags": tags}));
    let first = client.get(&format!("{path}?n=2")).await;
    let next = format!("</v2/wire-tags/bot/tags/list?n=2&last={}>; rel=\"next\"", tags[1]);
    assert_eq!(first.header("link"), Some(next.as_str()));
    assert_eq!(first.body["tags"], json!(tags[..2]));
    let last = client.get(&format!("{path}?n=2&last={}", tags[1])).await;
    assert_eq!((last.header("link"), &last.body["tags"]), (None, &json!(tags[2..])));
}

#[tokio::test]
async fn nothing_can_be_pushed_or_deleted() {
    let client = quiet().workspace("wire-push").await;
    let image = image_of(&client, "bot").await;
    let (repository, tag) = parts(&image);
    let uploads = format!("/v2/{repository}/blobs/uploads/");
    let manifest_path = format!("/v2/{repository}/manifests/{tag}");
    for (method, path) in [(Method::POST, &uploads), (Method::PUT, &manifest_path), (Method::DELETE, &manifest_path)] {
        let refused = client.send(client.request(method.clone(), path).body("x")).await;
        assert_eq!(refused.header("allow"), Some("GET, HEAD"), "{method}");
        let body: Value = refused.expect(405);
        assert_eq!(body["errors"][0]["code"], "UNSUPPORTED", "{method}");
    }
    assert_eq!(manifest(&client, &image).await.status, 200);
}
