//! The catalog: listed, filtered, read by version, and each of its agents deployed.

use crate::harness::{Client, Server, Settings, assert_refused, masked, quiet, root};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

const CATALOG: &str = "/api/v1/catalog";

/// The ids of a list, and how many there are in all.
async fn found(client: &Client, query: &str) -> (Vec<String>, u64) {
    let list = client.get(&format!("{CATALOG}{query}")).await.expect(200);
    let items = list["items"].as_array().expect("a list").iter();
    (
        items.map(|item| item["id"].as_str().expect("an id").to_owned()).collect(),
        list["total"].as_u64().expect("a number"),
    )
}

#[tokio::test]
async fn the_agents_inside_the_program_are_listed_in_the_contracts_shape() {
    let client = quiet().workspace("catalog-list").await;
    for prefix in ["/api", "/api/v1", "/api/v1/workspaces/catalog-list"] {
        let mut list = masked(&client.get(&format!("{prefix}/catalog")).await.expect(200));
        let items = list.as_object_mut().expect("an object").remove("items").expect("the agents");
        let all = items.as_array().expect("a list");
        assert_eq!(list, json!({"generated_at": "TIME", "total": all.len(), "page": 1, "page_size": 24}));
        let text = all.iter().find(|item| item["id"] == "text-statistics").expect("it is there");
        let expected = json!({
            "id": "text-statistics", "name": "Text Statistics",
            "summary": "Says how long a text is and how long it takes to read.", "category": "Starters",
            "tags": ["Handler", "Text"], "latest_version": "1.1.0", "required_integrations": [],
            "governance_traits": ["no-model", "no-network"], "complexity": "low",
        });
        assert_eq!(*text, expected);
    }
}

#[tokio::test]
async fn filters_come_by_comma_or_by_repetition_and_pages_by_number() {
    let client = quiet().workspace("catalog-filter").await;
    let (all, total) = found(&client, "").await;
    assert_eq!(all.len() as u64, total);
    for (query, expected) in [
        ("?tag=LangGraph,FastAPI", vec!["ticket-triage", "unit-converter"]),
        ("?tag=langgraph&tag=fastapi", vec!["ticket-triage", "unit-converter"]),
        ("?category=Support", vec!["ticket-triage"]),
        ("?category=Support&tag=FastAPI", vec![]),
        ("?governance=deterministic", vec!["ticket-triage"]),
        ("?integration=email", vec![]),
        ("?search=LENGTHS%20web", vec!["unit-converter"]),
        ("?search=nothing-has-this", vec![]),
    ] {
        assert_eq!(found(&client, query).await.0, expected, "{query}");
    }
    let mut paged = Vec::new();
    for page in 1..=total {
        paged.extend(found(&client, &format!("?page={page}&page_size=1")).await.0);
    }
    assert_eq!(paged, all);
    assert_eq!(found(&client, &format!("?page={}&page_size=1", total + 1)).await, (vec![], total));
    for (query, field) in
        [("?page=0", "page"), ("?page=x", "page"), ("?page_size=0", "page_size"), ("?page_size=101", "page_size")]
    {
        assert_refused(&client.get(&format!("{CATALOG}{query}")).await, 400, "invalid_value", field);
    }
}

#[tokio::test]
async fn a_manifest_carries_its_source_and_each_version_its_own() {
    let client = quiet().workspace("catalog-manifest").await;
    let path = format!("{CATALOG}/text-statistics");
    let latest = client.get(&path).await.expect(200);
    let file = |folder: &str| {
        fs::read_to_string(root().join("host/catalog/text-statistics").join(folder).join("agent.py")).expect("a file")
    };
    assert_eq!((&latest["id"], &latest["version"]), (&json!("text-statistics"), &json!("1.1.0")));
    assert_eq!(latest["deploymentTemplate"]["sourceFiles"], json!({"src/agent.py": file("src")}));
    assert_eq!(client.get(&format!("{path}?version=")).await.expect(200), latest);
    assert_eq!(client.get(&format!("{path}?version=1.1.0")).await.expect(200), latest);
    let first = client.get(&format!("{path}?version=1.0.0")).await.expect(200);
    assert_eq!(first["deploymentTemplate"]["sourceFiles"], json!({"src/agent.py": file("versions/1.0.0/src")}));

    let versions = client.get(&format!("{path}/versions")).await.expect(200);
    let expected = json!({"agent_id": "text-statistics", "versions": [
        {
            "version": "1.1.0", "published_at": "2026-11-27T00:00:00Z", "changelog": "Says how long the text takes to read.",
            "summary": "Says how long a text is and how long it takes to read.",
        },
        {
            "version": "1.0.0", "published_at": "2026-11-26T00:00:00Z", "changelog": "First version.",
            "summary": "Says how long a text is.",
        },
    ]});
    assert_eq!(versions, expected);
}

