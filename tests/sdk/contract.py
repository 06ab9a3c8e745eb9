"""The two generations of the runagents SDK behind one face.

1.4.2 speaks /api/v1, a prefix its client adds by itself. 1.3.1 speaks the brief's /api, written out in every path, with
the namespace in a header and in the path of one agent. Calls that an SDK has a method for go through that method.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
import time
from dataclasses import asdict
from typing import Any, Callable

from runagents import Client
from runagents.client import APIError

VERSION = importlib.metadata.version("runagents")
OLDER = VERSION.startswith("1.3.")

# The first deploy that needs an environment waits until it is made, from PyPI.
PATIENCE_SECONDS = float(os.environ.get("RUNAGENTS_TEST_PATIENCE", "300"))


class RecordingClient(Client):
    """The SDK's own client; it keeps the last answer as it came, for what the dataclasses leave out."""

    wire: Any = None

    def _request(self, method: str, path: str, body: dict | None = None) -> Any:
        self.wire = super()._request(method, path, body)
        return self.wire


client = RecordingClient()


def api(path: str) -> str:
    """The path of a resource, as this SDK's generic get, post and delete want it."""
    return f"/api{path}" if OLDER else path


def agent_path(name: str, rest: str = "") -> str:
    """The path of one agent, or of something below it."""
    middle = f"{client.namespace}/{name}" if OLDER else name
    return api(f"/agents/{middle}{rest}")


def get_agent(name: str) -> Any:
    """agents.get, whose older form names the namespace."""
    return client.agents.get(client.namespace, name) if OLDER else client.agents.get(name)


def deploy(name: str, **request: Any) -> dict[str, Any]:
    """agents.deploy: what the SDK made of the answer, and the answer itself."""
    result = client.agents.deploy(name, **request)
    return {"result": asdict(result), "wire": client.wire}


def invoke(name: str, message: str) -> dict[str, Any]:
    """Asks an agent, again while it is being prepared (503), at the pace that the server names."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return client.post(agent_path(name, "/invoke"), {"message": message})
        except APIError as error:
            if error.status != 503 or time.monotonic() > give_up:
                raise
            time.sleep(retry_after(error))


def retry_after(error: APIError) -> float:
    """The seconds that a 503 asks to wait; the SDK keeps its headers only in the error's cause."""
    seconds = error.__cause__.headers["Retry-After"]
    assert seconds is not None, f"a 503 without Retry-After: {error}"
    return min(float(seconds), 5.0)


def refused(call: Callable[[], Any]) -> dict[str, Any]:
    """The status and body of a call that the server has to refuse."""
    try:
        answer = call()
    except APIError as error:
        return {"status": error.status, "body": error.detail}
    raise AssertionError(f"this should have been refused, and was answered with {answer!r}")


def filled(thing: Any, *fields: str) -> dict[str, Any]:
    """The dataclass as a dict, once it is known that none of the named fields came empty."""
    values = asdict(thing)
    empty = [name for name in fields if is_empty(values[name])]
    assert not empty, f"{type(thing).__name__} came with empty {empty}: {values}"
    return values


def is_empty(value: Any) -> bool:
    """Whether nothing is in it, at any depth; 0 and False are something."""
    if isinstance(value, dict):
        return all(is_empty(item) for item in value.values())
    return value is None or value == "" or value == []


def report(observed: dict[str, Any]) -> None:
    """Prints the one JSON object that the test reads."""
    json.dump({"sdk": VERSION, **observed}, sys.stdout, indent=2)
    print()
