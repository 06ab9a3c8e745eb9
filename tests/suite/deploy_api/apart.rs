//! Two workspaces and many random requests over every route: what one holds, the other's key neither reads nor changes.
//!
//! Each workspace holds a secret, in descriptions, prompts, sources and settings. A key sends requests that name the other's
//! resources, ids and workspace; no answer may carry the other's secret, and what the other has must be the same afterwards.
//! The requests come from a fixed seed, in its order, several at once.

use super::{built, everything, with};
use crate::harness::{Client, quiet};
use futures_util::StreamExt as _;
use futures_util::stream;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// How many requests each key sends.
const REQUESTS: usize = 5_000;
/// How many of them are under way at once.
const AT_ONCE: usize = 16;

/// Every route of a workspace: `{name}` stands for a name, `{id}` for an id.
const ROUTES: [&str; 62] = [
    "POST deploy",
    "POST deploy/preview",
    "POST builds",
    "GET builds/{id}",
    "GET decisions/{id}",
    "GET agents",
    "GET agents/{name}",
    "DELETE agents/{name}",
    "GET agents/{name}/config",
    "PUT agents/{name}/config",
    "GET agents/{name}/revisions",
    "GET agents/{name}/revisions/1",
    "POST agents/{name}/rollback",
    "GET agents/{name}/logs",
    "POST agents/{name}/invoke",
    "POST analyze",
    "GET analysis/{id}",
    "POST requirements",
    "GET tools",
    "POST tools",
    "GET tools/{name}",
    "DELETE tools/{name}",
    "POST tools/{name}/test",
    "GET model-providers",
    "POST model-providers",
    "GET model-providers/{name}",
    "DELETE model-providers/{name}",
    "GET policies",
    "POST policies",
    "GET policies/{name}",
    "PUT policies/{name}",
    "DELETE policies/{name}",
    "POST policies/translate",
    "GET identity-providers",
    "POST identity-providers",
    "GET identity-providers/{name}",
    "DELETE identity-providers/{name}",
    "GET deploy-drafts?mine=0",
    "POST deploy-drafts",
    "GET deploy-drafts/{id}",
    "PATCH deploy-drafts/{id}",
    "DELETE deploy-drafts/{id}",
    "POST deploy-drafts/{id}/complete",
    "POST deploy-drafts/{id}/abandon",
    "POST workflow-artifacts",
    "POST starter-kit",
    "GET auth/api-keys",
    "DELETE auth/api-keys/{id}",
    "POST auth/api-keys/{id}/rotate",
    "GET settings/auth",
    "PUT settings/auth",
    "GET model-spend",
    "GET context/export",
    "POST actions/validate",
    "POST actions/apply",
    "GET catalog",
    "GET runs",
    "GET runs/{id}",
    "GET approvals/requests",
    "GET approval-connectors",
    "GET agents/{ws}/{name}",
    "DELETE agents/{ws}/{name}",
];

/// A workspace with one of everything.
struct Side {
    workspace: &'static str,
    client: Client,
    secret: String,
    names: Vec<String>,
    ids: Vec<String>,
}

/// Fills a workspace; every name and id differs from the other's, and none holds the secret.
async fn side(workspace: &'static str) -> Side {
    let client = quiet().workspace(workspace).await;
    let secret = format!("what-only-{workspace}-knows");
    let name = |kind: &str| format!("{kind}-of-{workspace}");
    let tool = json!({"name": name("tool"), "base_url": "http://127.0.0.1:9", "description": secret});
    client.post("/api/tools", tool).await.expect(201);
    let spec = json!({"provider": "openai", "endpoint": "https://a.example", "models": [secret]});
    client.post("/api/model-providers", json!({"name": name("provider"), "spec": spec})).await.expect(201);
    let rule = json!({"permission": "allow", "operations": ["GET"], "resource": secret});
    client.post("/api/policies", json!({"name": name("policy"), "spec": {"policies": [rule]}})).await.expect(201);
    let provider = json!({"issuer": "https://id.example", "jwksUri": "https://id.example/keys"});
    let spec = json!({"host": secret, "identityProvider": provider, "userIDClaim": "email"});
    client.post("/api/identity-providers", json!({"name": name("identity"), "spec": spec})).await.expect(201);

    let source = json!({"agent.py": format!("\"\"\"{secret}\"\"\"\ndef handler(message):\n    return message\n")});
    let agent = json!({"system_prompt": secret, "source_files": source, "required_tools": [name("tool")], "policies": [name("policy")]});
    let deployed = client.deploy(built(&name("agent"), agent.clone())).await.expect(201);
    let preview = client.post("/api/deploy/preview", built(&name("agent"), agent)).await.expect(200);
    let analysis = client.post("/api/analyze", json!({"files": source})).await.expect(201);
    let artifact = client.post("/api/workflow-artifacts", json!({"source_files": source})).await.expect(201);
    let draft = json!({"step": secret, "artifact_id": artifact["id"], "agent_config": {"system_prompt": secret}});
    let draft = client.post("/api/deploy-drafts", draft).await.expect(201);
    let key = client.post("/api/auth/api-keys", json!({"name": secret})).await.expect(201);

    let kinds = ["tool", "provider", "policy", "identity", "agent"];
    let ids = [
        &deployed["build_id"],
        &deployed["decision_id"],
        &preview["decision_id"],
        &analysis["id"],
        &artifact["id"],
        &draft["id"],
        &key["key"]["id"],
    ];
    let text = |id: &Value| id.as_str().expect("an id").to_owned();
    Side { workspace, client, secret, names: kinds.map(name).to_vec(), ids: ids.map(text).to_vec() }
}

