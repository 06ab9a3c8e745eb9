//! Which requests the door is before, from when on, and what is said where an identity provider is bound.

use super::issuer::{Issuer, Key, claims};
use super::{PASSED, ask, door, guarded, register, said};
use crate::harness::{Client, assert_refused, quiet};
use serde_json::{Value, json};

#[tokio::test]
async fn every_way_to_the_agent_leads_through_the_door() {
    let key = Key::ec("a");
    let issuer = Issuer::start(&[&key]).await;
    let client = door(quiet(), "idp-bound-paths", &issuer, json!({})).await;
    let token = key.token(&claims(&json!({})));
    for prefix in [
        "/api/agents/bot",
        "/api/agents/idp-bound-paths/bot",
        "/api/v1/agents/bot",
        "/api/v1/workspaces/idp-bound-paths/agents/bot",
    ] {
        for way in ["invoke", "invoke/stream", "resume/action-1", "resume/action-1/stream"] {
            let path = format!("{prefix}/{way}");
            assert_eq!(said(&ask(&client, &path, None).await).1, "missing_token", "{path}");
            assert_eq!(said(&ask(&client, &path, Some(&token)).await).1, PASSED, "{path}");
        }
    }
    client.get("/api/v1/agents/bot").await.expect(200);
    assert_eq!(said(&ask(&client, "/api/v1/agents/none/invoke", Some(&token)).await).0, 404);
}

async fn configure(client: &Client, settings: Value) {
    client.put("/api/v1/agents/bot/config", settings).await.expect(200);
}

#[tokio::test]
async fn binding_and_unbinding_count_from_the_next_request_on() {
    let key = Key::ec("a");
    let issuer = Issuer::start(&[&key]).await;
    let client = quiet().workspace("idp-bound-changes").await;
    let source = json!({"agent.py": "def handler(message):\n    return message\n"});
    client.deploy(json!({"agent_name": "bot", "source_files": source})).await.expect(201);
    let (path, token) = ("/api/v1/agents/bot/invoke", key.token(&claims(&json!({}))));
    assert_eq!(said(&ask(&client, path, None).await).1, PASSED);
    let unchecked = ask(&client, path, Some(&token)).await;
    assert_refused(&unchecked, 401, "keys_differ", "");

    register(&client, &issuer.keys_url(), json!({})).await;
    configure(&client, json!({"identity_provider": "idp"})).await;
    assert_eq!(said(&ask(&client, path, None).await).1, "missing_token");
    assert_eq!(said(&ask(&client, path, Some(&token)).await).1, PASSED);
    assert_eq!(client.delete("/api/identity-providers/idp").await.expect(409)["code"], "in_use");
    configure(&client, json!({"identity_provider": ""})).await;
    assert_eq!(said(&ask(&client, path, None).await).1, PASSED);

    // A rollback may bind what was deleted meanwhile: then nobody comes in.
    client.delete("/api/identity-providers/idp").await.expect(200);
    client.post("/api/v1/agents/bot/rollback", json!({"revision": 2})).await.expect(200);
    assert_eq!(said(&ask(&client, path, Some(&token)).await).1, "identity_provider_missing");
}

#[tokio::test]
async fn a_provider_that_could_never_hold_is_refused_and_the_stored_one_stays() {
    let key = Key::ec("a");
    let issuer = Issuer::start(&[&key]).await;
    let client = door(quiet(), "idp-bound-refused", &issuer, json!({})).await;
    let stored = client.get("/api/identity-providers/idp").await.expect(200);
    for (pointer, value, code, field) in [
        ("/host", json!("https://agents.example"), "invalid_host", "spec.host"),
        ("/identityProvider/issuer", json!("id.example"), "invalid_url", "spec.identityProvider.issuer"),
        ("/identityProvider/jwksUri", json!("ftp://id.example"), "invalid_url", "spec.identityProvider.jwksUri"),
        ("/identityProvider/audiences", json!([""]), "invalid_value", "spec.identityProvider.audiences[0]"),
        ("/identityProvider/audiences", json!([1]), "invalid_type", "spec.identityProvider.audiences[0]"),
        ("/userIDClaim", json!(""), "missing_field", "spec.userIDClaim"),
    ] {
        let mut spec = stored["spec"].clone();
        *spec.pointer_mut(pointer).expect("a field of it") = value;
        let answer = client.post("/api/identity-providers", json!({"name": "idp", "spec": spec})).await;
        assert_refused(&answer, 400, code, field);
    }
    for (value, code, field) in [
        (json!(["@example.com"]), "invalid_domain", "spec.allowedDomains[0]"),
        (json!("example.com"), "invalid_type", "spec.allowedDomains"),
    ] {
        let mut spec = stored["spec"].clone();
        spec["allowedDomains"] = value;
        let answer = client.post("/api/identity-providers", json!({"name": "idp", "spec": spec})).await;
        assert_refused(&answer, 400, code, field);
    }
    assert_eq!(client.get("/api/identity-providers/idp").await.expect(200), stored);
}

#[tokio::test]
async fn a_deploy_says_when_tokens_for_others_would_open_it_and_authenticated_access_wants_a_provider() {
    let client = quiet().workspace("idp-bound-warned").await;
    let settings = json!({"issuer": super::issuer::NAME, "jwksUri": "https://id.example/keys", "audiences": []});
    register(&client, "", json!({"identityProvider": settings})).await;
    let source = json!({"agent.py": "def handler(message):\n    return message\n"});
    let deploy = json!({"agent_name": "bot", "source_files": source, "identity_provider": "idp"});
    let warnings = client.deploy(deploy).await.expect(201)["warnings"].to_string();
    assert!(warnings.contains("names no audiences"), "{warnings}");
    register(&client, "https://id.example/keys", json!({})).await;
    guarded(&client, "other").await;

    let mut config = json!({"agent_name": "drafted", "access_mode": "authenticated"});
    for expected in [400, 201] {
        let draft = client.post("/api/deploy-drafts", json!({"agent_config": config})).await.expect(201);
        let answer = client.deploy(json!({"draft_id": draft["id"], "source_files": source})).await;
        if expected == 400 {
            assert_refused(&answer, 400, "missing_field", "identity_provider");
        } else {
            answer.expect(201);
        }
        config["identity_provider"] = json!("idp");
    }
    let path = "/api/v1/agents/drafted/invoke";
    assert_eq!(said(&ask(&client, path, None).await).1, "missing_token");
}
