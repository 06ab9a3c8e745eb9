//! What an agent gets from a model: answers, streams, the provider's own refusals; and that no key comes with them.

use super::{GUIDE, KEY, MODEL, assert_error, chat, gateway, gateway_of, post, register, usage};
use crate::agents::{answer, deploy_with};
use crate::harness::{Llmock, Recorder, shared};
use serde_json::{Value, json};

/// An agent of `langgraph` as its author would write it: no address, no key.
const GRAPH: &str = r#"
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, MessagesState, StateGraph

model = ChatOpenAI(model="gpt-4o-mini")

def ask(state: MessagesState):
    return {"messages": [model.invoke(state["messages"])]}

def say_again(state: MessagesState):
    words = [chunk.content for chunk in model.stream(state["messages"])]
    return {"messages": [("assistant", "streamed: " + "".join(words))]}

builder = StateGraph(MessagesState)
builder.add_node("ask", ask)
builder.add_node("say_again", say_again)
builder.add_edge(START, "ask")
builder.add_edge("ask", "say_again")
builder.add_edge("say_again", END)
compiled = builder.compile()

def handler(message):
    answers = compiled.invoke({"messages": [("user", message)]})["messages"]
    return " | ".join(answer.content for answer in answers[1:])
"#;

#[tokio::test]
async fn a_langgraph_agent_reaches_a_model_and_what_it_used_is_told() {
    let (client, provider) = (shared().workspace("gateway-graph").await, Llmock::start().await);
    register(&client, "openai", &provider.base(), json!({})).await;
    let more = json!({
        "requirements": "langgraph\nlangchain-openai\n",
        "llm_configs": [{"provider": "openai", "model": MODEL, "monthly_budget_usd": 5}],
    });
    let deployed = deploy_with(&client, "graph", GRAPH, more).await;
    assert!(!deployed["warnings"].to_string().contains("model"), "{deployed}");
    let said = answer(&client, "graph", "hi there").await;
    assert!(said.starts_with("Hello! You said: hi there | streamed: Hello! You said: "), "{said}");

    let usage = usage(&client, "graph").await;
    assert!(usage["estimated_spend_usd"].as_f64().is_some_and(|usd| usd > 0.0), "{usage}");
    assert_eq!((&usage["status"], &usage["monthly_budget_usd"]), (&json!("Active"), &json!(5.0)), "{usage}");
    let spend = client.get("/api/v1/model-spend").await.expect(200);
    assert_eq!(spend["summary"]["total_estimated_spend_usd"], usage["estimated_spend_usd"], "{spend}");
    let paths: Vec<Value> = provider.requests().await.iter().map(|request| request["stream"].clone()).collect();
    assert_eq!(paths, [json!(false), json!(true)], "one request each, the second a stream");
}

#[tokio::test]
async fn a_stream_tells_its_usage_to_us_and_only_to_an_agent_that_asked() {
    let (client, provider) = (shared().workspace("gateway-stream").await, Llmock::start().await);
    register(&client, "openai", &provider.base(), json!({})).await;
    let base = gateway(&client, "guide").await;
    let ask = async |options: Value| {
        let mut body = json!({"model": MODEL, "stream": true, "messages": [{"role": "user", "content": "hi"}]});
        body.as_object_mut().expect("an object").extend(options.as_object().expect("an object").clone());
        let answer = post(&base, "/chat/completions", body).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/event-stream; charset=utf-8")));
        String::from_utf8(answer.bytes).expect("text")
    };
    let silent = ask(json!({})).await;
    assert!(
        silent.contains("hi") && !silent.contains("prompt_tokens") && silent.ends_with("data: [DONE]\n\n"),
        "{silent}"
    );
    let once = usage(&client, "guide").await["estimated_spend_usd"].as_f64().expect("a number");
    assert!(once > 0.0, "it was recorded though the agent had not asked");
    let told = ask(json!({"stream_options": {"include_usage": true}})).await;
    assert!(told.contains("prompt_tokens"), "{told}");
    let twice = usage(&client, "guide").await["estimated_spend_usd"].as_f64().expect("a number");
    assert!((twice - 2.0 * once).abs() < 1e-12, "{once} and then {twice}");
}

#[tokio::test]
async fn a_providers_refusals_pass_but_for_those_of_our_key() {
    let (client, provider) = (shared().workspace("gateway-refusals").await, Llmock::start().await);
    register(&client, "openai", &provider.base(), json!({})).await;
    let base = gateway(&client, "guide").await;
    provider.behave(json!([{"type": "fail", "status": 401}])).await;
    assert_error(&chat(&base, "hi").await, 424, "provider_key_refused");
    provider.behave(json!([{"type": "fail", "status": 429, "retry_after": 7}])).await;
    let limited = chat(&base, "hi").await;
    assert_eq!((limited.status, limited.header("retry-after")), (429, Some("7")), "{limited:?}");
    assert!(limited.body["error"]["message"].is_string(), "{limited:?}");
    provider.behave(json!([{"type": "fail", "status": 500}])).await;
    let broken = chat(&base, "hi").await;
    assert_eq!(broken.status, 500);
    assert!(broken.body["error"]["message"].is_string(), "{broken:?}");
    assert_eq!(usage(&client, "guide").await["estimated_spend_usd"], 0.0, "nothing of this costs");
    chat(&base, "hi").await.expect(200);
}

