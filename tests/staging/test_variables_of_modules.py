"""A staged step that asks a module for its variables sees every change of what hangs on the module."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf

from tests.staging.programs import Program

SOURCE = """
    class Layer(tf.Module):
        def __init__(self, value):
            super().__init__()
            self.w = tf.Variable(value)
            self.count = 0

    class Model(tf.Module):
        def __init__(self):
            super().__init__()
            self.layers = [Layer(1.0), Layer(2.0)]
            self.named = {"one": Layer(3.0)}
            self.steps = 0

    model = Model()

    def total(x):
        return pad(x) * tf.add_n([v * (i + 1.0) for i, v in enumerate(model.trainable_variables)])
"""

CHANGES: dict[str, Callable[[Any], object]] = {
    "a counter": lambda m: setattr(m.model, "steps", m.model.steps + 1),
    "a counter of a layer": lambda m: setattr(m.model.layers[0], "count", 5),
    "a variable of a layer": lambda m: setattr(m.model.layers[0], "w", tf.Variable(7.0)),
    "a counter becomes a variable": lambda m: setattr(m.model, "steps", tf.Variable(9.0)),
    "a layer is added": lambda m: m.model.layers.append(m.Layer(4.0)),
    "a layer is replaced": lambda m: m.model.layers.__setitem__(0, m.Layer(5.0)),
    "layers in another order": lambda m: m.model.layers.reverse(),
    "a layer in a dictionary": lambda m: m.model.named.__setitem__("one", m.Layer(6.0)),
    "a new attribute": lambda m: setattr(m.model, "another", m.Layer(8.0)),
    "an attribute goes": lambda m: delattr(m.model, "named"),
    "a variable that is not trained": lambda m: setattr(m.model.layers[0], "w", tf.Variable(1.0, trainable=False)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_between_calls_is_seen(change: Callable[[Any], object]) -> None:
    program = Program(SOURCE)

    def call(module: Any) -> Any:
        return module.total(tf.ones([2]))

    program.calls(4, call)
    program.assert_staged("total")
    program.both(lambda module: change(module) and None)
    program.calls(3, call)


def test_a_model_that_only_its_graphs_know_dies() -> None:
    program = Program(SOURCE)
    program.calls(4, lambda module: module.total(tf.ones([2])))
    program.assert_staged("total")
    alive = weakref.ref(program.hooked.model)
    program.hooked.model = None
    gc.collect()
    assert alive() is None