#[tokio::test]
async fn what_is_not_in_the_catalog_is_a_404_and_what_is_no_path_of_it_a_400() {
    let client = quiet().workspace("catalog-absent").await;
    for path in [
        "/none",
        "/none/versions",
        "/none?version=1.0.0",
        "/text-statistics?version=9.9.9",
        "/text-statistics?version=latest",
    ] {
        let answer = client.get(&format!("{CATALOG}{path}")).await;
        assert_refused(&answer, 404, "not_found", "");
        assert_eq!(answer.body["error"], "catalog entry not found", "{path}");
    }
    for path in
        ["/", "/Not%20An%20Id", "/..%2Fetc", "/text-statistics/manifest.json", "/text-statistics/versions/1.0.0"]
    {
        let answer = client.get(&format!("{CATALOG}{path}")).await;
        assert_refused(&answer, 400, "invalid_path", "id");
        assert_eq!(answer.body["error"], "invalid catalog path", "{path}");
    }
    let nobody = Client::new(&quiet().url(), "");
    for path in ["", "/text-statistics", "/text-statistics/versions", "/"] {
        assert_eq!(nobody.get(&format!("{CATALOG}{path}")).await.expect(401)["code"], "missing_key");
    }
}

/// Writes a catalog of one agent into `folder`.
fn write_catalog(folder: &Path, manifest: &Value) {
    let agent = folder.join("mine");
    fs::create_dir_all(agent.join("src/prompts")).expect("writable");
    fs::write(agent.join("manifest.json"), manifest.to_string()).expect("writable");
    fs::write(agent.join("README.md"), "# Mine\n").expect("writable");
    fs::write(agent.join("picture.png"), [0xff, 0xd8]).expect("writable");
    fs::write(agent.join("src/agent.py"), "def handler(message):\n    return message\n").expect("writable");
    fs::write(agent.join("src/prompts/first.txt"), "Hello").expect("writable");
}

fn mine() -> Value {
    json!({
        "id": "my-agent", "version": "2.0.0", "name": "Mine", "summary": "Says it again", "extra": {"kept": true},
        "description": null, "publishedAt": "2026-05-01T00:00:00Z",
    })
}

#[tokio::test]
async fn a_folder_of_ones_own_takes_the_place_of_the_catalog_and_is_deployed_from() {
    let folder = tempfile::tempdir().expect("a folder");
    write_catalog(folder.path(), &mine());
    let setting = ("WINDLASS_CATALOG_DIR".to_owned(), folder.path().display().to_string());
    let server = Server::start(Settings { environment: vec![setting], ..Settings::without_agents() }).await;
    let client = server.client();
    assert_eq!(found(&client, "").await, (vec!["my-agent".to_owned()], 1));
    let manifest = client.get(&format!("{CATALOG}/my-agent")).await.expect(200);
    let template = json!({"sourceFiles": {
        "src/agent.py": "def handler(message):\n    return message\n", "src/prompts/first.txt": "Hello",
    }});
    assert_eq!((&manifest["deploymentTemplate"], &manifest["extra"]), (&template, &json!({"kept": true})));
    assert!(manifest.get("description").is_none(), "null is nothing");
    let deploy = json!({"agent_name": "a", "source_files": manifest["deploymentTemplate"]["sourceFiles"]});
    assert_eq!(client.deploy(deploy).await.expect(201)["execution_mode"], "INSTANT_RUNTIME");
}

#[tokio::test]
async fn a_catalog_that_cannot_be_used_is_refused_at_the_start_by_its_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wrong = mine();
    wrong["version"] = json!("two");
    write_catalog(folder.path(), &wrong);
    // A setting that cannot be is a 2, as every one is; what is found only on reading is a 1.
    for (given, code, said) in
        [(folder.path().to_owned(), 1, "mine/manifest.json"), (folder.path().join("none"), 2, "--catalog-dir")]
    {
        let data = tempfile::tempdir().expect("a folder");
        let mut serve = Command::new(crate::harness::release().join("windlass"));
        serve.args(["serve", "--no-agents", "--listen", "127.0.0.1:0", "--data-dir"]).arg(data.path());
        let refused = serve.arg("--catalog-dir").arg(&given).output().expect("it runs");
        let text = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(code), "{text}");
        assert!(text.contains(said) && text.contains(&given.display().to_string()), "{text}");
    }
}
