"""Keras training programs, run plain and staged from the same start, and what a trace must never leave behind."""

from __future__ import annotations

import gc
import random
import textwrap
import types
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tests.staging.programs import Program, Raised, outcome

X = tf.constant(np.random.RandomState(0).randn(8, 6).astype("float32"))
Y = tf.constant(np.arange(8) % 3)
STEP = """
    def step(x, y, training=True):
        with tf.GradientTape() as tape:
            logits = model(x, training=training)
            loss = loss_fn(y, logits)
            if model.losses:
                loss += tf.add_n(model.losses)
        grads = tape.gradient(loss, model.trainable_variables)
        opt.apply_gradients(zip(grads, model.trainable_variables))
        acc.update_state(y, logits)
        return loss
"""
START = """
    import keras, random
    from keras import layers
    random.seed(7)  # from which Keras takes the seeds of initializers and seed generators
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    opt = keras.optimizers.Adam(0.01)
    acc = keras.metrics.SparseCategoricalAccuracy()
"""


def program(model: str, step: str = STEP, **options: Any) -> Program:
    return Program("\n".join(map(textwrap.dedent, (START, model, step))), **options)


def weights(module: Any) -> list[Any]:
    return [np.asarray(v) for v in (*module.model.variables, *module.opt.variables, *module.acc.variables)]


def train(made: Program, steps: int = 4, x: Any = X, y: Any = Y, **keywords: Any) -> None:
    """Some steps in both modules: equal losses, and equal weights, slots and metrics after them."""
    for _ in range(steps):
        both(made, lambda module: module.step(x, y, **keywords))
    both(made, weights)


def both(made: Program, act: Callable[[Any], Any]) -> Any:
    random.seed(11)
    expected = outcome(act, made.plain)
    random.seed(11)
    found = outcome(act, made.hooked)
    close(found, expected)
    for name in ("model", "opt", "acc"):
        left, usual = (symbolic_in(getattr(module, name, None)) for module in (made.hooked, made.plain))
        assert len(left) == len(usual), left  # Keras 2 keeps some of its own
    return found


def close(found: Any, expected: Any) -> None:
    """The same types, and floats to within the order of a sum."""
    if isinstance(expected, Raised) or isinstance(found, Raised):
        assert isinstance(expected, Raised), repr(found.error)
        assert isinstance(found, Raised), (found, repr(expected.error))
        assert type(found.error) is type(expected.error), (found.error, expected.error)
    elif isinstance(expected, (list, tuple)):
        assert type(found) is type(expected) and len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            close(one, other)
    elif isinstance(expected, (tf.Tensor, np.ndarray)):
        assert type(found) is type(expected) and found.dtype == expected.dtype and found.shape == expected.shape
        np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=2e-5, atol=1e-6)
    elif isinstance(expected, float):
        assert type(found) is float
        np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-6)
    elif not callable(expected):
        assert type(found).__name__ == type(expected).__name__
        assert found == expected or not isinstance(expected, (int, str, bool))


_SKIPPED = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.CodeType, types.FrameType,
            tf.Graph)  # fmt: skip


def symbolic_in(root: Any) -> list[str]:
    """Every symbolic tensor that can be reached from an object, with the kind of object that holds it."""
    found, seen, queue = [], {id(root)}, [root]
    while queue:
        value = queue.pop()
        for held in gc.get_referents(value):
            if id(held) in seen or isinstance(held, _SKIPPED):
                continue
            seen.add(id(held))
            if isinstance(held, tf.Tensor) and not hasattr(held, "numpy"):
                found.append(f"{held!r} in a {type(value).__name__}")
            elif not isinstance(held, (keras.KerasTensor, str, int, float, bytes)):
                queue.append(held)
    return found
