"""Starts an agent inside its sandbox. Runs twice: first to take up its environment, then to serve.

The first run reads START (a JSON file: env, oversized, command, object, object_first) and becomes the agent's own command,
or this file again: the environment travels in a file, since a command line can be read by every user of the machine, and
since variables such as LD_PRELOAD must not reach the programs that build the sandbox.

The second run is `runagents.runtime` with three differences: it serves on the socket that the host bound on loopback and
hands over as standard input (the runtime itself would bind 0.0.0.0), it takes the object that the plan names (of a handler
before the runtime's own search, else where that finds nothing that answers), and it is shown the variables that are too long for the kernel
until it has read them: a program that the agent's code starts could not start with them.
"""

import json
import os
import socket
import sys

START, SERVE = "start", "serve"


def become_the_agent(path):
    with open(path, encoding="utf-8") as file:
        start = json.load(file)
    env = start["env"]
    if start["command"]:
        os.execvpe(start["command"][0], start["command"], env)
    arguments = [sys.executable, "-u", "-B", os.path.abspath(__file__), SERVE, path]
    os.execve(sys.executable, arguments, env)


def take_socket():
    """The listening socket from standard input, which then is /dev/null, so that user code that reads it sees an end."""
    listener = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return listener


def discover(runtime, find, start):
    """The runtime's own search, and the object that the plan names. The runtime has read its variables before."""
    for name in start["oversized"]:
        os.environ.pop(name, None)
    # A folder run names `__main__.py`; as long as this file is `__main__`, the runtime would import it in its place.
    if os.environ.get("USER_ENTRY_POINT") == "__main__.py":
        sys.modules["windlass_launcher"] = sys.modules.pop("__main__")
    find()
    name = start["object"]
    if not name or runtime.USER_HANDLER is not None and not start["object_first"]:
        return
    entry_point = os.environ.get("USER_ENTRY_POINT", "")
    module = sys.modules.get(entry_point.removesuffix(".py").replace("/", "."))
    found = getattr(module, name, None)
    answers = None if found is None else runtime._wrap_framework_object(found, name)
    if answers is None and callable(found):
        answers = found
    if answers is not None:
        runtime.USER_HANDLER = answers


def serve(path):
    with open(path, encoding="utf-8") as file:
        start = json.load(file)
    listener = take_socket()
    # The folder of this file is no place for the agent to import from.
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if path != here]

    from runagents import runtime

    class Server(runtime.HTTPServer):
        def __init__(self, _address, handler):
            super().__init__(listener.getsockname(), handler, bind_and_activate=False)
            self.socket.close()
            self.socket = listener

    find = runtime._discover_user_handler
    runtime.HTTPServer = Server
    runtime._discover_user_handler = lambda: discover(runtime, find, start)
    os.environ.update(start["oversized"])
    runtime.main()


if __name__ == "__main__":
    if sys.argv[1] == START:
        become_the_agent(sys.argv[2])
    else:
        serve(sys.argv[2])
