"""The agents and policies that the scripts deploy; the two examples are the brief's own, word for word."""

BILLING = {
    "source_files": {"agent.py": 'print("hello")'},
    "required_tools": ["stripe-api"],
    "llm_configs": [{"provider": "openai", "model": "gpt-4o-mini", "role": "chat"}],
    "policies": ["billing-stripe-policy"],
    "entry_point": "agent.py",
    "requirements": "runagents>=0.2.0\n",
}

PREBUILT = {
    "image": "ghcr.io/acme/my-agent:1.2.0",
    "required_tools": ["echo-tool"],
    "policies": ["echo-read-policy"],
    "llm_configs": [{"provider": "openai", "model": "gpt-4o-mini"}],
}

HANDLER = {
    "source_files": {
        "agent.py": 'def handler(message):\n    return {"response": f"You said: {message}"}\n',
    },
    "entry_point": "agent.py",
}

GRAPH = {
    "source_files": {
        "agent.py": """\
from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph


def shout(state: MessagesState) -> dict:
    return {"messages": [AIMessage(content=state["messages"][-1].content.upper())]}


builder = StateGraph(MessagesState)
builder.add_node("shout", shout)
builder.add_edge(START, "shout")
builder.add_edge("shout", END)
graph = builder.compile()
""",
    },
    "requirements": "langgraph\n",
    "entry_point": "agent.py",
}

STRIPE_POLICY = {
    "name": "billing-stripe-policy",
    "spec": {
        "policies": [
            {"permission": "allow", "operations": ["GET", "POST"], "resource": "https://api.stripe.com/*"},
        ],
    },
}

ECHO_POLICY = {
    "name": "echo-read-policy",
    "spec": {"policies": [{"permission": "allow", "operations": ["GET"], "resource": "*/echo/*"}]},
}

IDENTITY_PROVIDER = {
    "name": "acme-sso",
    "spec": {
        "host": "agents.acme.example",
        "identityProvider": {
            "issuer": "https://sso.acme.example",
            "jwksUri": "https://sso.acme.example/jwks.json",
            "audiences": ["agents"],
        },
        "userIDClaim": "email",
        "allowedDomains": ["acme.example"],
    },
}
