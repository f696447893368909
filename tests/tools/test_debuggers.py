"""Debuggers stop where they stop without us: on the user's lines, with the user's names."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Project, clean_environment
from tests.tools.programs import QUIET, both, written

pytest.importorskip("tensorflow")


def test_pdb_stops_and_steps_on_the_lines_of_an_enabled_module(project: Project) -> None:
    written(project)
    commands = "b model.py:10\nb model.train\nc\nn\nn\nc\np scale\nn\nn\nn\np y\nw\ns\nclear\ny\nc\nq\n"
    without, with_hook = both(project, "-m", "pdb", "main.py", stdin=commands)
    assert "-> total = tf.reduce_sum(y)" in without
    assert with_hook == without


STOPS = """\
import tensorflow as tf

def own(x, stops):
    for i in range(14):
        x = tf.tanh(x)
        if stops and i == 12:
            breakpoint()
    y = x + 1
    return y

for n in range(6):
    print(round(float(own(tf.constant(1.0), n == 4)), 4))
"""


@pytest.mark.parametrize("hook", [(), ("--debug",)])
def test_breakpoint_stops_in_a_function_that_was_staged_before(project: Project, hook: tuple[str, ...]) -> None:
    project.write("stops.py", STOPS)
    without, with_hook = both(project, "stops.py", stdin="p i, n\nn\nn\nn\np i\nc\n", hook=hook)
    assert "stops.py" in without and "(Pdb) (12, 4)" in without
    assert with_hook == without


IN_A_GRAPH = """\
import pdb
import tensorflow as tf

def helper(x):
    y = x + 1
    pdb.set_trace()
    z = y * 2
    return z

@tf.function
def traced(x):
    for i in tf.range(3):
        x = x + 1.0
    return helper(x)

print("traced", traced(tf.constant(1.0)).numpy())
"""


def test_in_the_users_graphs_a_breakpoint_stops_on_the_users_lines(project: Project) -> None:
    project.write("stops.py", IN_A_GRAPH)
    at_itself = sys.version_info >= (3, 13)  # pdb stops at the line of `set_trace()` first, before at the one after it
    steps = "n\n" * (1 + at_itself)
    done = project.hooked("--debug", "stops.py", stdin=f"{steps}p z\nw\nc\n", env=QUIET)
    lines = [line.removeprefix("(Pdb) ") for line in done.stdout.splitlines()]
    places = [line.rpartition(os.sep)[2] for line in lines if line.startswith("> ")]
    expected = ["stops.py(6)helper()"] * at_itself + ["stops.py(7)helper()", "stops.py(8)helper()"]
    assert places == [*expected, expected[-1]]  # the last one is the stack's
    stack = [line.rpartition(os.sep)[2] for line in lines if "stops.py(" in line and line[0] == " "]
    assert stack[-1] == "stops.py(14)traced()" and "stops.py(16)<module>()" in stack
    assert "<tf.Tensor 'mul:0'" in done.stdout and "traced 10.0" in done.stdout


def test_only_functions_that_hold_a_breakpoint_are_kept_plain() -> None:
    from autograph_hook.runtime.attach import attach
    from autograph_hook.runtime.gate import Gate, gate_of
    from autograph_hook.settings import ModuleOptions
    from autograph_hook.transpiler import transform

    source = """
def a(x): return x + 1
def b(x): breakpoint(); return x
def c(x): return [pdb.set_trace() for _ in x]
def d(x):
    def inner(y): IPython.embed(); return y
    return inner(x)
"""
    names: dict[str, Any] = {}
    exec(attach(transform(source.encode(), "m").payload(), "m", "m", ModuleOptions(debug=True)), names)
    found = {name: gate_of(names[name]) for name in "abcd"}
    assert {name for name, gate in found.items() if isinstance(gate, Gate) and gate.plain} == {"b", "c"}


LINES = """\
import sys
seen = []

def trace(frame, event, argument):
    if frame.f_code.co_filename.endswith("model.py"):
        shown = {k: type(v).__name__ for k, v in frame.f_locals.items()}
        seen.append((frame.f_code.co_name, event, frame.f_lineno, shown))
        return trace

