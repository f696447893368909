"""Threads that call at once: each result is one that some order of the calls gives."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import types
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from autograph_hook.runtime import gate
from tests.staging.programs import Program

X = tf.constant([1.0, 2.0, 3.0])


@pytest.fixture(autouse=True)
def threads_change_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


class Meeting:
    """A function that is known to be safe in a trace, and during which something else happens."""

    def __init__(self, name: str) -> None:
        self.module = types.ModuleType(name)
        self.module.__dict__["act"] = lambda: None

        def meet() -> None:
            self.module.__dict__["act"]()

        meet.__module__ = name
        self.module.__dict__["meet"] = meet
        sys.modules[name] = self.module


@pytest.fixture
def meeting() -> Iterator[Meeting]:
    made = Meeting("module_of_a_meeting")
    yield made
    del sys.modules["module_of_a_meeting"]


TRACED = """
    import module_of_a_meeting as other
    class State:
        def __init__(self):
            self.last = tf.constant([0.0])
            self.n = 0
    state = State()
    def f(x):
        state.n += 1
        state.last = pad(x)
        other.meet()
        return state.last + 1.0
    def look():
        return state.n, state.last
"""


def test_a_thread_that_comes_to_the_program_while_it_is_traced_sees_nothing_of_that(meeting: Meeting) -> None:
    program = Program(TRACED, trace_safe=("module_of_a_meeting",))
    seen: list[Any] = []
    others: list[threading.Thread] = []

    def act() -> None:
        if tf.executing_eagerly():
            return
        others.append(threading.Thread(target=lambda: seen.append(program.hooked.look())))
        others[-1].start()
        others[-1].join(0.1)

    meeting.module.__dict__["act"] = act
    for _ in range(3):
        program.hooked.f(X)
    for thread in others:
        thread.join(30)
    assert seen and program.staging("f").calls_staged, program.staging("f").reason
    assert all(type(last) is type(X) and n in (1, 2, 3) for n, last in seen), seen


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_process_that_is_forked_while_it_is_traced_sees_nothing_of_that(meeting: Meeting) -> None:
    program = Program(TRACED, trace_safe=("module_of_a_meeting",))
    reader, writer = os.pipe()
    others: list[threading.Thread] = []

    def fork() -> None:
        child = os.fork()
        if child == 0:
            # What the child must not do is to use TensorFlow, whose own threads are gone.
            good = type(program.hooked.state.last) is type(X) and not gate._building and gate._lock.acquire(timeout=1)
            os.write(writer, b"good" if good else b"bad!")
            os._exit(0)
        os.waitpid(child, 0)

    def act() -> None:
        if not tf.executing_eagerly():
            others.append(threading.Thread(target=fork))
            others[-1].start()
            others[-1].join(0.1)

    meeting.module.__dict__["act"] = act
    for _ in range(3):
        program.hooked.f(X)
    for thread in others:
        thread.join(30)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        assert file.read() == b"good" * len(others) and others


def in_threads(count: int, work: Callable[[int], Any]) -> list[Any]:
    """What `work` returns in so many threads that begin at once."""
    together = threading.Barrier(count)

    def begun(number: int) -> Any:
        together.wait(60)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begun, range(count)))


def test_first_calls_at_once_with_different_signatures() -> None:
    program = Program("def f(x, k, names=()):\n    for name in names: k = k + 1\n    return pad(x) * k, len(names)")
    kinds: list[Any] = [
        (tf.ones([2]), 2.0), (tf.ones([3]), 2.0), (tf.ones([2, 2]), 3.0), (tf.ones([2], tf.float64), 2.0),
        (tf.constant(1.5), 4.0), (tf.ones([2]), 2.0, ("a", "b")), (tf.ones([2]), -1.0), (tf.zeros([0]), 1.0),
    ]  # fmt: skip
    expected = [program.plain.f(*given) for given in kinds]

    def work(number: int) -> list[bool]:
        right = []
        for i in range(10):
            kind = (number + i) % len(kinds)
            result, length = program.hooked.f(*kinds[kind])
            wanted = expected[kind]
            right.append(result.dtype == wanted[0].dtype and np.array_equal(result, wanted[0]) and length == wanted[1])
        return right

    assert all(map(all, in_threads(8, work)))
    assert program.staging("f").calls_staged


def test_each_result_is_of_one_state_while_another_thread_changes_it() -> None:
    """Of two states that differ in two parts, changed as one, no call finds a part of each."""
    program = Program("""
        class Settings:
            def __init__(self, scale, shift): self.scale, self.shift = scale, shift
        settings = Settings(1.0, 10.0)
        def f(x):
            now = settings
            return pad(x) * now.scale + now.shift
    """)
    module = program.hooked
    states = [module.Settings(float(i), 10.0 * i) for i in range(1, 4)]
    allowed = [(X * state.scale + state.shift).numpy().tobytes() for state in states]
    stop = threading.Event()

    def change() -> None:
        while not stop.is_set():
            for state in states:
                module.settings = state

    other = threading.Thread(target=change)
    other.start()
    try:
        results = in_threads(4, lambda number: [module.f(X).numpy().tobytes() for _ in range(40)])
    finally:
        stop.set()
        other.join()
    assert {result for each in results for result in each} <= set(allowed)


def test_changes_made_by_many_threads_are_all_made() -> None:
    program = Program("log = []\ndef f(x, k):\n    y = pad(x) * k\n    log.append(y)\n    return y")
    in_threads(4, lambda number: [program.hooked.f(X, float(number + 1)) for _ in range(25)])
    found = sorted(float(value[0]) for value in program.hooked.log)
    assert found == sorted(float(number + 1) for number in range(4) for _ in range(25))


def test_a_variable_is_assigned_once_for_each_call_of_each_thread() -> None:
    program = Program("v = tf.Variable(0.0)\ndef f(x):\n    v.assign_add(1.0)\n    return pad(x)")
    in_threads(4, lambda number: [program.hooked.f(X) for _ in range(25)])
    assert float(program.hooked.v) == 100.0


def test_a_thread_that_traces_its_own_graph_meets_none_of_another_ones() -> None:
    program = Program("n = 0\ndef f(x):\n    global n\n    n += 1\n    if tf.reduce_sum(x) > 0: x = -x\n    return pad(x)")

    def work(number: int) -> bool:
        graph = tf.function(lambda x: program.hooked.f(x), autograph=False)
        calls = [graph if (number + i) % 2 else program.hooked.f for i in range(6)]
        return all(np.array_equal(call(X * (i + 1)), -X * (i + 1)) for i, call in enumerate(calls))

    assert all(in_threads(4, work))


def test_tasks_of_asyncio_call_staged_functions() -> None:
    program = Program("""
        import asyncio
        total = tf.Variable(0.0)
        def f(x, k):
            total.assign_add(k)
            return pad(x) * k
        async def task(x, k):
            found = []
            for _ in range(4):
                found.append(f(x, k))
                await asyncio.sleep(0)
                found.append(f(x, k + 1.0))
            return found
    """)

    async def main() -> list[Any]:
        return await asyncio.gather(*(program.hooked.task(X, float(k)) for k in range(6)))

    for k, results in enumerate(asyncio.run(main())):
        wanted = [X * (k + i % 2) for i in range(8)]
        assert all(map(np.array_equal, results, wanted))
    assert float(program.hooked.total) == sum(4 * (k + k + 1) for k in range(6))


def test_threads_of_asyncio_call_staged_functions() -> None:
    program = Program("def f(x, k):\n    return pad(x) * k")

    async def main() -> list[Any]:
        return await asyncio.gather(*(asyncio.to_thread(program.hooked.f, X, float(k % 3)) for k in range(30)))

    for k, result in enumerate(asyncio.run(main())):
        assert np.array_equal(result, X * (k % 3))


def test_where_locks_let_other_code_of_the_thread_run_nothing_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with gevent, which replaces them: what another greenlet computes while TensorFlow takes a lock in a trace would
    become a part of the graph."""

    class TurnTaking:
        """A lock of somebody else's."""

    program = Program("def f(x, k):\n    return pad(x) * k")
    found = gate.gate_of(program.hooked.f)
    assert found is not None
    monkeypatch.setattr(threading, "Lock", TurnTaking)
    assert all(np.array_equal(program.hooked.f(X, 2.0), X * 2.0) for _ in range(12))
    assert not found.staging.specializations
    assert "gevent" in found.staging.refusal
    monkeypatch.undo()
    gate.open_all()
    assert all(np.array_equal(program.hooked.f(X, 2.0), X * 2.0) for _ in range(12))
    assert found.staging.specializations
