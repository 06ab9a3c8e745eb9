//! Imports that a package inside the runtime image cannot satisfy: told once, and no reason to refuse.

use super::with;
use crate::harness::{Client, quiet};
use serde_json::{Value, json};

const REQUIREMENTS: &str = "openai>=2\nlangchain>=1\n";

/// An agent whose code begins so.
fn agent(name: &str, imports: &str) -> Value {
    let source = format!("{imports}\ndef handler(message):\n    return {{\"response\": message}}\n");
    json!({"agent_name": name, "source_files": {"agent.py": source}, "requirements": REQUIREMENTS})
}

/// How a deploy is decided, and its warnings of imports that fail.
async fn decided(client: &Client, request: Value) -> (Value, Vec<String>) {
    let deployed = client.deploy(request).await.expect(201);
    let warnings = deployed["decision"]["warnings"].as_array().expect("a list").iter().filter_map(Value::as_str);
    let told = warnings.filter(|warning| warning.contains("does not have")).map(str::to_owned).collect();
    let decision = &deployed["decision"];
    (json!([deployed["execution_mode"], decision["confidence"]]), told)
}

#[tokio::test]
async fn an_import_that_the_held_version_has_not_is_told_with_its_place_and_that_version() {
    let client = quiet().workspace("imports-missing").await;
    let imports =
        "import openai.error\nfrom langchain.chains import LLMChain\nfrom langchain.agents import create_agent\n";
    let (decision, told) = decided(&client, agent("a", imports)).await;
    assert_eq!(decision, json!(["FAST_OVERLAY", "low"]), "no builder is known to do better");
    let [told] = told.as_slice() else { panic!("one warning: {told:?}") };
    let both = told.contains("openai.error (agent.py:1; not in openai ")
        && told.contains("langchain.chains (agent.py:2; not in langchain ");
    assert!(both && told.contains("`python-langchain`") && !told.contains("langchain.agents"), "{told}");
    let shown = client.post("/api/deploy/preview", agent("a", imports)).await.expect(200);
    assert!(shown["decision"]["warnings"].as_array().expect("a list").contains(&json!(told)), "{shown}");
}

#[tokio::test]
async fn imports_that_are_inside_optional_or_of_another_package_are_not_told() {
    let client = quiet().workspace("imports-present").await;
    for (name, imports) in [
        (
            "inside",
            "import openai.types.chat\nfrom langchain.agents import create_agent\nfrom langgraph.graph import END\n",
        ),
        ("optional", "try:\n    import openai.error\nexcept ImportError:\n    from langchain.chains import LLMChain\n"),
        ("private", "import openai._x.y\nfrom langchain.tests.z import z\n"),
        ("none", ""),
    ] {
        let (decision, told) = decided(&client, agent(name, imports)).await;
        assert_eq!((&decision[0], told), (&json!("FAST_OVERLAY"), Vec::new()), "{name}");
    }
    // A module of the tree comes before the package's.
    let own =
        json!({"source_files": {"agent.py": "import openai.error\n", "openai/__init__.py": "", "openai/error.py": ""}});
    let (_, told) = decided(&client, with(agent("own", ""), own)).await;
    assert_eq!(told, Vec::<String>::new());
}
