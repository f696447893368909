"""Signals that come while something is traced: what their handlers do and raise is the program's, not the graph's."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

pytest.importorskip("tensorflow")

import tensorflow as tf

from autograph_hook.interrupts import is_interrupt
from autograph_hook.runtime.gate import thread
from tests.staging.programs import Program

SOURCE = """
stopped = 0
class Stop(Exception):
    pass
def note(number):
    global stopped
    stopped += number
def on_signal(number, frame):
    note(1)
def on_other(number, frame):
    raise Stop
class Handler:
    def __call__(self, number, frame):
        raise Stop
def f(x):
    for _ in range(4):
        x = pad(x)
    return x
"""
X = tf.constant([1.0, 2.0])


@pytest.fixture
def restored() -> Iterator[None]:
    before = signal.getsignal(signal.SIGUSR2)
    yield
    signal.signal(signal.SIGUSR2, before)


def while_tracing(module: Any, handler: Any, call: Any) -> Any:
    """The call, with a signal in the middle of its trace, as Python sees it: the handler is called in between."""
    signal.signal(signal.SIGUSR2, handler)
    done = []

    def told(frame: FrameType, event: str, argument: Any) -> None:
        if event == "return" and frame.f_code.co_name == "pad" and thread().trace is not None and not done:
            done.append(True)
            handler(signal.SIGUSR2, frame)

    sys.setprofile(told)
    try:
        return call()
    finally:
        sys.setprofile(None)
        assert done, "nothing was traced"


@pytest.mark.usefixtures("restored")
def test_what_an_enabled_handler_does_is_done_once_and_at_once() -> None:
    program = Program(SOURCE)
    hooked = program.hooked
    hooked.f(X)
    assert while_tracing(hooked, hooked.on_signal, lambda: hooked.f(X)).numpy().tolist() == [1.0, 2.0]
    assert hooked.stopped == 1
    hooked.stopped = 0
    for _ in range(3):
        hooked.f(X)
    assert hooked.stopped == 0
    program.assert_staged("f")


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("name", ["on_other", "Handler"])
def test_what_a_handler_raises_leaves_the_call_and_the_next_one_is_right(name: str) -> None:
    program = Program(SOURCE)
    hooked = program.hooked
    handler = getattr(hooked, name) if name == "on_other" else hooked.Handler()
    hooked.f(X)
    with pytest.raises(hooked.Stop):
        while_tracing(hooked, handler, lambda: hooked.f(X))
    assert thread().trace is None and tf.executing_eagerly()
    for _ in range(3):
        assert hooked.f(X).numpy().tolist() == [1.0, 2.0]
    program.assert_staged("f")


@pytest.mark.usefixtures("restored")
def test_an_exception_is_told_from_one_that_a_handler_raised() -> None:
    def handler(number: int, frame: object) -> None:
        raise TimeoutError

    def caught(function: Any, *arguments: Any) -> BaseException:
        try:
            function(*arguments)
        except BaseException as error:
            assert error.__traceback__ is not None
            return error
        raise AssertionError

    assert not is_interrupt(caught(handler, 1, None))
    signal.signal(signal.SIGUSR2, handler)
    assert is_interrupt(caught(signal.raise_signal, signal.SIGUSR2))
    assert not is_interrupt(caught(int, "one")) and not is_interrupt(SystemExit())
    assert is_interrupt(KeyboardInterrupt())
