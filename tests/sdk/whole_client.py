"""Every public method of the SDK's client, found by looking at the client itself; then the catalog's agents, asked.

Needs RUNAGENTS_ENDPOINT and RUNAGENTS_API_KEY, and prints what each method gave as one JSON object: its value, or the status
and body of an APIError. Anything else that a method raises ends the script: the server's answer has broken the client.
"""

from dataclasses import asdict, is_dataclass
from typing import Any, Callable

from contract import OLDER, api, client, get_agent, invoke, report
from runagents.client import APIError
from samples import ECHO_POLICY, HANDLER, IDENTITY_PROVIDER

CONNECTOR = {"name": "hook", "type": "webhook", "endpoint": "https://hook.example", "timeout_seconds": 5}
TOOL_SPEC = {"connection": {"baseUrl": "https://planned.example"}}
PLAN = {
    "plan_id": "plan",
    "actions": [
        {"type": "tool.upsert", "idempotency_key": "tool", "params": {"name": "planned", "spec": TOOL_SPEC}},
        {"type": "deploy_draft.create_or_patch", "idempotency_key": "draft", "params": {"step": "wire"}},
    ],
}
CHAT = {"provider": "openai", "model": "gpt-4o-mini", "role": "chat", "monthly_budget_usd": 5}

# In this order. Methods that one generation lacks are left out under it.
CALLS: dict[str, Callable[[], Any]] = {
    "seed_starter_kit": lambda: client.seed_starter_kit(),
    "analyze": lambda: client.analyze(HANDLER["source_files"]),
    "get": lambda: client.get(api("/settings/auth")),
    "get_with_query": lambda: client.get_with_query(api("/deploy-drafts"), {"mine": 0, "status": "IN_PROGRESS"}),
    "post": lambda: client.post(api("/tools/probe"), {"url": client.endpoint.split("/api")[0] + "/echo"}),
    "put": lambda: client.put(api("/settings/auth"), {"sessionIdleTimeoutMinutes": 60}),
    "patch": lambda: client.patch(api("/deploy-drafts/none"), {"step": "wire"}),
    "delete": lambda: client.delete(api("/auth/api-keys/none")),
    "tools.create": lambda: client.tools.create("made", "https://made.example"),
    "tools.list": lambda: client.tools.list(),
    "tools.get": lambda: client.tools.get("made"),
    "models.list": lambda: client.models.list(),
    "policies.apply": lambda: client.policies.apply(ECHO_POLICY),
    "policies.list": lambda: client.policies.list(),
    "policies.get": lambda: client.policies.get(ECHO_POLICY["name"]),
    "policies.translate": lambda: client.policies.translate("Let nobody delete anything."),
    "policies.delete": lambda: client.policies.delete(ECHO_POLICY["name"]),
    "identity_providers.apply": lambda: client.identity_providers.apply(IDENTITY_PROVIDER),
    "identity_providers.list": lambda: client.identity_providers.list(),
    "identity_providers.get": lambda: client.identity_providers.get(IDENTITY_PROVIDER["name"]),
    "identity_providers.delete": lambda: client.identity_providers.delete(IDENTITY_PROVIDER["name"]),
    "agents.deploy": lambda: client.agents.deploy("parrot", llm_configs=[CHAT], required_tools=["made"], **HANDLER),
    "agents.list": lambda: client.agents.list(),
    "agents.get": lambda: get_agent("parrot"),
    "agents.get_config": lambda: client.agents.get_config("parrot"),
    "agents.update_config": lambda: client.agents.update_config("parrot", system_prompt="Be brief."),
    "model_spend.get": lambda: client.model_spend.get(),
    "catalog.list": lambda: client.catalog.list(categories=["Starters", "Support"], tags=["Handler", "LangGraph"]),
    "catalog.get": lambda: client.catalog.get("text-statistics", version="1.0.0"),
    "catalog.versions": lambda: client.catalog.versions("text-statistics"),
    "catalog.deploy": lambda: client.catalog.deploy("text-statistics"),
    "actions.validate": lambda: client.actions.validate(PLAN),
    "actions.apply": lambda: client.actions.apply(PLAN),
    "runs.list": lambda: client.runs.list(agent="parrot", status="FAILED", user="u", conversation="c"),
    "runs.get": lambda: client.runs.get("none"),
    "runs.events": lambda: client.runs.events("none", limit=5),
    "runs.timeline": lambda: client.runs.timeline("none"),
    "runs.wait": lambda: client.runs.wait("none", timeout_seconds=1),
    "runs.export": lambda: client.runs.export("none"),
    "approvals.list": lambda: client.approvals.list(),
    "approvals.approve": lambda: client.approvals.approve("none", scope="once"),
    "approvals.reject": lambda: client.approvals.reject("none"),
    "approval_connectors.list": lambda: client.approval_connectors.list(),
    "approval_connectors.get": lambda: client.approval_connectors.get("none"),
    "approval_connectors.apply": lambda: client.approval_connectors.apply(CONNECTOR),
    "approval_connectors.delete": lambda: client.approval_connectors.delete("none"),
    "approval_connectors.test": lambda: client.approval_connectors.test("none"),
    "approval_connectors.defaults_get": lambda: client.approval_connectors.defaults_get(),
    "approval_connectors.defaults_set": lambda: client.approval_connectors.defaults_set(timeout_seconds=5),
    "approval_connectors.activity": lambda: client.approval_connectors.activity(),
    "export_context": lambda: client.export_context(),
}

