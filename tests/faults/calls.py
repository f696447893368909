"""Programs that are struck while they are traced or run staged, and what must hold afterwards.

A struck call raises, or ends as if nothing had been. Each object that it changes is as the plain program has it before
or after one of its lines; nothing of the trace is left on any object or in the thread; and the calls after it do what
the plain program does from the state that they find.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from autograph_hook.backends.protocol import Elements
from autograph_hook.reporting import journal
from autograph_hook.runtime import entry, gate
from tests.faults.striking import MUST_BE_RAISED, OURS, Strike, events_of, points
from tests.staging.programs import Program, outcome, same

TENSORFLOW = """
step = 0
log = []
seen = {}
class Model:
    def __init__(self):
        self.w = tf.constant([1.0, 2.0, 3.0])
        self.n = 0
        self.last = None
        self.scale = 1.5
        self.v = tf.Variable([0.0, 0.0, 0.0])
    def act(self, x):
        self.n += 1
        self.last = x * self.scale
        self.v.assign_add(x)
        return self.last + self.w
model = Model()
def f(x, k):
    global step
    step += 1
    y = model.act(pad(x))
    log.append(y)
    seen[k] = y
    if tf.reduce_sum(y) > 0.0:
        z = y * 2.0
    else:
        z = -y
    for i in range(3):
        z = z + float(i)
    return z, step
"""
PIECES = """
step = 0
log = []
seen = {}
class Model:
    def __init__(self):
        self.n = 0
        self.last = None
        self.w = tf.constant([1.0, 2.0, 3.0])
        self.v = tf.Variable([0.0, 0.0, 0.0])
model = Model()
def f(x, k):
    global step
    z = x
    for i in range(12):
        z = pad(z) + model.w
        model.last = z
        if len(str(i)) > 1:
            seen[k] = int(z[0].numpy())
    log.append(z)
    step += 1
    return z, step
"""
LANTERN = """
step = 0
log = []
seen = {}
class Model:
    def __init__(self):
        self.n = 0
        self.last = None
model = Model()
def f(x, k):
    for i in range(9):
        x = np.tanh(x) * 1.5 + i
        if x[0] > 3.0:
            x = x - 1.0
    return x * k, x
"""
SOURCES = {"tensorflow": TENSORFLOW, "pieces": PIECES, "lantern": LANTERN}
BEFORE = {"traced": 1, "staged": 4}
"""Calls before the one that is struck."""


class Subject:
    """One program, plain and hooked, called so often that the next call is traced, or staged."""

    def __init__(self, kind: str, moment: str) -> None:
        entry.start()
        self.is_lantern = kind == "lantern"
        self.program = Program(SOURCES[kind], backend="lantern" if self.is_lantern else "auto")
        value = [1.0, -2.0, 0.5]
        self.x = tf.constant(value).numpy() if self.is_lantern else tf.constant(value)
        for _ in range(BEFORE[moment]):
            self.call(self.program.hooked)
            self.call(self.program.plain)

    def call(self, module: Any) -> Any:
        return module.f(self.x, 2 if self.is_lantern else "key")

    def struck(self) -> Any:
        return self.call(self.program.hooked)

    def state(self, module: Any) -> list[Any]:
        """All that a call changes, in parts that change at once."""
        model = module.model
        found = [module.step, list(module.log), dict(module.seen), model.n, model.last, getattr(model, "v", None)]
        names = [list(vars(module)), list(vars(model))]
        return [_shown(part) for part in [*found, *names]]

    def states_of_plain_call(self) -> list[list[Any]]:
        """The states of the plain program before, during and after a call."""
        plain = self.program.plain
        found = [self.state(plain)]

        def told(frame: Any, event: str, argument: Any) -> Any:
            if frame.f_globals is vars(plain):
                found.append(self.state(plain))
                return told
            return None

        sys.settrace(told)
        try:
            self.call(plain)
        finally:
            sys.settrace(None)
        return [*found, self.state(plain)]

    def go_on_from(self, state: Any) -> None:
        """Give the plain program the state of the hooked one."""
        plain, hooked = self.program.plain, self.program.hooked
        plain.step, plain.log[:] = hooked.step, hooked.log
        plain.seen.clear()
        plain.seen.update(hooked.seen)
        plain.model.n, plain.model.last = hooked.model.n, hooked.model.last
        if hasattr(plain.model, "v"):
            plain.model.v.assign(hooked.model.v)


def _shown(value: Any) -> Any:
    """A value as text; what belongs to a trace raises, or shows in it."""
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if isinstance(value, dict):
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, (tf.Tensor, tf.Variable)):
        return repr(value.numpy())
    return f"{type(value).__name__} {value!r}"


def complaints(subject: Subject, blow: Strike) -> Iterator[str]:
    """What is wrong after this blow."""
    program = subject.program
    ended = "as if nothing had been"
    try:
        with blow:
            subject.struck()
    except blow.error:
        ended = "raised"
    except BaseException as error:
        yield f"it raised {error!r}"
    if blow.place and blow.gets_out and ended != "raised" and issubclass(blow.error, MUST_BE_RAISED):
        yield "it ended as if nothing had been"
    yield from _left_behind()
    states = subject.states_of_plain_call()
    found = subject.state(program.hooked)
    for i, part in enumerate(found):
        if part not in ([state[i] for state in states] if ended == "raised" else [states[-1][i]]):
            yield f"it {ended}, and a part of the state is {part}, was {states[0][i]}, would be {states[-1][i]}"
    subject.go_on_from(found)
    for _ in range(3):
        same(outcome(subject.call, program.hooked), outcome(subject.call, program.plain))
        if subject.state(program.hooked) != subject.state(program.plain):
            yield f"afterwards the state is {subject.state(program.hooked)}, not {subject.state(program.plain)}"


def _left_behind() -> Iterator[str]:
    """What of a trace is still there."""
    thread = gate.thread()
    left = {
        "results": thread.results, "plain": thread.plain, "trace": thread.trace, "building": gate._building,
        "attempt": journal._thread.attempt, "elements": Elements.alive, "graph": not tf.executing_eagerly(),
        "tracing": entry._tracing(),
    }  # fmt: skip
    for what, value in left.items():
        if value:
            yield f"{what} is left: {value}"


def sweep(kind: str, moment: str, error: type[BaseException], wanted: int, only: tuple[str, ...] = (OURS,)) -> list[str]:
    """Strike at so many points; all that was wrong."""
    counted = Subject(kind, moment)
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where memory ends, a function is left plain and that is said
        for number in points(events_of(counted.struck, only), wanted):
            blow = Strike(number, error, only)
            try:
                wrong = list(complaints(Subject(kind, moment), blow))
            except BaseException as failure:
                wrong = [f"{type(failure).__name__}: {failure}"]
            found += [f"{kind}, {moment}, point {number} ({blow.place}): {text}" for text in wrong]
    return found
