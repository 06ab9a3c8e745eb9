//! The same sources give the same bytes: on two servers, in two workspaces, before and after a restart.

use super::{image_of, manifest};
use crate::harness::{Client, Server, Settings};

/// Manifest, configuration and layers of an image, whole.
async fn whole(client: &Client, image: &str) -> Vec<Vec<u8>> {
    let answer = manifest(client, image).await;
    let mut bytes = vec![answer.bytes.clone()];
    let layers = answer.body["layers"].as_array().expect("a list");
    for blob in layers.iter().chain([&answer.body["config"]]) {
        let path = format!("/v2/{}/blobs/{}", super::parts(image).0, blob["digest"].as_str().expect("a digest"));
        bytes.push(client.get(&path).await.bytes);
    }
    bytes
}

#[tokio::test]
async fn two_servers_make_the_same_bytes_of_the_same_sources() {
    let one = Server::start(Settings::without_agents()).await;
    let two = Server::start(Settings::without_agents()).await;
    let other = two.workspace("other").await;
    let image = image_of(&one.client(), "bot").await;
    let bytes = whole(&one.client(), &image).await;
    for client in [two.client(), other] {
        let twin = image_of(&client, "bot").await;
        assert_ne!(twin, image, "another host or workspace");
        assert_eq!(whole(&client, &twin).await, bytes);
    }
    let mut changed = super::overlay("bot");
    changed["source_files"]["agent.py"] = "print(\"hello!\")\n".into();
    let answer = one.client().deploy(changed).await.expect(201);
    let twin = answer["image_uri"].as_str().expect("an image");
    assert_ne!(whole(&one.client(), twin).await[0], bytes[0], "one byte of the source is another image");
}

#[tokio::test]
async fn an_image_is_the_same_after_a_restart_and_built_again_under_another_name() {
    let mut server = Server::start(Settings::without_agents()).await;
    let image = image_of(&server.client(), "bot").await;
    let bytes = whole(&server.client(), &image).await;
    server.kill();
    let server = server.restart().await;
    assert_eq!(whole(&server.client(), &image).await, bytes);
    let again = image_of(&server.client(), "bot").await;
    assert_eq!(super::parts(&again), super::parts(&image));
    let twin = image_of(&server.client(), "twin").await;
    assert_eq!(whole(&server.client(), &twin).await, bytes);
}
