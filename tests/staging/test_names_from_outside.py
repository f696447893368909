"""What a function only mentions keeps nothing from being a graph: a logger, a queue, an open file in a branch."""

from __future__ import annotations

from typing import Any

import pytest
import tensorflow as tf

from tests.staging.programs import Program

LOGGED = """
import collections, io, logging

log = logging.getLogger("mentioned")
kept = collections.deque(maxlen=3)
file = io.StringIO()
calls = 0

def step(x):
    if calls and calls % 4 == 0:
        {statement}
    return pad(x)

def maker():
    held = {name}
    def inner(x):
        if calls and calls % 4 == 0:
            {inner}
        return pad(x) * 2
    return inner

inner = maker()
"""

USES = {
    "a logger": ("log", 'log.warning("now")'),
    "a queue": ("kept", "kept.append(1)"),
    "a file": ("file", 'file.write("now")'),
}


def program(what: str) -> Program:
    name, statement = USES[what]
    inner = statement.replace(name, "held", 1)
    return Program(LOGGED.format(name=name, statement=statement, inner=inner))


def act(i: int) -> Any:
    def both(module: Any) -> Any:
        module.calls = i
        found = module.step(tf.ones([2]) * i), module.inner(tf.ones([3]))
        return found, list(module.kept), module.file.getvalue()

    return both


@pytest.mark.parametrize("what", USES)
def test_a_call_that_does_not_come_to_it_is_a_graph(what: str) -> None:
    tried = program(what)
    for i in range(1, 12):
        tried.both(act(i))
    for name in ("step", "maker.<locals>.inner"):
        tried.assert_staged(name)
        assert tried.staging(name).calls_plain <= 3, "the first call, and those that come to it"


def test_calls_that_come_to_a_logger_log_as_the_plain_run_does(caplog: Any) -> None:
    tried = program("a logger")
    for i in range(1, 9):
        tried.both(act(i))
    assert [record.funcName for record in caplog.records if record.name == "mentioned"] == [
        "step", "inner", "step", "inner"] * 2  # fmt: skip


def test_the_text_of_a_logger_is_its_present_one() -> None:
    tried = Program("""
        import logging
        log = logging.getLogger("told")

        def step(x):
            return pad(x), f"{log}", "%s" % log
    """)
    for level in (10, 20, 10, 30, 40):
        tried.both(lambda module, level=level: (module.log.setLevel(level), module.step(tf.ones([2])))[1])
