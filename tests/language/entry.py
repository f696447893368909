"""What an entry of the table of constructs is, and how its calls are written down without a framework."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Call = tuple[Any, ...]
"""The arguments of one call of `f`."""


@dataclass(frozen=True)
class Value:
    """An argument that only a framework can make: it is made anew for every call."""

    text: str
    make: Callable[[Any], Any]

    def __repr__(self) -> str:
        return self.text


def tensor(value: Any, dtype: str | None = None) -> Value:
    return Value(f"tensor({value!r})", lambda tf: tf.constant(value, dtype))


def variable(value: Any) -> Value:
    return Value(f"variable({value!r})", lambda tf: tf.Variable(value))


def dataset(values: Any) -> Value:
    return Value(f"dataset({values!r})", lambda tf: tf.data.Dataset.from_tensor_slices(values))


def ragged(rows: Any) -> Value:
    return Value(f"ragged({rows!r})", lambda tf: tf.ragged.constant(rows))


@dataclass(frozen=True)
class Entry:
    """A construct: a program with a function `f`, calls of it, and what must hold of them.

    Every call must give what the plain function gives eagerly: as a twin on Python values, in a graph that the user
    traces, and staged by itself. What is refused instead says so.
    """

    title: str
    source: str
    python: Sequence[Call] = ()
    """Calls with Python values."""
    tensors: Sequence[Call] | None = None
    """Calls with tensors; None: those with Python values, every number a tensor."""
    mixtures: Sequence[Call] = ()
    """Calls with both."""
    refused: str = ""
    """How the error begins, without its place, that ends the trace of the calls with tensors, and of those with both.
    The document holds the whole of it."""
    measure: str = ""
    """The function that says what must come out of a graph, where `f` itself cannot run eagerly on tensors."""
    recursion: bool = False
    """With the setting `tensorflow.recursion`."""
    gap: str = ""
    """What the entry promises and does not hold yet. The table shows what was found instead."""

    def calls(self) -> dict[str, Sequence[Call]]:
        """The calls by column."""
        given = self.tensors if self.tensors is not None else [as_tensors(call) for call in self.python]
        return {"python": self.python, "tensors": given, "mixtures": self.mixtures}


@dataclass(frozen=True)
class Family:
    """Constructs that belong together: one section of the document."""

    name: str
    title: str
    entries: Sequence[Entry]


def as_tensors(value: Any) -> Any:
    """A nest of Python values with every number marked as a tensor."""
    if isinstance(value, dict):
        return {key: as_tensors(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(as_tensors(item) for item in value)
    return tensor(value) if isinstance(value, (bool, int, float)) else value


def made(value: Any, tf: Any) -> Any:
    """The argument that a call is given."""
    if isinstance(value, Value):
        return value.make(tf)
    if isinstance(value, dict):
        return {key: made(item, tf) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(made(item, tf) for item in value)
    return value