# What each agent of the catalog is asked, and a part of its answer.
QUESTIONS = {
    "text-statistics": ("Two words.", "2 words"),
    "ticket-triage": ("Our site is down", "Urgency high"),
    "model-chat": ("good morning", "good morning"),
    "outline-writer": ("tea", "Write an outline about: tea"),
    "unit-converter": ("5 km in mi", "3.107 mi"),
    "briefing-crew": ("tea", "Write a briefing about tea"),
}


def public_methods() -> set[str]:
    """The names of all methods of the client and of its resources, as one would call them."""
    found = {name for name in dir(client) if is_method(client, name)}
    for noun, resource in vars(client).items():
        if type(resource).__name__.endswith("Resource"):
            found |= {f"{noun}.{name}" for name in dir(resource) if is_method(resource, name)}
    return found


def is_method(owner: Any, name: str) -> bool:
    return not name.startswith("_") and callable(getattr(type(owner), name, None))


def plain(value: Any) -> Any:
    """Dataclasses as dicts, at any depth."""
    if is_dataclass(value):
        return asdict(value)
    return [plain(item) for item in value] if isinstance(value, list) else value


def outcome(call: Callable[[], Any]) -> Any:
    try:
        return plain(call())
    except APIError as error:
        assert isinstance(error.detail, dict) and error.detail["error"], error
        return {"status": error.status, "code": error.detail["code"]}


def catalog_answers() -> dict[str, str]:
    """Deploys every agent of the catalog, then asks each; all are deployed first, so that they start side by side."""
    ids = [item.id for item in client.catalog.list().items]
    assert set(ids) == set(QUESTIONS), ids
    for agent in ids:
        client.catalog.deploy(agent)
    answers = {agent: invoke(agent, question)["response"] for agent, (question, _) in QUESTIONS.items()}
    for agent, (_, part) in QUESTIONS.items():
        assert part in answers[agent], f"{agent}: {answers[agent]}"
    return answers


def main() -> None:
    methods = public_methods()
    missing = methods - CALLS.keys()
    assert not missing, f"the client has methods that are not called here: {sorted(missing)}"
    absent = CALLS.keys() - methods
    assert OLDER or not absent, f"the client has no such methods: {sorted(absent)}"
    calls = {name: outcome(call) for name, call in CALLS.items() if name in methods}
    report({"calls": calls, "catalog": catalog_answers()})


if __name__ == "__main__":
    main()
