//! What models cost: honest zeros against their budgets.

use super::{HANDLER, handler};
use crate::harness::{masked, quiet};
use serde_json::json;

#[tokio::test]
async fn nothing_is_spent_and_budgets_are_summed_over_the_agents_of_the_workspace() {
    let (client, other) = (quiet().workspace("spend").await, quiet().workspace("spend-other").await);
    let path = "/api/v1/model-spend";
    let mut expected = json!({
        "summary": {
            "total_estimated_spend_usd": 0.0, "total_budget_usd": 0.0, "remaining_budget_usd": 0.0,
            "budgeted_model_count": 0, "near_budget_count": 0, "blocked_count": 0, "uncapped_spend_usd": 0.0,
            "period_start": "TIME", "period_end": "TIME",
        },
        "warnings": [], "top_models": [],
    });
    assert_eq!(masked(&client.get(path).await.expect(200)), expected);
    for (agent, budget) in [("a", json!(5)), ("b", json!(2.5)), ("c", json!(null))] {
        let models = json!([{"provider": "openai", "model": "m", "monthly_budget_usd": budget}]);
        client.deploy(handler(agent, json!({"llm_configs": models}))).await.expect(201);
    }
    let models = json!([{"provider": "openai", "model": "m", "monthly_budget_usd": 100}]);
    other.deploy(handler("a", json!({"llm_configs": models}))).await.expect(201);
    let summary = &mut expected["summary"];
    (summary["total_budget_usd"], summary["remaining_budget_usd"]) = (json!(7.5), json!(7.5));
    summary["budgeted_model_count"] = json!(2);
    assert_eq!(masked(&client.get(path).await.expect(200)), expected);
}

#[tokio::test]
async fn a_model_that_may_cost_nothing_is_warned_of() {
    let client = quiet().workspace("spend-nothing").await;
    let models = json!([{"provider": "openai", "model": "m", "role": "chat", "monthly_budget_usd": 0}]);
    let deploy = json!({"agent_name": "a", "source_files": {"agent.py": HANDLER}, "llm_configs": models});
    client.deploy(deploy).await.expect(201);
    let spend = masked(&client.get("/api/model-spend").await.expect(200));
    let expected = json!({
        "agent_name": "a", "agent_namespace": "spend-nothing", "label": "chat: m", "role": "chat", "provider": "openai",
        "model": "m", "monthly_budget_usd": 0.0, "estimated_spend_usd": 0.0, "remaining_budget_usd": 0.0,
        "period_start": "TIME", "period_end": "TIME", "status": "Budget reached",
    });
    assert_eq!((&spend["warnings"], &spend["summary"]["blocked_count"]), (&json!([expected]), &json!(1)));
}

#[tokio::test]
async fn a_budget_that_is_no_amount_is_a_400_that_names_it() {
    let client = quiet().workspace("spend-wrong").await;
    for budget in [json!(-1), json!("5"), json!([5])] {
        let models = json!([{"provider": "openai", "model": "m"}, {"model": "n", "monthly_budget_usd": budget}]);
        let answer = client.deploy(handler("a", json!({"llm_configs": models}))).await.expect(400);
        assert_eq!(
            (&answer["code"], &answer["field"]),
            (&json!("invalid_value"), &json!("llm_configs[1].monthly_budget_usd"))
        );
    }
}
