"""Comprehensions whose number of elements, or whose conditions, may be known only when the graph runs.

Where Python knows both, a comprehension is Python's and its result a list of what its elements are. Otherwise the
list grows in a loop of the graph: `for_` and `if_` are given bodies that append to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import FunctionType
from typing import Any, cast

from autograph_hook.errors import StagingError
from autograph_hook.reporting import journal
from autograph_hook.runtime.dispatch import staged
from autograph_hook.runtime.locations import here, location_of
from autograph_hook.runtime.operators import control_flow, noting
from autograph_hook.runtime.operators.binding import generated
from autograph_hook.runtime.operators.calls import callee
from autograph_hook.runtime.operators.constructs import refuse
from autograph_hook.runtime.operators.reading import attr, made, read_whole


def collect(subject: Any, comprehension: FunctionType) -> Any:
    """`[… for x in subject]`; `comprehension` makes the list from what it is given to run over."""
    elements, graph_counts = _elements(subject)
    if not graph_counts:
        return made(comprehension(elements))
    ag__found: list[Any] = made([])  # ours: in a message it has no name

    def body(element: Any) -> None:
        for value in comprehension((element,)):
            append(ag__found, value)

    control_flow.for_(subject, _placed(cast(FunctionType, body), comprehension), None, (), ())
    return ag__found


def collect_lazily(subject: Any, comprehension: FunctionType) -> Any:
    """`(… for x in subject)`: over what only the graph can count it makes a list, all elements at once."""
    elements, graph_counts = _elements(subject)
    return collect(subject, comprehension) if graph_counts else made(comprehension(elements))


def each(subject: Any, body: FunctionType, found: list[Any], names: Sequence[str]) -> None:
    """One `for` of a comprehension: `body(element)` appends to `found`; `names` are those that `:=` binds."""
    elements, graph_counts = _elements(subject)
    if graph_counts:
        control_flow.for_(subject, body, None, names, ())
    else:
        for element in elements:
            body(element)


def keep_if(test: Any, body: FunctionType, found: list[Any], names: Sequence[str]) -> None:
    """One `if` of a comprehension."""
    backend = staged(test)
    if backend is None:
        if journal.collecting:
            noting.decided("if", test, None, location_of(body))
        if test:
            body()
        return
    control_flow.if_(test, body, None, names, (), (), True)


def generate(subject: Any, body: FunctionType, names: Sequence[str]) -> Any:
    """A generator expression with conditions: `body(element, found)` appends what one element gives."""
    elements, graph_counts = _elements(subject)
    if not graph_counts:
        return made(generated(iter(elements), body, names))
    if names:
        refuse(
            f"{here()}: a `:=` in a generator expression over a number of elements that is known only when the graph "
            f"runs: who asks for how many of them decides what {', '.join(names)} is: write it as a loop"
        )
    found: list[Any] = made([])
    control_flow.for_(subject, _given(body, found), None, names, ())
    return found


def _given(body: FunctionType, found: list[Any]) -> FunctionType:
    """The body with its second argument."""
    return FunctionType(body.__code__, body.__globals__, body.__name__, (found,), body.__closure__)


def _placed(function: FunctionType, like: FunctionType) -> FunctionType:
    """A function of ours that stands, for messages, where one of the twin does."""
    code, other = function.__code__, like.__code__
    code = code.replace(co_filename=other.co_filename, co_firstlineno=other.co_firstlineno, co_name=other.co_name)
    return FunctionType(code, function.__globals__, other.co_name, None, function.__closure__)


def append(found: list[Any], value: Any) -> None:
    callee(attr(found, "append"))(value)


def _elements(subject: Any) -> tuple[Any, bool]:
    """What Python can loop over; or True where only the graph can."""
    backend = staged(subject)
    if backend is None:
        if journal.collecting:
            noting.unrolled("comprehension", subject)
        return read_whole(subject), False
    try:
        elements = backend.iterate(subject)
        if journal.collecting:
            noting.unrolled("comprehension", subject)
        return elements, False
    except StagingError:
        if not backend.is_iterable(subject):
            raise
    if journal.collecting:
        noting.decided("comprehension", subject, backend)
    return None, True


def listed(subject: Any, kind: str) -> Any:
    """What a comprehension of a set, a dictionary or a nested generator loops over."""
    elements, graph_counts = _elements(subject)
    if graph_counts:
        refuse(
            f"{here()}: {_KINDS[kind]} over a number of elements that is known only when the graph runs, which "
            "a graph cannot keep: use a list comprehension or tf.map_fn, or give the subject a known first dimension"
        )
    return elements


def decided(test: Any, where: str) -> Any:
    """A condition that must be Python's."""
    if staged(test) is not None:
        refuse(f"{here()}: {_CONDITIONS[where]}")
    return test


_KINDS = {
    "set": "a set comprehension",
    "dict": "a dictionary comprehension",
    "generator": "a generator expression",
    "list": "a nested list comprehension",
    "yield": "a loop around a `yield`",
}
_UNKNOWN = "a condition that is known only when the graph runs"
_CONDITIONS = {
    **{kind: f"{_UNKNOWN} in {what}: a graph cannot decide what it holds; use tf.where or tf.boolean_mask"
       for kind, what in _KINDS.items() if kind != "yield"},
    "comprehension": f"{_UNKNOWN} decides about a `:=` in a comprehension: write the comprehension as a loop",
    "yield": f"{_UNKNOWN} around a `yield`: a graph cannot decide whether a generator goes on; yield on both sides, "
    "or yield the condition with the value",
}  # fmt: skip
