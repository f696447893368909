"""Calls of functions that are running and have entered a graph since: how many levels are traced one inside the other,
and when a function of the graph that calls itself is made instead (`recursion_definition`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from autograph_hook.backends.protocol import UNDEFINED, EndlessRecursion, Location
from autograph_hook.backends.tensorflow import exact, private
from autograph_hook.backends.tensorflow.recursion_definition import THREAD, Definition, Level, refusal
from autograph_hook.backends.tensorflow.recursion_signature import Signature

MOST_ALIKE = 8
"""Levels with the same Python values that are traced one inside the other."""
MOST_UNLIKE = 25
"""The same where the Python values differ, as for a tree of Python objects."""
UNROLLED = 6
"""Levels with other numbers or shapes before those become ones that the graph knows."""


def recurse(
    key: Any,
    name: str,
    arguments: Mapping[str, Any],
    running: Mapping[str, Any],
    call: Callable[[Mapping[str, Any]], Any],
    where: Location,
    opted: bool,
) -> Any:
    """Call a function that is running with the arguments `running`, and has since entered a graph inside.

    `call(arguments)` runs it; `key` is the same for the same function.
    """
    if exact.is_demanded():
        raise EndlessRecursion(
            f"{name} calls itself, and whether it goes on is known only when the graph runs: "
            "only a tf.function of yours can make a graph function of that (setting tensorflow.recursion)"
        )
    signature, leaves = Signature.of(dict(arguments))
    levels = THREAD.levels
    mine = [level for level in levels if level.key == key]
    if opted:
        for level in reversed(mine):
            if level.definition is not None and level.definition.signature.accepts(signature):
                return level.definition.call_itself(signature, leaves)
    before = mine[-1].signature if mine else None
    if opted:
        # Names that the running function has given other values since at worst cost one more level.
        previous = before or Signature.of({name: running.get(name, UNDEFINED) for name in arguments})[0]
        wanted = _definable(key, signature, previous, len(mine))
        if wanted is not None:
            return _define(key, name, wanted, leaves, call, where)
    alike = before is not None and not signature.differs_from(before)
    if len(mine) >= (MOST_ALIKE if alike else MOST_UNLIKE):
        raise _endless(name, len(mine), where, opted)
    levels.append(Level(key, signature))
    try:
        return call(arguments)
    except RecursionError:
        # Each level takes many frames of the stack, so a caller that is deep in it leaves room for a few only.
        if mine:
            raise
        raise _endless(name, "too many", where, opted) from None
    finally:
        _leave()


def _leave() -> None:
    THREAD.levels.pop()
    if not THREAD.levels:
        THREAD.widened.clear()


def _definable(key: Any, signature: Signature, previous: Signature, count: int) -> Signature | None:
    """The signature of the function to be made; None where one more level is traced inside this one."""
    widened = THREAD.widened.get(key)
    if widened is not None and widened.accepts(signature):
        return widened
    signature = signature.with_types_of(previous)
    difference = signature.differs_from(previous)
    if not difference:
        return signature
    if difference == "in kind" or count < UNROLLED:
        return None
    THREAD.widened[key] = signature.common(previous)
    return THREAD.widened[key]


def _endless(name: str, count: int | str, where: Location, opted: bool) -> EndlessRecursion:
    why = "whether it goes on is known only when the graph runs"
    if opted:
        return EndlessRecursion(
            f"{where}: {name} calls itself, {why}, and each time with other Python values, of which "
            f"{count} levels were traced: give it tensors where the values change, or write a loop"
        )
    return EndlessRecursion(
        f"{where}: {name} calls itself, and {why}, so tracing it would not end ({count} levels were traced): "
        "set tensorflow.recursion = true to make it a graph function that calls itself, or write a loop"
    )


def _define(
    key: Any, name: str, signature: Signature, leaves: list[Any], call: Callable[[Mapping[str, Any]], Any],
    where: Location,
) -> Any:  # fmt: skip
    private.refuse_xla(refusal(name, where))
    definition = Definition(name, signature, call, where)
    level = Level(key, signature, definition)
    outermost = not any(level.definition is not None for level in THREAD.levels)
    THREAD.levels.append(level)
    try:
        definition.build()
    finally:
        _leave()
    if outermost:
        definition.register()
    return definition.call(signature.tensors(leaves))
