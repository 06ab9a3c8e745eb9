"""Every SDK call of the deploy story; each dataclass must come back filled, and each refusal as an APIError.

Needs RUNAGENTS_ENDPOINT and RUNAGENTS_API_KEY, and prints what it saw as one JSON object, a key for each noun.
"""

import dataclasses
from typing import Any

from contract import OLDER, agent_path, api, client, deploy, filled, get_agent, refused, report
from samples import BILLING, GRAPH, HANDLER, IDENTITY_PROVIDER, STRIPE_POLICY


def tools() -> dict[str, Any]:
    created = client.tools.create("stripe-api", "https://api.stripe.com", description="Payments")
    client.tools.create("short-lived", "http://127.0.0.1:9", port=9, scheme="HTTP")
    fields = ("name", "base_url", "auth_type", "topology", "access_mode")
    return {
        "created": created,
        "got": filled(client.tools.get("stripe-api"), "description", *fields),
        "listed": [filled(tool, *fields) for tool in client.tools.list()],
        "deleted": client.delete(api("/tools/short-lived")),
        "absent": refused(lambda: client.tools.get("short-lived")),
    }


def models() -> dict[str, Any]:
    fields = ("name", "provider", "models", "status", "endpoint")
    return {"listed": [filled(model, *fields) for model in client.models.list()]}


def policies() -> dict[str, Any]:
    other = {**STRIPE_POLICY, "name": "short-lived-policy"}
    return {
        "created": filled(client.policies.apply(STRIPE_POLICY), "name", "spec"),
        "updated": filled(client.policies.apply(STRIPE_POLICY), "name", "spec"),
        "got": filled(client.policies.get("billing-stripe-policy"), "name", "spec"),
        "other": filled(client.policies.apply(other), "name", "spec"),
        "listed": [filled(policy, "name", "spec") for policy in client.policies.list()],
        "deleted": client.policies.delete("short-lived-policy"),
        "absent": refused(lambda: client.policies.get("short-lived-policy")),
    }


def identity_providers() -> dict[str, Any]:
    other = {**IDENTITY_PROVIDER, "name": "short-lived-sso"}
    return {
        "created": filled(client.identity_providers.apply(IDENTITY_PROVIDER), "name", "spec"),
        "updated": filled(client.identity_providers.apply(IDENTITY_PROVIDER), "name", "spec"),
        "got": filled(client.identity_providers.get("acme-sso"), "name", "spec"),
        "other": filled(client.identity_providers.apply(other), "name", "spec"),
        "listed": [filled(provider, "name", "spec") for provider in client.identity_providers.list()],
        "deleted": client.identity_providers.delete("short-lived-sso"),
        "absent": refused(lambda: client.identity_providers.get("short-lived-sso")),
    }


def agents() -> dict[str, Any]:
    deployed = deploy("billing-agent", identity_provider="acme-sso", **BILLING)
    deploy("short-lived", **HANDLER)
    observed = {
        "deployed": deployed,
        "got": filled(get_agent("billing-agent"), "name", "namespace", "status", "image", "required_tools", "created_at"),
        "listed": [filled(agent, "name", "namespace", "status", "created_at") for agent in client.agents.list()],
        "config": get_config("billing-agent"),
        "config_updated": update_config("billing-agent", system_prompt="Be brief.", policies=[]),
        "config_after": get_config("billing-agent"),
        "deleted": client.delete(agent_path("short-lived")),
        "absent": refused(lambda: get_agent("short-lived")),
        "unknown_tool": refused(lambda: deploy("lost", **{**BILLING, "required_tools": ["stripe-apo"]})),
    }
    return observed


def get_config(name: str) -> dict[str, Any]:
    if OLDER:
        return client.get(agent_path(name, "/config"))
    fields = ("agent_name", "namespace", "image", "runtime", "identity_provider", "llm_configs", "required_tools")
    return filled(client.agents.get_config(name), *fields)


def update_config(name: str, **changes: Any) -> dict[str, Any]:
    if OLDER:
        return client._request("PUT", agent_path(name, "/config"), changes)
    return filled(client.agents.update_config(name, **changes), "agent_name", "system_prompt")


def other_sources() -> dict[str, Any]:
    """A deploy from an artifact and one from a draft, which the SDK can make only by its generic post."""
    artifact = client.post(
        api("/workflow-artifacts"),
        {"source_type": "code", "build_mode": "native", "source_files": HANDLER["source_files"]},
    )
    draft = client.post(
        api("/deploy-drafts"),
        {
            "artifact_id": artifact["id"],
            "source_type": "code",
            "step": "deploy",
            "required_tool_names": ["stripe-api"],
            "policies": ["billing-stripe-policy"],
            "model_mappings": {"chat": {"provider": "openai", "model": "gpt-4o-mini"}},
        },
    )
    return {
        "artifact": artifact,
        "draft": draft,
        "from_artifact": deploy("from-artifact", artifact_id=artifact["id"]),
        "from_draft": deploy("from-draft", draft_id=draft["id"]),
    }


def analysis() -> dict[str, Any]:
    files = {**GRAPH["source_files"], "requirements.txt": GRAPH["requirements"]}
    analyzed = client.analyze(files)
    return {
        "analyzed": dataclasses.asdict(analyzed),
        "got": dataclasses.asdict(type(analyzed).from_dict(client.get(api(f"/analysis/{analyzed.id}")))),
        "absent": refused(lambda: client.get(api("/analysis/analysis-absent"))),
        "requirements": client.post(api("/requirements"), {"files": files}),
    }


def builds() -> dict[str, Any]:
    started = client.post(
        api("/builds"),
        {"name": "standalone", "files": BILLING["source_files"], "requirements": BILLING["requirements"]},
    )
    return {
        "started": started,
        "got": client.get(api(f"/builds/{started['id']}")),
        "absent": refused(lambda: client.get(api("/builds/build-absent"))),
    }


def main() -> None:
    report({
        "starter_kit": client.seed_starter_kit(),
        "tools": tools(),
        "models": models(),
        "policies": policies(),
        "identity_providers": identity_providers(),
        "agents": agents(),
        "other_sources": other_sources(),
        "analysis": analysis(),
        "builds": builds(),
    })


if __name__ == "__main__":
    main()
