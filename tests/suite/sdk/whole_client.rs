//! Every public method of the real SDKs: none breaks on an answer, and what each reads is what is there.

use super::{NEWER, OLDER, seen_by};
use serde_json::{Value, json};

/// The methods that need what is not here, with how they are refused. No other may be refused.
fn refusals() -> Vec<(&'static str, u16, &'static str)> {
    vec![
        ("patch", 404, "not_found"),
        ("delete", 404, "not_found"),
        ("policies.translate", 501, "not_implemented"),
        ("runs.get", 404, "not_found"),
        ("runs.events", 404, "not_found"),
        ("runs.timeline", 404, "not_found"),
        ("runs.wait", 404, "not_found"),
        ("runs.export", 404, "not_found"),
        ("approvals.approve", 404, "not_found"),
        ("approvals.reject", 404, "not_found"),
        ("approval_connectors.get", 404, "not_found"),
        ("approval_connectors.apply", 501, "not_implemented"),
        ("approval_connectors.delete", 404, "not_found"),
        ("approval_connectors.test", 404, "not_found"),
        ("approval_connectors.defaults_set", 501, "not_implemented"),
    ]
}

/// The names in a list of objects.
fn each<'a>(list: &'a Value, field: &str) -> Vec<&'a Value> {
    list.as_array().expect("a list").iter().map(|item| &item[field]).collect()
}

async fn check(sdk: &str) -> Value {
    let seen = seen_by(sdk, "whole_client").await;
    let calls = &seen["calls"];
    let refused: Vec<(&str, &Value)> = calls
        .as_object()
        .expect("an object")
        .iter()
        .filter(|(_, answer)| answer["code"].is_string())
        .map(|(name, answer)| (name.as_str(), answer))
        .collect();
    let mut expected = refusals();
    expected.sort_unstable();
    assert_eq!(refused.len(), expected.len(), "under {sdk}: {refused:?}");
    for ((name, answer), (method, status, code)) in refused.into_iter().zip(expected) {
        assert_eq!((name, answer), (method, &json!({"status": status, "code": code})), "under {sdk}");
    }
    for empty in ["runs.list", "approvals.list", "approval_connectors.list", "approval_connectors.activity"] {
        assert_eq!(calls[empty], json!([]), "{empty} under {sdk}");
    }
    for (method, names) in [
        ("tools.list", vec!["echo-tool", "made"]),
        ("models.list", vec!["playground-llm"]),
        ("policies.list", vec!["echo-read-policy"]),
        ("identity_providers.list", vec!["acme-sso"]),
        ("agents.list", vec!["parrot"]),
    ] {
        assert_eq!(each(&calls[method], "name"), names, "{method} under {sdk}");
    }
    assert_eq!(calls["post"]["reachable"], true, "under {sdk}");
    assert_eq!(each(&calls["catalog.list"]["items"], "id"), ["text-statistics", "ticket-triage"], "under {sdk}");
    let manifest = &calls["catalog.get"];
    assert_eq!((&manifest["id"], &manifest["version"]), (&json!("text-statistics"), &json!("1.0.0")));
    assert!(manifest["deployment_template"]["source_files"]["src/agent.py"].is_string(), "{manifest}");
    assert_eq!(each(&calls["catalog.versions"]["versions"], "version"), ["1.1.0", "1.0.0"]);
    assert_eq!(calls["catalog.deploy"]["agent_name"], "text-statistics");
    let context = &calls["export_context"];
    assert_eq!((&context["errors"], &context["meta"]["agents_count"]), (&json!({}), &json!(2)), "under {sdk}");
    seen
}

#[tokio::test]
async fn no_method_of_the_newer_sdk_breaks_and_the_catalogs_agents_answer() {
    let seen = check(NEWER).await;
    let calls = &seen["calls"];
    assert_eq!(calls["put"]["sessionIdleTimeoutMinutes"], 60);
    assert_eq!(calls["agents.get"]["required_tools"], json!([{"name": "made"}]));
    let config = &calls["agents.update_config"];
    assert_eq!(config["system_prompt"], "Be brief.");
    let usage = json!([{
        "label": "chat: gpt-4o-mini", "role": "chat", "model_provider": "", "provider": "openai", "model": "gpt-4o-mini",
        "monthly_budget_usd": 5.0, "estimated_spend_usd": 0.0, "remaining_budget_usd": 5.0, "period_start": "TIME",
        "period_end": "TIME", "status": "Active",
    }]);
    assert_eq!(config["model_usage"], usage);
    let spend = &calls["model_spend.get"];
    assert_eq!((&spend["summary"]["total_budget_usd"], &spend["warnings"]), (&json!(5.0), &json!([])));
    for (method, flag) in [("actions.validate", "valid"), ("actions.apply", "applied")] {
        let answer = &calls[method];
        assert_eq!((&answer["plan_id"], &answer[flag]), (&json!("plan"), &json!(true)), "{method}");
        assert_eq!(
            each(&answer["results"], "resource_ref"),
            ["/tools/planned", "/deploy-drafts/draft-ID"].map(|path| json!(path)).iter().collect::<Vec<_>>()
        );
    }
    assert_eq!(each(&calls["actions.apply"]["results"], "status"), ["applied", "applied"]);
    assert_eq!(calls["approval_connectors.defaults_get"]["max_timeout_seconds"], 120);
}

#[tokio::test]
async fn no_method_of_the_older_sdk_breaks_and_the_catalogs_agents_answer() {
    let seen = check(OLDER).await;
    assert!(seen["calls"].get("actions.apply").is_none(), "the older generation has no such method");
    assert_eq!(seen["calls"]["analyze"]["entry_point"], "agent.py");
}
