//! What a running agent learns of who asks it, and that nobody can say so but the provider.

use super::issuer::{Issuer, Key, claims};
use super::{ask_with, register};
use crate::agents::{deploy_with, eventually};
use crate::harness::{Answer, Client, shared};
use serde_json::{Value, json};

/// An agent that answers each `POST` with the headers that came.
const ECHO: &str = r#"
import sys

runtime = sys.modules["runagents.runtime"]

def echo(self):
    self.rfile.read(int(self.headers["Content-Length"]))
    self._json(200, {"path": self.path, "headers": [[name.lower(), value] for name, value in self.headers.items()]})

runtime.AgentHandler.do_POST = echo

def handler(message):
    return message
"#;

async fn echo(client: &Client, name: &str, more: Value) {
    deploy_with(client, name, ECHO, more).await;
    eventually("the start", || async {
        let agent = client.get(&format!("/api/v1/agents/{name}")).await.expect(200);
        (agent["status"]["phase"] == "Running").then_some(())
    })
    .await;
}

/// The values of the headers that a server may take for `X-End-User-Id`, and whether a credential is among the others.
fn seen(answer: Answer) -> (Vec<String>, bool) {
    let body = answer.expect(200);
    let headers: Vec<(String, String)> = serde_json::from_value(body["headers"].clone()).expect("pairs of texts");
    let is_user = |name: &str| name.replace('_', "-") == "x-end-user-id";
    let users = headers.iter().filter(|(name, _)| is_user(name)).map(|(_, value)| value.clone()).collect();
    let has_credential = headers.iter().any(|(name, _)| name == "authorization" || name == "x-runagents-api-key");
    (users, has_credential)
}

#[tokio::test]
async fn the_agent_learns_the_user_from_the_token_and_from_nobody_else() {
    let key = Key::rsa("a");
    let issuer = Issuer::start(&[&key]).await;
    let client = shared().workspace("idp-header").await;
    register(&client, &issuer.keys_url(), json!({"allowedDomains": ["example.com"]})).await;
    echo(&client, "guarded", json!({"identity_provider": "idp"})).await;
    let token = key.token(&claims(&json!({})));
    let ada = (vec!["ada@example.com".to_owned()], false);
    for path in ["invoke", "invoke/stream", "resume/action-1"] {
        let path = format!("/api/v1/agents/guarded/{path}");
        for spoof in [
            &[][..],
            &[("X-End-User-Id", "eve@example.com")],
            &[("X-End-User-Id", "eve@example.com"), ("x-end-user-id", "mallory@example.com")],
            &[("X_End_User_Id", "eve@example.com"), ("X-End-User_Id", "eve@example.com")],
            &[("Connection", "X-End-User-Id")],
            &[("Connection", "close, X-End-User-Id"), ("X-End-User-Id", "eve@example.com")],
        ] {
            let answer = ask_with(&client, &path, Some(&token), spoof).await;
            assert_eq!(seen(answer), ada, "{path} {spoof:?}");
        }
    }
}

#[tokio::test]
async fn without_a_provider_the_holder_of_the_key_says_for_whom_it_asks() {
    let client = shared().workspace("idp-open").await;
    echo(&client, "open", json!({})).await;
    let path = "/api/v1/agents/open/invoke";
    let named = ask_with(&client, path, None, &[("X-End-User-Id", "ada@example.com")]).await;
    assert_eq!(seen(named), (vec!["ada@example.com".to_owned()], false));
    assert_eq!(seen(ask_with(&client, path, None, &[]).await), (Vec::new(), false));
}
