"""A trace of our own must stand for the eager run exactly: what would differ ends it.

In a graph, a Python number that depends on a tensor becomes a tensor: `n = 1 if t > 0 else 2`. For a trace that
the user asked for, that is what is wanted; a trace that nobody sees must not turn the caller's `int` into a tensor.
The same goes for the text of a symbolic tensor, which is not the text of an eager one.
"""

from __future__ import annotations

import contextlib
import functools
import re
import sys
import threading
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.backends.protocol import UNDEFINED, Joined, State
from autograph_hook.backends.tensorflow import private
from autograph_hook.errors import StagingError

_PYTHON = (bool, int, float, complex, str, bytes)


class Inexact(BaseException):
    """The graph would not do what the eager run does. No Exception: nothing that is traced may swallow it."""


class _Thread(threading.local):
    active = 0
    demanded = False
    truths: dict[int, Any] | None = None
    chosen = False


_thread = _Thread()


@contextlib.contextmanager
def exactly() -> Iterator[None]:
    """What this thread traces here must be exact."""
    _watch()
    before = (_thread.active, _thread.truths, _thread.chosen)
    try:
        _thread.active, _thread.truths, _thread.chosen = 1, {}, False
        yield
    finally:
        _thread.active, _thread.truths, _thread.chosen = before


@functools.cache
def _watch() -> None:
    private.watch_texts(_refuse_text)
    private.watch_sums(lambda: bool(_thread.active) and not tf.executing_eagerly())


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """What is demanded of this thread is at the end what it was at the start."""
    before = (_thread.active, _thread.truths, _thread.demanded)
    try:
        yield
    finally:
        _thread.active, _thread.truths, _thread.demanded = before


def demand() -> None:
    """From here to the end of `kept`, what this thread traces must be exact."""
    if not _thread.active:
        _thread.active, _thread.truths, _thread.demanded = 1, {}, True


def is_demanded() -> bool:
    """Must what this thread traces be exact?"""
    return bool(_thread.active)


def is_demanded_by_caller() -> bool:
    """Must the whole trace be exact, not only a loop in it?"""
    return bool(_thread.active) and not _thread.demanded


def note_choice() -> None:
    """A value was picked by a tensor: eagerly, a gradient does not flow to the others."""
    _thread.chosen = True


def has_chosen() -> bool:
    return _thread.chosen


def refusal(text: str) -> BaseException:
    """What is raised where the graph cannot give a value: an error for the user, or the end of a trace of ours."""
    return Inexact(text) if _thread.active else StagingError(text)


def require_graph(tensor: Any, what: str, place: str = "") -> None:
    """It belongs to the graph that is being built, or to one around it."""
    graph, own = tf.compat.v1.get_default_graph(), getattr(tensor, "graph", None)
    while graph is not None and graph is not own:
        graph = getattr(graph, "outer_graph", None)
    if graph is None and own is not None:
        raise refusal(
            f"{place}{what} was kept by another graph than the one that is being built, or by none: return it from "
            "where it is made, or keep it in a tf.Variable"
        )


def _refuse_text(kind: str) -> None:
    if _thread.active and not tf.executing_eagerly() and not _is_of_framework(sys._getframe(2)):
        raise Inexact(f"makes a text of a {kind}")


def _is_of_framework(frame: types.FrameType) -> bool:
    """Is a text made by the framework's own code? That is for a message of an error, which ends the trace."""
    return str(frame.f_globals.get("__name__")).startswith(("tensorflow.", "keras.src.", "tf_keras.src."))


def truth(tensor: Any) -> Any:
    """A tensor that may stand for a Python bool of the eager run: `not t`, `t in ts`, `t and flag`. As a condition it
    is as good as one; it must not get out.
    """
    if _thread.truths is not None and isinstance(tensor, tf.Tensor):
        _thread.truths[id(tensor)] = tensor
    return tensor


def is_truth(value: Any) -> bool:
    return id(value) in (_thread.truths or ())


def check_outputs(tensors: Sequence[Any]) -> None:
    if any(id(tensor) in (_thread.truths or ()) for tensor in tensors):
        raise Inexact("returns a Python bool that depends on a tensor")


def check_uses() -> None:
    """A Python bool of the eager run that an operator takes gives another Python value, or is a number to it."""
    for tensor in list((_thread.truths or {}).values()):
        _check_uses(tensor)


_OPERATORS = re.compile(r"(.*/)?((and|or|Equal|NotEqual|LogicalNot)(_\d+)?|(mul|xor)(_\d+)?/\w+)")
"""The names of what the operators `&`, `|`, `^`, `~`, `*`, `==` and `!=` of a tensor of bools add to a graph. What the
staging of control flow adds has other names."""


def _check_uses(tensor: Any) -> None:
    for operation in tensor.consumers():
        if _OPERATORS.fullmatch(operation.name) and not any(map(is_truth, operation.outputs)):
            raise Inexact("uses a Python bool that depends on a tensor as an operand")
        if operation.type in ("If", "StatelessIf", "While", "StatelessWhile"):
            given = list(operation.inputs)[1 if operation.type.endswith("If") else 0 :]
            places = [i for i, each in enumerate(given) if each is tensor]
            for name in private.function_names(operation) if places else ():
                graph = private.function_graph(operation.graph, name)
                for i in places if graph is not None else ():
                    _check_uses(graph.inputs[i])


