"""The report says of each construct whether the graph or Python has decided, on what, and how often."""

from __future__ import annotations

import textwrap
import threading
import time
from typing import Any

import pytest

pytest.importorskip("tensorflow")

import tensorflow as tf

import autograph_hook
from autograph_hook.reporting import journal
from autograph_hook.runtime import collecting as collecting_module
from autograph_hook.runtime import gate, sampling
from tests.reporting.reported import FIRST, Reported, collecting

__all__ = ["collecting"]
X = [1.0, 2.0, 3.0]


def traced(program: Any) -> Any:
    return tf.function(program.step, autograph=False)(tf.constant(X))


def decided(body: str, head: str = "", act: Any = traced) -> list[tuple[Any, ...]]:
    source = f"{head}def step(x, flag=True, n=3):\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n"
    found = Reported(source, act).decisions("step")
    lines = head.count("\n") + 1
    return [(line - lines, *rest) for line, *rest in found if rest[0] != "call"]


def test_what_the_graph_decides_is_staged() -> None:
    assert decided(
        """
        if x[0] > 0:
            x = x + 1
        while x[0] < 100:
            x = x * 2
        y = x[0] > 0 and x[1] > 0
        z = x[0] > 0 or x[1] > 0
        u = not x[0] > 0
        v = x if x[0] > 0 else -x
        w = 0 < x[0] < 200
        assert x[0] > 0
        b = x[0] in x
        return v
        """
    ) == [
        (1, "if", "staged", None), (3, "while", "staged", None), (5, "and", "staged", None), (6, "or", "staged", None),
        (7, "not", "staged", None), (8, "conditional expression", "staged", None), (9, "comparison", "staged", None),
        (9, "and", "staged", None), (10, "assert", "staged", None), (11, "in", "staged", None),
    ]  # fmt: skip


def test_what_python_decides_is_said_with_the_type_and_where_it_is_from() -> None:
    head = "LIMIT = 2\nclass Settings:\n    on = True\ns = Settings()\n"
    assert decided(
        """
        if flag:
            x = x + 1
        if not s.on:
            x = x + 1
        x = x if LIMIT else -x
        m = n + 1
        if m:
            x = x + 1
        while n > 1:
            n -= 1
        assert x is not None
        for i in (1, 2):
            x = x + i
        ys = [x + i for i in range(3)]
        return x
        """,
        head,
    ) == [
        (1, "if", "python", "bool, from the argument flag"),
        (3, "not", "python", "bool, from the attribute s.on"), (3, "if", "python", "bool, from the attribute s.on"),
        (5, "conditional expression", "python", "int, from the outer name LIMIT"),
        (7, "if", "python", "int, from the name m"), (9, "while", "python", "bool, of n > 1"),
        (11, "assert", "python", "bool, of x is not None"), (12, "for", "python", "tuple, of (1, 2)"),
        (14, "comprehension", "python", "range, of range(3)"),
    ]  # fmt: skip


def test_a_number_that_varies_is_said_with_the_type_that_it_has_in_python() -> None:
    def act(program: Any) -> None:
        for n in range(12):
            program.step(tf.constant(X), n)

    found = Reported("def step(x, n):\n    if n % 2 == 0:\n        x = x + 1\n    return pad(x) * n\n", act)
    assert found.functions["step"]["calls_staged"] > 0
    assert found.decisions("step", "if") == [(2, "if", "python", "bool, of n % 2 == 0")]


def test_calls_and_prints_are_said_with_what_they_call() -> None:
    found = Reported(
        """
        import fractions
        def step(x):
            x = pad(tf.tanh(x))
            print(x)
            print("once")
            n = fractions.gcd_of(3) if hasattr(fractions, "gcd_of") else len("ab")
            return x * n
        """,
        traced,
    )
    calls = {
        (s["line"] - FIRST, s["construct"], s["decision"], s["what"], s["value"])
        for s in found.functions["step"]["statements"]
        if s["construct"] in ("call", "print")
    }
    assert {
        (3, "call", "staged", "pad", None), (3, "call", "staged", "tf.tanh", None), (4, "print", "python", None, "builtin"),
        (5, "print", "python", None, "builtin"), (6, "call", "python", "len", "builtin"),
    } <= calls  # fmt: skip


def test_a_decision_is_counted_each_time_that_it_is_made() -> None:
    def act(program: Any) -> None:
        for _ in range(3):
            tf.function(lambda x: program.step(x), autograph=False)(tf.constant(X))

    found = Reported("def step(x):\n    if x[0] > 0:\n        x = x + 1\n    return x\n", act)
    assert [s["count"] for s in found.functions["step"]["statements"] if s["construct"] == "if"] == [3]


