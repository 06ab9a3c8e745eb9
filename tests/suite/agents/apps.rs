//! Agents that are servers themselves: started by the plan's own command, asked on their own routes.

use super::{ask, deploy_with, eventually};
use crate::harness::shared;
use serde_json::json;

/// An app with a route of its own for `invoke`, and none at `/`.
const APP: &str = r#"
import os
from fastapi import FastAPI
from pydantic import BaseModel

class Ask(BaseModel):
    message: str

api = FastAPI()

@api.post("/invoke")
def invoke(ask: Ask):
    return {"response": "FastAPI heard: " + ask.message, "agent": os.environ["AGENT_NAME"]}
"#;

#[tokio::test]
async fn a_fastapi_app_is_started_by_uvicorn_and_answers_by_its_own_route() {
    let client = shared().workspace("agents-fastapi").await;
    let deployed =
        deploy_with(&client, "web", APP, json!({"requirements": "fastapi>=0.100\nuvicorn[standard]>=0.20\n"})).await;
    assert_eq!(deployed["execution_mode"], "FAST_OVERLAY", "{deployed}");
    let id = deployed["decision_id"].as_str().expect("an id");
    let plan = client.get(&format!("/api/v1/decisions/{id}")).await.expect(200)["plan"].clone();
    let command = json!(["python", "-m", "uvicorn", "agent:api", "--host", "{host}", "--port", "{port}"]);
    assert_eq!((&plan["run_kind"], &plan["run_object"], &plan["command"]), (&json!("asgi"), &json!("api"), &command));
    assert_eq!((&plan["runtime"], &plan["health_path"]), (&json!("python-langchain"), &json!("/")));

    let answered = eventually("an answer of the app", || async {
        let answer = ask(&client, "web", "hello").await;
        (answer.status != 503).then_some(answer)
    });
    let answered = answered.await;
    assert_eq!(answered.expect(200), json!({"response": "FastAPI heard: hello", "agent": "web"}));
}