#[tokio::test]
async fn a_provider_that_hangs_up_or_is_unavailable_is_asked_again_and_one_that_is_gone_is_told() {
    let client = shared().workspace("gateway-retries").await;
    let good = r#"{"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}"#;
    let recorder = Recorder::start(&[(503, "busy"), (200, good)]).await;
    register(&client, "openai", recorder.url(), json!({})).await;
    let base = gateway(&client, "guide").await;
    chat(&base, "hi").await.expect(200);
    let lines: Vec<String> = recorder.arrived().into_iter().map(|request| request.line).collect();
    assert_eq!(lines, ["POST /v1/chat/completions", "POST /v1/chat/completions"]);
    let gone = recorder.url().to_owned();
    drop(recorder);
    register(&client, "openai", &gone, json!({})).await;
    assert_error(&chat(&base, "hi").await, 502, "provider_unreachable");
}

#[tokio::test]
async fn the_key_reaches_the_provider_and_nobody_else_even_where_the_provider_repeats_it() {
    let client = shared().workspace("gateway-key").await;
    let told = r#"{"error": {"message": "no credit for {authorization}"}}"#;
    let answered = r#"{"choices": [{"message": {"content": "{authorization}"}}]}"#;
    let recorder = Recorder::start(&[(402, told), (200, answered)]).await;
    register(&client, "openai", recorder.url(), json!({})).await;
    let code = "import json, os\ndef handler(message):\n    return json.dumps(dict(os.environ))\n";
    deploy_with(&client, "open", code, json!({"llm_configs": [{"provider": "openai", "model": MODEL}]})).await;
    let environment = answer(&client, "open", "?").await;
    let base: Value = serde_json::from_str(&environment).expect("JSON");
    assert_eq!(base["OPENAI_API_KEY"], "platform-managed");
    let base = base["OPENAI_BASE_URL"].as_str().expect("an address").to_owned();

    let refused = chat(&base, "hi").await;
    assert_eq!((refused.status, &refused.body["error"]["message"]), (402, &json!("no credit for Bearer [removed]")));
    let said = chat(&base, "hi").await.expect(200);
    assert_eq!(said["choices"][0]["message"]["content"], "Bearer [removed]");
    let arrived = recorder.arrived();
    assert_eq!(arrived.len(), 2);
    for request in &arrived {
        assert_eq!(request.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
        assert!(!request.body.contains(KEY) && !request.body.contains("platform-managed"));
    }
    let pass = base.split('/').nth(4).expect("a pass");
    let signature = pass.rsplit('.').next().expect("its signature");
    let seen = [environment, client.get("/api/v1/model-providers/openai").await.body.to_string()];
    for text in seen.iter().chain([&shared().log()]) {
        assert!(!text.contains(KEY), "the key is in {text}");
    }
    assert!(!shared().log().contains(signature), "the pass is in the log");
}

#[tokio::test]
async fn embeddings_models_and_health_are_served_and_the_rest_is_told() {
    let (client, provider) = (shared().workspace("gateway-endpoints").await, Llmock::start().await);
    register(&client, "openai", &provider.base(), json!({})).await;
    let base = gateway_of(
        &client,
        "guide",
        json!({"provider": "openai", "model": "text-embedding-3-small", "role": "embedding"}),
    )
    .await;
    let vectors = post(&base, "/embeddings", json!({"model": "embedding", "input": "x"})).await.expect(200);
    assert_eq!((&vectors["model"], &vectors["object"]), (&json!("text-embedding-3-small"), &json!("list")));
    let agent = crate::harness::Client::new(&base, "");
    let models = agent.get("/models").await.expect(200);
    assert_eq!(models["data"][0]["id"], "text-embedding-3-small");
    assert_error(&chat(&base, "hi").await, 404, "model_not_found");
    assert_error(&post(&base, "/responses", json!({})).await, 404, "not_served");
    assert_error(&agent.get("/chat/completions").await, 405, "method_not_allowed");
    assert_error(&post(&base, "/embeddings", json!([1])).await, 400, "invalid_body");
    let health = base.strip_suffix("/v1").expect("a base");
    crate::harness::Client::new(health, "").get("/healthz").await.expect(200);
}

#[tokio::test]
async fn without_a_provider_a_model_is_refused_with_a_hint_and_the_playground_answers_where_it_is_registered() {
    let client = shared().workspace("gateway-none").await;
    let deployed =
        deploy_with(&client, "guide", GUIDE, json!({"llm_configs": [{"provider": "openai", "model": MODEL}]})).await;
    assert!(
        deployed["warnings"][0].as_str().is_some_and(|text| text.contains("POST /api/model-providers")),
        "{deployed}"
    );
    let base = answer(&client, "guide", "where?").await;
    assert_error(&chat(&base, "hi").await, 424, "no_model_provider");

    deploy_with(&client, "plain", GUIDE, json!({})).await;
    let plain = answer(&client, "plain", "where?").await;
    assert_error(&chat(&plain, "hi").await, 424, "no_model_provider");
    client.post("/api/starter-kit", json!({})).await.expect(201);
    let said = chat(&plain, "hi").await.expect(200);
    assert!(
        said["choices"][0]["message"]["content"].as_str().is_some_and(|text| text.ends_with("You said: hi")),
        "{said}"
    );
    chat(&base, "hi").await.expect(200);

    let bedrock = json!({"provider": "bedrock", "auth": {"type": "AWSSignature"}});
    register(&client, "openai", "https://bedrock.example.com", bedrock).await;
    assert_error(&chat(&base, "hi").await, 501, "provider_unsupported");
    register(&client, "openai", "http://169.254.169.254/v1", json!({})).await;
    assert_error(&chat(&base, "hi").await, 403, "address_refused");
    let keyless =
        json!({"provider": "openai", "endpoint": "http://127.0.0.1:9", "models": [MODEL], "auth": {"type": "APIKey"}});
    client.delete("/api/v1/model-providers/openai").await.expect(200);
    client.post("/api/model-providers", json!({"name": "openai", "spec": keyless})).await.expect(201);
    assert_error(&chat(&base, "hi").await, 424, "no_provider_key");
}
