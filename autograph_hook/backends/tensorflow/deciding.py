"""`any`, `all`, `min` and `max` of tensors in a trace of our own: what Python's loop over eager tensors would give.

    any(t > 0 for each t)   ->   a truth, as good as a Python bool in a condition
    min(a, b)               ->   tf.where(b < a, b, a)

Where the loop would raise, or would pick from values of two kinds, the trace ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import exact


def decided(function: Callable[..., Any], elements: Sequence[Any]) -> Any:
    name = function.__name__
    if not elements:
        return function(elements)
    for element in elements:
        if not isinstance(element, tf.Tensor):
            raise exact.Inexact(f"calls {name}() of tensors and Python values")
        if element.shape.rank != 0:
            raise exact.Inexact(f"calls {name}() of tensors of shape {element.shape}, which have no one truth")
    if function is any or function is all:
        return _combined(function, elements)
    return _picked(function, elements)


def _combined(function: Callable[..., Any], elements: Sequence[Any]) -> Any:
    if any(element.dtype == tf.string for element in elements):
        raise exact.Inexact(f"calls {function.__name__}() of tensors of texts")
    truths = [each if each.dtype == tf.bool else tf.not_equal(each, tf.zeros([], each.dtype)) for each in elements]
    reduce = tf.reduce_any if function is any else tf.reduce_all
    return exact.truth(reduce(tf.stack(truths)))


def _picked(function: Callable[..., Any], elements: Sequence[Any]) -> Any:
    best, *others = elements
    if not best.dtype.is_floating and not best.dtype.is_integer:
        raise exact.Inexact(f"calls {function.__name__}() of tensors of {best.dtype.name}")
    if any(other.dtype != best.dtype for other in others) or any(map(exact.is_truth, elements)):
        raise exact.Inexact(f"calls {function.__name__}() of tensors of several dtypes")
    if best.dtype.is_floating:
        exact.note_choice()
    for other in others:
        best = tf.where(other < best if function is min else other > best, other, best)
    return best
