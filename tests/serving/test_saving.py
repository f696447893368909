"""What enabled modules save, a process that does not know this package loads, with equal results."""

from __future__ import annotations

from pathlib import Path

from .processes import run

MODULE = """
import tensorflow as tf

class Clip(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable([1.0, -2.0, 3.0])
        self.calls = 0
    def shrink(self, x):
        while tf.reduce_sum(x) > 10.0:
            x = x / 2.0
        return x
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def __call__(self, x):
        if tf.reduce_max(x) > 3.0:
            x = self.shrink(x)
        else:
            for _ in range(3):
                x = x + 0.5
        return x * self.w[:tf.shape(x)[0]]
    def eager(self, x):
        y = x
        for _ in range(12):
            y = tf.sin(y) + self.w
        return y
"""
SAVE = """
import random, tensorflow as tf, keras
from clips import Clip
random.seed(0)

class Gate(keras.layers.Layer):
    def __init__(self, **given):
        super().__init__(**given)
        self.dense = keras.layers.Dense(3)
    def call(self, x):
        if tf.reduce_sum(x) > 0.0:
            x = x * 2.0
        return self.dense(x)

x = tf.constant([1.0, 2.0, 3.0])
clip = Clip()
for _ in range(40):
    value = clip.eager(x)
clip.plain = tf.function(clip.eager, input_signature=[tf.TensorSpec([3], tf.float32)])
tf.saved_model.save(clip, "clip")
model = keras.Sequential([keras.Input((3,)), Gate(), keras.layers.Dropout(0.5), keras.layers.LayerNormalization()])
opt, loss_fn = keras.optimizers.Adam(), keras.losses.MeanSquaredError()
def step(x):
    with tf.GradientTape() as tape:
        loss = loss_fn(x, model(x, training=True))
    opt.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
    return loss
for _ in range(40):
    step(x[None])
model.export("exported", verbose=False)
library = keras.Sequential([keras.Input((3,)), model.layers[0].dense, keras.layers.ReLU()])
library.save("whole.keras")
model.save_weights("model.weights.h5")
print([*map(float, clip(x * 3.0)), *map(float, clip(x * 0.1)), *map(float, value),
       *map(float, model(x[None])[0]), *map(float, library(-x[None])[0])])
"""
LOAD = """
import sys
sys.modules["autograph_hook"] = None  # where it is installed, it is not there for this process
import tensorflow as tf, keras
x = tf.constant([1.0, 2.0, 3.0])
clip, exported = tf.saved_model.load("clip"), tf.saved_model.load("exported")
library = keras.models.load_model("whole.keras")
print([*map(float, clip(x * 3.0)), *map(float, clip(x * 0.1)), *map(float, clip.plain(x)),
       *map(float, exported.serve(x[None])[0]), *map(float, library(-x[None])[0])])
"""


def test_saved_functions_and_models_run_without_us(tmp_path: Path) -> None:
    (tmp_path / "clips.py").write_text("# autograph: enable\n" + MODULE)
    (tmp_path / "save.py").write_text(SAVE)
    saved = run(tmp_path / "save.py", True)
    (tmp_path / "load.py").write_text(LOAD)
    loaded = run(tmp_path / "load.py")
    ours, theirs = eval(saved.splitlines()[-1]), eval(loaded.splitlines()[-1])
    assert len(ours) == len(theirs) == 15
    assert all(abs(one - other) <= 1e-5 * max(1.0, abs(one)) for one, other in zip(ours, theirs, strict=True))