import model
model.train(3)
sys.settrace(trace)
model.train(5)
sys.settrace(None)
model.train(3)
for each in seen: print(each)
"""


def test_a_tracer_sees_each_line_with_its_names(project: Project) -> None:
    written(project, lines=LINES)
    without, with_hook = both(project, "lines.py")
    assert len(without.splitlines()) > 100
    assert with_hook == without


MONITORED = """\
import sys
monitoring, seen = sys.monitoring, []
import model
model.train(3)
monitoring.use_tool_id(3, "test")
monitoring.register_callback(
    3, monitoring.events.LINE, lambda code, line: code.co_filename.endswith("model.py") and seen.append(line) or None
)
monitoring.set_events(3, monitoring.events.LINE)
model.train(5)
monitoring.set_events(3, 0)
print(seen)
"""


@pytest.mark.skipif(sys.version_info < (3, 12), reason="there is no sys.monitoring")
def test_a_tool_of_sys_monitoring_sees_each_line(project: Project) -> None:
    written(project, lines=MONITORED)
    without, with_hook = both(project, "lines.py")
    assert len(without) > 300
    assert with_hook == without


class Client:
    """Speaks the protocol of debug adapters."""

    def __init__(self, port: int, process: subprocess.Popen[str]) -> None:
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
                break
            except ConnectionRefusedError:
                assert process.poll() is None
        self.file = self.socket.makefile("rb")
        self.messages: list[dict[str, Any]] = []
        self.number = 0

    def send(self, command: str, **arguments: Any) -> int:
        self.number += 1
        message = {"seq": self.number, "type": "request", "command": command, "arguments": arguments}
        text = json.dumps(message).encode()
        self.socket.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(text), text))
        return self.number

    def ask(self, command: str, **arguments: Any) -> Any:
        number = self.send(command, **arguments)
        return self._next(lambda message: message.get("request_seq") == number).get("body")

    def event(self, name: str) -> dict[str, Any]:
        return self._next(lambda message: message.get("event") == name)

    def _next(self, is_wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next message of a kind; others wait for who asks for them."""
        for i, message in enumerate(self.messages):
            if is_wanted(message):
                return self.messages.pop(i)
        while not is_wanted(message := self._read()):
            self.messages.append(message)
        return message

    def _read(self) -> dict[str, Any]:
        length = 0
        while True:
            line = self.file.readline()
            assert line, "the debugger has hung up"
            if line.startswith(b"Content-Length:"):
                length = int(line.split(b":")[1])
            elif not line.strip():
                message: dict[str, Any] = json.loads(self.file.read(length))
                return message


def test_debugpy_stops_on_a_line_of_an_enabled_module(project: Project) -> None:
    pytest.importorskip("debugpy")
    written(project)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["debugpy", "--listen", f"127.0.0.1:{port}", "--wait-for-client", "-m", "autograph_hook", "main.py"]
    process = subprocess.Popen(
        [sys.executable, "-X", "frozen_modules=off", "-m", *words], cwd=project.path,
        env=clean_environment(**QUIET, PYDEVD_DISABLE_FILE_VALIDATION="1"), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        client = Client(port, process)
        client.ask("initialize", adapterID="test", clientID="test")
        client.send("attach", justMyCode=False)
        client.event("initialized")
        path = str(project.path / "model.py")
        client.ask("setBreakpoints", source={"path": path}, breakpoints=[{"line": 13, "condition": "scale == 3"}])
        client.ask("configurationDone")
        stops = []
        for _ in range(2):
            thread = client.event("stopped")["body"]["threadId"]
            frames = client.ask("stackTrace", threadId=thread)["stackFrames"]
            scale = client.ask("evaluate", expression="scale, y.shape", frameId=frames[0]["id"])["result"]
            names = [frame["name"] for frame in frames if frame.get("source", {}).get("path") == path]
            stops.append((frames[0]["line"], names, scale))
            client.ask("continue", threadId=thread)
        assert stops == [(13, ["step", "train"], "(3, TensorShape([2]))")] * 2
        client.event("terminated")
        client.send("disconnect", terminateDebuggee=False)
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.wait()