def check_item(subject: Any, key: Any) -> None:
    """What an index that depends on a tensor picks from a Python list must be a tensor."""
    if id(key) in (_thread.truths or ()):
        raise Inexact("uses a Python bool that depends on a tensor as an index")
    is_python = isinstance(subject, (list, tuple)) and not all(isinstance(item, tf.Tensor) for item in subject)
    if _thread.active and is_python:
        raise Inexact("picks from Python values by an index that depends on a tensor")
    if isinstance(subject, (list, tuple)):
        note_choice()


class Watched:
    """The state of a construct, noting which variables held a Python number on the way."""

    def __init__(self, state: State, skipped: int) -> None:
        self.state = state
        self.labels = state.labels
        self.skipped = skipped
        self.seen: list[tuple[Any, ...]] = []
        self.ordered: list[Sequence[Sequence[Any]]] = []

    @property
    def guarded(self) -> bool:
        return self.state.guarded

    def get(self) -> tuple[Any, ...]:
        values = self.state.get()
        if self.skipped:
            self.skipped -= 1
        else:
            self.seen.append(values)
        self.ordered.append(self.state.orders())
        return values

    def orders(self) -> Sequence[Sequence[Any]]:
        return self.state.orders()

    def set(self, values: Sequence[Any]) -> None:
        self.state.set(values)

    def check(self) -> None:
        for i, (label, value) in enumerate(zip(self.labels, self.state.get(), strict=True)):
            if label.startswith("ag__") and not label.startswith("ag__result"):
                continue
            if any(_became_tensor(values[i], value) for values in self.seen):
                what = "the result" if label.startswith("ag__") else label
                raise Inexact(f"{what} is a Python value that depends on a tensor")
            there = {_is_there(found[i]) for found in self.seen} | {_is_there(value)}
            if not label.isidentifier() and len(there) > 1:
                raise Inexact(f"makes or deletes {label} under a condition, or in a loop, that depends on a tensor")
            if any(_differ_in_order(values[i], value) for values in self.seen):
                raise Inexact(f"the order of the keys of {label} depends on a tensor")
        if len(self.ordered[0]) and not all(map(_is_kept, *self.ordered, self.state.orders())):
            raise Inexact("the order of the keys of a dictionary, or of an object's attributes, depends on a tensor")


def _is_there(value: Any) -> bool | None:
    return None if isinstance(value, Joined) else value is not UNDEFINED


def _became_tensor(before: Any, after: Any) -> bool:
    kind = type(before)
    if isinstance(before, Joined):
        others = after.leaves if isinstance(after, Joined) else [after] * len(before.leaves)
        return any(_became_tensor(one, other) for one, other in zip(before.leaves, others, strict=False))
    if isinstance(after, Joined):
        return any(_became_tensor(before, leaf) for leaf in after.leaves)
    if isinstance(after, tf.Tensor):
        return isinstance(before, _PYTHON) or id(before) in (_thread.truths or ()) or kind.__module__ == "numpy"
    if issubclass(kind, (list, tuple)) and isinstance(after, kind):
        if len(before) != len(after):
            return any(isinstance(item, tf.Tensor) for item in after)
        return any(_became_tensor(one, other) for one, other in zip(before, after, strict=True))
    if issubclass(kind, dict) and isinstance(after, dict):
        return any(_became_tensor(item, after.get(key)) for key, item in before.items())
    return False


def _differ_in_order(one: Any, other: Any) -> bool:
    """Do dictionaries in these values have the same keys in another order?"""
    if isinstance(one, dict) and isinstance(other, dict):
        if one.keys() == other.keys() and list(one) != list(other):
            return True
        return any(_differ_in_order(item, other.get(key)) for key, item in one.items())
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return any(map(_differ_in_order, one, other))
    return False


def _is_kept(*orders: Sequence[Any]) -> bool:
    """Do the keys that these have in common come in one order?

    Also with those from before: putting a key back that a branch has deleted moves it to the end.
    """
    for i, one in enumerate(orders):
        for other in orders[:i]:
            if one != other and [key for key in one if key in other] != [key for key in other if key in one]:
                return False
    return True


def staged(run: Callable[[Any], None], state: State, skipped: int) -> None:
    """Run a construct on its state; in an exact trace, see that no Python number becomes a tensor.

    `skipped`: how many times the construct first reads values that it does not join.
    """
    if not _thread.active:
        run(state)
        return
    watched = Watched(state, skipped)
    run(watched)
    watched.check()


def selected(run: Callable[..., Any], thunks: Sequence[Callable[[], Any]]) -> Any:
    """The same for a conditional expression."""
    if not _thread.active:
        return run(*thunks)
    seen: list[Any] = []

    def noting(thunk: Callable[[], Any]) -> Callable[[], Any]:
        def noted() -> Any:
            value = thunk()
            seen.append(value)
            return value

        return noted

    value = run(*map(noting, thunks))
    if not any(_became_tensor(one, value) for one in seen):
        return value
    if isinstance(value, tf.Tensor) and value.dtype == tf.bool:
        return truth(value)
    raise Inexact("a conditional expression is a Python value that depends on a tensor")