/// Marsaglia's xorshift: the same numbers in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound).expect("small")).expect("small")
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// A body that names what is the other's, wherever a request can name something.
fn body(random: &mut Random, other: &Side) -> Value {
    let (name, id) = (random.pick(&other.names).clone(), random.pick(&other.ids).clone());
    let source = json!({"agent.py": "def handler(message):\n    return message\n"});
    let deploy = |more: Value| with(json!({"agent_name": "mine", "source_files": source}), more);
    let draft =
        json!({"type": "deploy_draft.create_or_patch", "idempotency_key": id, "params": {"id": id, "step": "x"}});
    let execute =
        json!({"type": "deploy.execute", "idempotency_key": name, "params": {"agent_name": name, "draft_id": id}});
    let bodies = [
        json!({}),
        json!({"agent_name": name, "draft_id": id}),
        json!({"agent_name": name, "artifact_id": id}),
        deploy(json!({"required_tools": [name], "policies": [name]})),
        deploy(json!({"identity_provider": name, "llm_configs": [{"provider": name, "model": "m"}]})),
        deploy(json!({"decision_id": id})),
        deploy(json!({"namespace": other.workspace})),
        json!({"name": name, "base_url": "http://127.0.0.1:9", "files": source, "source_files": source}),
        json!({"name": name, "spec": {"policies": []}}),
        json!({"artifact_id": id, "status": "ABANDONED", "step": "x", "expected_version": 1}),
        json!({"system_prompt": "x", "required_tools": [name], "revision": 1, "message": "hello"}),
        json!({"sessionIdleTimeoutMinutes": 77, "expiresInDays": 1, "text": "x", "url": "http://127.0.0.1:9"}),
        json!({"continue_on_error": true, "actions": [draft, execute]}),
    ];
    random.pick(&bodies).clone()
}

/// One random request with the key of `own`, and how a failure tells of it.
fn request(random: &mut Random, own: &Side, other: &Side) -> (String, RequestBuilder) {
    let (method, route) = random.pick(&ROUTES).split_once(' ').expect("a method and a path");
    let names = if random.below(4) == 0 { &own.names } else { &other.names };
    let ids = if random.below(4) == 0 { &own.ids } else { &other.ids };
    let workspace = if random.below(3) == 0 { own.workspace } else { other.workspace };
    let (name, id): (&String, &String) = (random.pick(names), random.pick(ids));
    let path = route.replace("{ws}", workspace).replace("{name}", name).replace("{id}", id);
    let prefixes = ["/api".to_owned(), "/api/v1".to_owned(), format!("/api/v1/workspaces/{workspace}")];
    let path = format!("{}/{path}", random.pick(&prefixes));
    let method: Method = method.parse().expect("a method");
    let mut request = own.client.request(method.clone(), &path);
    let mut sent = format!("{method} {path}");
    if random.below(5) == 0 {
        request = request.header("X-Workspace-Namespace", other.workspace);
        sent.push_str(" with the other's workspace in the header");
    }
    if method != Method::GET && method != Method::DELETE {
        let body = body(random, other);
        sent = format!("{sent} {body}");
        request = request.json(&body);
    }
    (sent, request)
}

/// Sends it; no answer may hold the other's secret.
async fn send(own: &Side, other: &Side, number: usize, (sent, request): (String, RequestBuilder)) {
    let answer = own.client.send(request).await;
    assert!(answer.status < 600 && answer.status != 500, "{sent}: {answer:?}");
    let text = String::from_utf8_lossy(&answer.bytes);
    assert!(!text.contains(&other.secret), "request {number} read the other's secret: {sent}\n{text}");
}

/// What must be the same afterwards.
async fn snapshot(side: &Side) -> Value {
    let mut all = everything(&side.client).await;
    all["settings"] = side.client.get("/api/settings/auth").await.expect(200);
    all
}

#[tokio::test]
async fn no_key_reads_or_changes_what_another_workspace_holds() {
    let sides = [side("apart-one").await, side("apart-two").await];
    let mut random = Random(0x5eed_0001_1234_5678);
    for (own, other) in [(&sides[0], &sides[1]), (&sides[1], &sides[0])] {
        let before = snapshot(other).await;
        assert!(before.to_string().contains(&other.secret), "the secret is there to be found");
        let requests = stream::iter(0..REQUESTS).map(|number| (number, request(&mut random, own, other)));
        let sent = requests.map(|(number, request)| send(own, other, number, request));
        sent.buffer_unordered(AT_ONCE).for_each(|()| async {}).await;
        assert_eq!(snapshot(other).await, before, "what the other has was changed");
    }
}

#[tokio::test]
async fn whoever_has_no_key_is_told_so_by_every_route() {
    let nobody = Client::new(&quiet().url(), "");
    for route in ROUTES {
        let (method, path) = route.split_once(' ').expect("a method and a path");
        let path = path.replace("{ws}", "default").replace("{name}", "x").replace("{id}", "x");
        for prefix in ["/api", "/api/v1", "/api/v1/workspaces/default"] {
            let path = format!("{prefix}/{path}");
            let request = nobody.request(method.parse().expect("a method"), &path).json(&json!({}));
            let answer = nobody.send(request).await;
            assert_eq!((answer.status, &answer.body["code"]), (401, &json!("missing_key")), "{route} at {path}");
        }
    }
}
