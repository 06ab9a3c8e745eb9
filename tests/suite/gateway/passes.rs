//! Whose address opens what, and for how long.

use super::{GUIDE, assert_error, chat, gateway, register};
use crate::agents::{answer, deploy_with, eventually};
use crate::harness::{Llmock, Server, Settings, shared};
use serde_json::json;

/// The pass in a gateway's address.
fn pass(base: &str) -> &str {
    base.split('/').nth(4).expect("http://host/llm/PASS/v1")
}

#[tokio::test]
async fn a_workspace_cannot_use_the_models_of_another_whatever_it_writes_into_its_address() {
    let (mine, theirs) = (shared().workspace("gateway-mine").await, shared().workspace("gateway-theirs").await);
    let provider = Llmock::start().await;
    register(&mine, "openai", &provider.base(), json!({})).await;
    let (open, closed) = (gateway(&mine, "guide").await, gateway(&theirs, "guide").await);
    chat(&open, "hi").await.expect(200);
    assert_error(&chat(&closed, "hi").await, 424, "no_model_provider");

    let signature = pass(&closed).rsplit('.').next().expect("a signature");
    for forged in [
        format!("gateway-mine.guide.1.{signature}"),
        pass(&open).replace(".1.", ".2."),
        pass(&open).replace("guide", "other"),
        "gateway-mine.guide.1.".to_owned(),
        "guess".to_owned(),
    ] {
        assert_error(&chat(&open.replace(pass(&open), &forged), "hi").await, 401, "invalid_pass");
    }
    assert_eq!(provider.requests().await.len(), 1);
}

#[tokio::test]
async fn a_pass_dies_with_its_revision_and_with_its_agent() {
    let (client, provider) = (shared().workspace("gateway-deaths").await, Llmock::start().await);
    register(&client, "openai", &provider.base(), json!({})).await;
    let first = gateway(&client, "guide").await;
    let changed = json!({"llm_configs": [{"provider": "openai", "model": super::MODEL}], "system_prompt": "Be brief."});
    deploy_with(&client, "guide", GUIDE, changed).await;
    let second = eventually("another revision", || async {
        Some(answer(&client, "guide", "where?").await).filter(|base| *base != first)
    })
    .await;
    chat(&second, "hi").await.expect(200);
    let refused = eventually("the end of the first", || async {
        Some(chat(&first, "hi").await).filter(|answer| answer.status != 200)
    });
    assert_error(&refused.await, 401, "invalid_pass");

    client.delete("/api/v1/agents/guide").await.expect(200);
    assert_error(&chat(&second, "hi").await, 401, "invalid_pass");
    let again = gateway(&client, "guide").await;
    assert_ne!(pass(&again), pass(&first), "the new agent's first revision is another one");
    assert_error(&chat(&first, "hi").await, 401, "invalid_pass");
}

#[tokio::test]
async fn a_pass_is_the_same_after_a_restart() {
    let server = Server::start(Settings::default()).await;
    let provider = Llmock::start().await;
    register(&server.client(), "openai", &provider.base(), json!({})).await;
    let before = gateway(&server.client(), "guide").await;
    let server = server.restart().await;
    let after = answer(&server.client(), "guide", "where?").await;
    assert_eq!(pass(&after), pass(&before));
    chat(&after, "hi").await.expect(200);
}
