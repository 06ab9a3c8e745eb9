"""A stranger's first hour: the starter kit, the brief's two examples, then two agents that answer.

Needs RUNAGENTS_ENDPOINT and RUNAGENTS_API_KEY, and prints what it saw as one JSON object.
"""

from contract import client, deploy, invoke, report
from samples import BILLING, ECHO_POLICY, GRAPH, HANDLER, PREBUILT, STRIPE_POLICY


def main() -> None:
    observed = {
        "starter_kit": client.seed_starter_kit(),
        "starter_kit_again": client.seed_starter_kit(),
        "tool": client.tools.create("stripe-api", "https://api.stripe.com", description="Payments"),
    }
    client.policies.apply(STRIPE_POLICY)
    client.policies.apply(ECHO_POLICY)

    observed["billing"] = deploy("billing-agent", **BILLING)
    observed["billing_again"] = deploy("billing-agent", **BILLING)
    observed["prebuilt"] = deploy("my-agent", **PREBUILT)
    observed["prebuilt_again"] = deploy("my-agent", **PREBUILT)

    # Both are deployed before either is asked, so that the graph's environment is made meanwhile.
    observed["handler"] = deploy("parrot", **HANDLER)
    observed["graph"] = deploy("shouter", **GRAPH)
    observed["handler_answer"] = invoke("parrot", "hello")
    observed["graph_answer"] = invoke("shouter", "hello")
    report(observed)


if __name__ == "__main__":
    main()
