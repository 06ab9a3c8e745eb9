//! How much, how fast, how long: rate limits, budgets, and providers that say nothing.

use super::{GUIDE, MODEL, assert_error, chat, gateway, gateway_of, register, usage};
use crate::agents::{answer, deploy_with, eventually};
use crate::harness::{Client, Llmock, Server, Settings, shared};
use serde_json::{Value, json};

#[tokio::test]
async fn a_provider_gets_as_many_requests_a_minute_as_its_limit_says() {
    let (client, provider) = (shared().workspace("gateway-pace").await, Llmock::start().await);
    register(&client, "openai", &provider.base(), json!({"rateLimit": {"requestsPerMinute": 2}})).await;
    let (first, second) = (gateway(&client, "first").await, gateway(&client, "second").await);
    chat(&first, "hi").await.expect(200);
    chat(&second, "hi").await.expect(200);
    let limited = chat(&first, "hi").await;
    assert_error(&limited, 429, "rate_limited");
    let seconds: u64 = limited.header("retry-after").and_then(|text| text.parse().ok()).expect("when to ask again");
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert_eq!(provider.requests().await.len(), 2);
}

/// Gives the agent another budget; the address of the revision that has it, once it serves.
async fn raised(client: &Client, before: &str, model: Value) -> String {
    deploy_with(client, "guide", GUIDE, json!({"llm_configs": [model]})).await;
    let address = || async { Some(answer(client, "guide", "where?").await).filter(|base| base != before) };
    eventually("a revision with another budget", address).await
}

#[tokio::test]
async fn a_spent_budget_ends_a_models_calls_until_it_is_raised() {
    let (client, provider) = (shared().workspace("gateway-budget").await, Llmock::start().await);
    register(&client, "openai", &provider.base(), json!({"models": [MODEL, "homemade"]})).await;
    let model = |budget: f64| json!({"provider": "openai", "model": MODEL, "monthly_budget_usd": budget});
    let base = gateway_of(&client, "guide", model(0.000_001)).await;
    chat(&base, "hi").await.expect(200);
    let refused = chat(&base, "hi").await;
    assert_error(&refused, 429, "budget_reached");
    assert_eq!(refused.header("x-should-retry"), Some("false"), "an SDK need not try again");
    let told = usage(&client, "guide").await;
    assert_eq!((&told["status"], &told["remaining_budget_usd"]), (&json!("Budget reached"), &json!(0.0)), "{told}");
    assert_eq!(provider.requests().await.len(), 1);

    // A new revision of the same agent has spent what it has spent.
    let again = raised(&client, &base, model(0.000_002)).await;
    assert_error(&chat(&again, "hi").await, 429, "budget_reached");
    let more = raised(&client, &again, model(5.0)).await;
    chat(&more, "hi").await.expect(200);
}

#[tokio::test]
async fn tokens_without_a_known_price_are_counted_and_cost_nothing_known() {
    let (client, provider) = (shared().workspace("gateway-unpriced").await, Llmock::start().await);
    register(&client, "openai", &provider.base(), json!({"models": ["homemade"]})).await;
    let base = gateway_of(&client, "guide", json!({"provider": "openai", "model": "homemade"})).await;
    let asked = json!({"model": "homemade", "messages": [{"role": "user", "content": "hi"}]});
    let answered = super::post(&base, "/chat/completions", asked).await.expect(200);
    let told = usage(&client, "guide").await;
    assert_eq!(told["estimated_spend_usd"], 0.0, "{told}");
    assert_eq!(told["unpriced_tokens"], answered["usage"]["total_tokens"], "{told}");
}

#[tokio::test]
async fn a_provider_that_says_nothing_is_given_up() {
    let environment = vec![("WINDLASS_SILENT_SECONDS".to_owned(), "1".to_owned())];
    let server = Server::start(Settings { environment, ..Settings::default() }).await;
    let (client, provider) = (server.client(), Llmock::start().await);
    register(&client, "openai", &provider.base(), json!({})).await;
    let base = gateway(&client, "guide").await;
    provider.behave(json!([{"type": "delay", "seconds": 600}])).await;
    assert_error(&chat(&base, "hi").await, 504, "provider_timeout");
}
