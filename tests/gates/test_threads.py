"""A thread that builds no graph runs plain, whatever other threads do."""

from __future__ import annotations

import threading
from typing import Any

import pytest

tf = pytest.importorskip("tensorflow")

from autograph_hook.runtime import entry  # noqa: E402
from tests.twins.both import enabled  # noqa: E402

SOURCE = """
    def sign(x, meet=None):
        if meet is not None:
            meet()
        if x > 0:
            return 1
        return -1
"""


def test_an_eager_thread_runs_plain_while_another_traces() -> None:
    entry.start()
    module = enabled(SOURCE)
    tracing, done = threading.Event(), threading.Event()
    found: dict[str, Any] = {}

    def meet() -> None:
        tracing.set()
        assert done.wait(30)

    def trace() -> None:
        found["graph"] = tf.function(lambda x: module.sign(x, meet))(tf.constant(-5))

    thread = threading.Thread(target=trace)
    thread.start()
    assert tracing.wait(30)
    found["eager"] = module.sign(tf.constant(5))
    found["python"] = [module.sign(value) for value in (3, -3)]
    done.set()
    thread.join(30)
    assert type(found["eager"]) is int and found["eager"] == 1
    assert found["python"] == [1, -1]
    assert int(found["graph"]) == -1


def test_many_threads_trace_and_run_at_once() -> None:
    entry.start()
    module = enabled(SOURCE)
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for i in range(8):
                value = i - 4 if i != 4 else 1
                expected = 1 if value > 0 else -1
                if number % 2:
                    assert int(tf.function(module.sign)(tf.constant(value))) == expected
                else:
                    assert module.sign(tf.constant(value)) == expected
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures, failures


def test_a_gate_that_an_eager_thread_came_through_stays_open_for_the_trace() -> None:
    entry.start()
    module = enabled(SOURCE)

    @tf.autograph.experimental.do_not_convert
    def not_enabled(x: Any) -> Any:
        thread = threading.Thread(target=lambda: [module.sign(tf.constant(1)) for _ in range(20)])
        thread.start()
        thread.join(30)
        return module.sign(x)

    assert int(tf.function(not_enabled, autograph=False)(tf.constant(-2))) == -1
