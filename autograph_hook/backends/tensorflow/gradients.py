"""Gradients are those of the eager run: what a tape outside would see of a staged call, and what a tape in it gives."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import exact, gradient_paths, private


def is_watched(compiled: Any, inputs: Sequence[Any]) -> bool:
    """Would a tape, or an accumulator, that is active around a call of this graph record it?

    It would record one operation. What it then sums, and which of its sources it finds unconnected, is not what it
    sees of the eager operations.
    """
    if not private.may_be_recorded():
        return private.variables_are_watched() and (compiled is None or _reads_trainable(compiled))
    if compiled is None:
        return True  # a trace would read variables that the call may not read
    return _reads_trainable(compiled) or private.are_watched([*inputs, *compiled.captures])


def _reads_trainable(compiled: Any) -> bool:
    return any(variable.trainable for variable in compiled.concrete.graph.variables)


@functools.lru_cache(maxsize=1)
def install() -> None:
    """Look at the gradients that are taken in traces of ours, before they are."""
    private.watch_gradients(_asked)
    private.watch_bias_gradients(_apart)
    private.watch_variable_watchers()


def _apart(gradient: Any) -> Any:
    """In a graph with oneDNN the gradients of a convolution's filter and of its bias become one kernel if they are made
    of one tensor, and that one adds up in another order than the two of the eager run."""
    return tf.identity(gradient) if exact.is_demanded() and not tf.executing_eagerly() else gradient


def _asked(targets: Sequence[Any], sources: Sequence[Any]) -> None:
    if not exact.is_demanded_by_caller() or tf.executing_eagerly():
        return
    if exact.has_chosen():
        raise exact.Inexact("a gradient may flow through a value that is picked by a tensor")
    reason = gradient_paths.refusal(targets, sources)
    if reason is not None:
        raise exact.Inexact(reason)
