"""While it is not known what a function that calls itself returns, the paths that do not ask for it tell."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import CodeType
from typing import Any

import tensorflow as tf

from autograph_hook.backends.protocol import State
from autograph_hook.backends.tensorflow import calls, private
from autograph_hook.backends.tensorflow.recursion_definition import THREAD, ResultUnknown


def graph_codes() -> frozenset[CodeType]:
    """What is on the stack wherever a graph is traced inside another, or would be if more were known."""
    return private.graph_codes() | {select.__code__}


def seeking() -> bool:
    return THREAD.seeking > 0


def cond(
    run: Callable[[Callable[[], None], Callable[[], None]], None],
    body: Callable[[], None],
    orelse: Callable[[], None],
    state: State,
) -> None:
    """`if`: where one branch cannot be traced yet, the other stands for both."""
    before = state.get()

    def otherwise(branch: Callable[[], None]) -> None:
        state.set(before)
        branch()

    select(run, body, orelse, otherwise)


def select(run: Callable[..., Any], body: Any, orelse: Any, otherwise: Callable[[Any], Any]) -> Any:
    failed: list[Any] = []

    def trying(branch: Callable[[], Any]) -> Callable[[], Any]:
        def tried() -> Any:
            try:
                return branch()
            except ResultUnknown:
                failed.append(branch)
                raise

        return tried

    try:
        return run(trying(body), trying(orelse))
    except ResultUnknown:
        if not failed:
            raise
        return otherwise(orelse if failed[0] is body else body)


def call(function: Any, arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> Any:
    """`tf.cond` is like `if`; everything else is called as it is."""
    if function is not tf.cond or not seeking():
        return calls.call(function, arguments, keywords)
    given = inspect.signature(tf.cond).bind(*arguments, **keywords).arguments
    predicate, body, orelse = given["pred"], given["true_fn"], given["false_fn"]
    return select(lambda one, other: tf.cond(predicate, one, other), body, orelse, lambda branch: branch())


def loop(run: Callable[[], None], state: State) -> None:
    """`while` and `for`: where the body cannot be traced yet, as if it did not run."""
    before = state.get()
    try:
        run()
    except ResultUnknown:
        state.set(before)