def test_a_body_that_is_traced_again_for_what_it_changes_counts_once() -> None:
    source = """
    class Thing:
        pass
    def step(x):
        thing = Thing()
        thing.value = x
        if x[0] > 0:
            for name in ("value",):
                setattr(thing, name, thing.value + 1)
            if x[1] > 0:
                x = x + 1
        return thing.value + x
    """
    statements = Reported(source, traced).functions["step"]["statements"]
    assert [(s["line"] - FIRST, s["count"]) for s in statements if s["construct"] == "if"] == [(6, 1), (9, 1)]


def test_what_was_part_of_a_trace_that_was_given_up_is_not_part_of_a_graph() -> None:
    source = """
    kept = {}
    def inner(x):
        if x is None:
            return x
        return x + 1
    def step(x):
        x = inner(x)
        kept[float(x[0])] = 1
        return x
    """
    found = Reported(source, lambda program: [program.step(tf.constant(X)) for _ in range(4)])
    inner = found.functions["inner"]
    assert inner["status"] == "plain" and "part of graphs" not in str(inner["reason"])
    assert not inner["statements"]
    assert found.described["counts"] == {"staged": 0, "mixed": 0, "plain": 2, "unused": 1}
    assert found.decisions("step")[1][1:3] == ("assignment", "plain")


def test_a_function_that_only_runs_inside_of_others_is_part_of_their_graphs() -> None:
    source = """
    def inner(x):
        return pad(x)
    def step(x):
        return inner(x) + 1
    """
    found = Reported(source, lambda program: [program.step(tf.constant(X)) for _ in range(4)])
    assert found.functions["inner"]["reason"] == "part of graphs: traced once"
    assert found.functions["inner"]["status"] == found.functions["step"]["status"] == "staged"


def test_each_graph_is_said_with_why_it_was_made_and_how_often_it_ran() -> None:
    source = """
    class Settings:
        name = "a"
    s = Settings()
    def step(x):
        x = pad(x)
        if s.name == "a":
            x = x + 1
        return x
    """

    def act(program: Any) -> None:
        for name in "aaaabbb":
            program.s.name = name
            program.step(tf.constant(X))

    step = Reported(source, act).functions["step"]
    assert step["made"] == [
        {"why": "first call", "calls": 3}, {"why": f"s.name was 'a', is 'b' (line {FIRST + 6})", "calls": 3}
    ]  # fmt: skip
    assert step["seconds"]["tracing"] > 0 and step["seconds"]["staged"] > 0


def test_nothing_but_loops_is_noted_where_nobody_has_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "collecting", False)
    found = Reported(
        """
        def step(x):
            if x[0] > 0:
                x = pad(x)
            while x[0] < 10:
                x = x + 1
            return x
        """,
        traced,
    )
    assert found.decisions("step") == [(4, "while", "staged", None)]
    assert found.functions["step"]["seconds"]["plain"] is None


def test_a_report_can_be_asked_for_while_the_program_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    began: list[object] = []
    monkeypatch.setattr(journal, "collecting", False)
    monkeypatch.setattr(gate, "collects", False)
    monkeypatch.setattr(collecting_module.sampling, "begin", began.append)
    assert isinstance(autograph_hook.report(collect=True), autograph_hook.reporting.Report)
    assert journal.collecting and gate.collects and len(began) == 1


def test_the_time_of_a_line_that_runs_plain_is_found_and_that_of_graphs_is_not_counted() -> None:
    stop = threading.Event()
    namespace: dict[str, Any] = {"stop": stop, "time": time}
    source = "def slow():\n    while not stop.is_set():\n        time.sleep(0.001)\n"
    exec(compile(source, "<sampled>", "exec"), namespace)
    looker = sampling.Sampling()
    thread = threading.Thread(target=namespace["slow"])
    thread.start()
    try:
        frame = None
        while frame is None:
            import sys

            frame = sys._current_frames().get(thread.ident or 0)
            if frame is None or frame.f_code.co_filename != "<sampled>":
                frame = None
        found = sampling.where(frame, {"<sampled>"}, ())
        assert found is not None and found.path == "<sampled>" and found.line in (2, 3) and not found.is_twin
        assert sampling.where(frame, {"<other>"}, ()) is None
        assert sampling.where(frame, {"<sampled>"}, ("sampled",)) is None
    finally:
        stop.set()
        thread.join()
    assert not looker.seconds
