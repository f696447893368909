"""Functions that call themselves on tensor conditions: plain and eager, and staged with `tensorflow.recursion`."""

from __future__ import annotations

import textwrap
import types
from typing import Any

import pytest

from autograph_hook.settings import ModuleOptions
from tests.twins.both import enabled, plain
from tests.twins.graphs import numbers, tensors

tf = pytest.importorskip("tensorflow")

ON = ModuleOptions(mode="traced", recursion=True)
OFF = ModuleOptions(mode="traced")


def modules(source: str, options: ModuleOptions = ON) -> tuple[types.ModuleType, types.ModuleType]:
    """The source as a plain and as an enabled module."""
    source = "import tensorflow as tf\n" + textwrap.dedent(source)
    return plain(source), enabled(source, options=options)


def same(source: str, *calls: tuple[Any, ...], function: str = "f") -> None:
    """In a graph, the function gives what it gives when it runs eagerly."""
    one, other = modules(source)
    staged = tf.function(getattr(other, function))
    for arguments in calls:
        given = tensors(arguments)
        expected = numbers(getattr(one, function)(*given))
        found = numbers(staged(*given))
        assert found == expected, (arguments, found, expected)


def same_gradients(source: str, arguments: tuple[Any, ...], names: tuple[str, ...] = (), function: str = "f") -> None:
    """The same of the gradients for the float arguments, and for the module's variables and tensors of these names."""
    results = []
    for module, is_staged in zip(modules(source), (False, True), strict=True):
        called = getattr(module, function)
        if is_staged:
            called = tf.function(called)
        given = tensors(arguments)
        wanted = [tensor for tensor in given if tensor.dtype.is_floating] + [getattr(module, name) for name in names]
        with tf.GradientTape() as tape:
            tape.watch(wanted)
            outputs = [tf.cast(output, tf.float32) for output in tf.nest.flatten(called(*given))]
            total = tf.add_n([tf.reduce_sum(output) * (i + 1) for i, output in enumerate(outputs)])
        gradients = [
            tf.zeros_like(tensor) if gradient is None else tf.convert_to_tensor(gradient)
            for tensor, gradient in zip(wanted, tape.gradient(total, wanted), strict=True)
        ]
        results.append([total.numpy(), *[gradient.numpy() for gradient in gradients]])
    for found, expected in zip(results[1], results[0], strict=True):
        tf.debugging.assert_near(found, expected, rtol=1e-5)
