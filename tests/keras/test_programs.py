"""Programs that do with Keras what programs do, and change it in the middle: they give what the eager run gives."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import pytest
import tensorflow as tf

from .training import STEP, X, Y, both, program, weights

MODEL = "model = keras.Sequential([layers.Dense(8, activation='relu', name='one'), layers.Dense(3, name='two')])\n"
DROPS = "model = keras.Sequential([layers.Dense(8), layers.Dropout(0.5, seed=3), layers.Dense(3)])\n"


@pytest.fixture(autouse=True)
def settings_are_put_back() -> Iterator[None]:
    policy = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(policy)
    tf.random.set_seed(0)
    tf.random.set_global_generator(tf.random.Generator.from_seed(0))


# What stands before `step`, `step` (the usual one where it is empty), and what a run does with it: a function of the
# module and of the number of the turn.
PROGRAMS: dict[str, tuple[str, str, str]] = {
    "a policy of mixed precision": (
        "keras.config.set_dtype_policy('mixed_float16')\n" + MODEL
        + "keras.config.set_dtype_policy('float32')\nopt = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))\n",
        """
        def step(x, y):
            with tf.GradientTape() as tape:
                loss = tf.cast(loss_fn(y, model(x, training=True)), tf.float32)
                scaled = opt.scale_loss(loss)
            opt.apply(tape.gradient(scaled, model.trainable_variables), model.trainable_variables)
            return loss
        """,
        "step(x, y)",
    ),
    "a policy that is set between calls": (
        MODEL + "late = []\n",
        """
        def step(x):
            out = model(pad(x))
            for layer in late:
                out = layer(out)
            return out
        def turn(i):
            if i == 3:
                keras.config.set_dtype_policy('mixed_bfloat16')
                late.append(layers.Dense(2))
                keras.config.set_dtype_policy('float32')
            if i == 6:
                model.layers[0].dtype_policy = 'float64'
            return step(X)
        """,
        "turn(i)",
    ),
    "fit inside of enabled code": (
        MODEL + "model.compile(optimizer=keras.optimizers.SGD(0.01), loss=loss_fn)\n",
        STEP + """
        seen = []
        class Watch(keras.callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None):
                seen.append(step(X, Y))
        def turn(i):
            if i not in (3, 6):
                return step(X, Y)
            history = model.fit(X, Y, batch_size=4, epochs=1, verbose=0, shuffle=False,
                                callbacks=[Watch(), keras.callbacks.LambdaCallback(on_epoch_end=lambda e, logs: seen.append(e))])
            return history.history['loss'], seen[-3:]
        """,
        "turn(i)",
    ),
    "training on batches": (
        MODEL + "model.compile(optimizer=keras.optimizers.SGD(0.1), loss=loss_fn)\n",
        "def step(x, y):\n    return model.train_on_batch(x, y), model.test_on_batch(x, y), model.predict_on_batch(x)\n",
        "step(x, y)",
    ),
    "a model that is saved in the middle": (
        MODEL,
        STEP + """
        import tempfile, os
        def turn(i):
            global model
            if i == 3:
                with tempfile.TemporaryDirectory() as where:
                    path = os.path.join(where, 'model.keras')
                    model.save(path)
                    model = keras.models.load_model(path)
                opt.build(model.trainable_variables)
            return step(X, Y)
        """,
        "turn(i)",
    ),
    "a model that is copied and cloned": (
        MODEL,
        """
        import copy, pickle
        def step(x):
            return pad(model(x))
        def turn(i):
            global model
            if i == 3:
                model = pickle.loads(pickle.dumps(model))
            if i == 5:
                model = copy.deepcopy(model)
                model.layers[0].kernel.assign(model.layers[0].kernel * 2.0)
            if i == 7:
                old, model = model, keras.models.clone_model(model)
                model.set_weights(old.get_weights())
            return step(X)
        """,
        "turn(i)",
    ),
    "seeds that are set again": (
        "tf.keras.utils.set_random_seed(4)\nmodel = keras.Sequential([layers.Dense(8), layers.Dropout(0.5), layers.Dense(3)])\n",
        STEP + """
        def turn(i):
            tf.keras.utils.set_random_seed(i)
            return step(X, Y), tf.random.normal((2,)), keras.random.normal((2,))
        """,
        "turn(i)",
    ),
    "keras.random": (
        "source = keras.random.SeedGenerator(5)\n" + MODEL,
        """
        def step(x):
            y = model(x) + keras.random.normal((8, 3), seed=source) * keras.random.uniform((8, 3), seed=7)
            return pad(keras.random.dropout(y, 0.3, seed=source)), source.next()
        """,
        "step(x)",
    ),
    "trainable that is set in the step": (
        MODEL,
        """
        def step(x, y):
            model.layers[0].trainable = False
            with tf.GradientTape() as tape:
                loss = loss_fn(y, model(x))
            chosen = model.trainable_variables
            opt.apply(tape.gradient(loss, chosen), chosen)
            model.layers[0].trainable = True
            return loss, len(chosen)
        """,
        "step(x, y)",
    ),
    "a model that counts its calls": (
        """
        class Net(keras.Model):
            def __init__(self):
                super().__init__()
                self.dense, self.calls, self.seen = layers.Dense(3), 0, []
            def call(self, x):
                self.calls += 1
                self.last = self.dense(x)
                return self.last * float(self.calls)
        model = Net()
        """,
        "def step(x, y):\n    return pad(model(x)), model.calls, model.last\n",
        "step(x, y)",
    ),
    "a train_step of a class": (
        """
        class Net(keras.Model):
            def __init__(self):
                super().__init__()
                self.dense = layers.Dense(3)
                self.tracker = keras.metrics.Mean(name='loss')
                self.steps = tf.Variable(0, trainable=False)
            @property
            def metrics(self):
                return [self.tracker]
            def call(self, x, training=False):
                return self.dense(x * 2.0 if training else x)
            def train_step(self, data):
                x, y = data
                with tf.GradientTape() as tape:
                    loss = loss_fn(y, self(x, training=True))
                grads = tape.gradient(loss, self.trainable_variables)
                self.optimizer.apply_gradients(zip(grads, self.trainable_variables))
                self.tracker.update_state(loss)
                self.steps.assign_add(1)
                return {m.name: m.result() for m in self.metrics}
        model = Net()
        model.compile(optimizer=keras.optimizers.Adam(0.01))
        def turn(i):
            if i == 4:
                return model.fit(X, Y, epochs=2, batch_size=4, verbose=0, shuffle=False).history['loss']
            return sorted(model.train_step((X, Y)).items()), model.steps
        """,
        "",
        "turn(i)",
    ),
    "a method of Keras that is replaced": (
        MODEL,
        STEP + """
        def turn(i):
            original = layers.Dense.call
            if i >= 4:
                layers.Dense.call = lambda self, x, training=None: original(self, x) + 1.0
            try:
                return step(X, Y)
            finally:
                layers.Dense.call = original
        """,
        "turn(i)",
    ),
    "an optimizer's method that is replaced": (
        MODEL,
        STEP + """
        def turn(i):
            original = keras.optimizers.Adam.update_step
            if i >= 4:
                keras.optimizers.Adam.update_step = lambda self, g, v, rate: self.assign_sub(v, g)
            try:
                return step(X, Y)
            finally:
                keras.optimizers.Adam.update_step = original
        """,
        "turn(i)",
    ),
    "keras.ops": (
        MODEL,
        """
        from keras import ops
        def step(x):
            y = ops.matmul(x, ops.transpose(x)) + ops.mean(model(x))
            return ops.softmax(pad(y)), ops.shape(y), ops.convert_to_numpy(y).sum() > 0
        """,
        "step(x)",
    ),
    "a schedule, a loss and a metric of one's own": (
        MODEL + """
class Slow(keras.optimizers.schedules.LearningRateSchedule):
    scale = 1.0
    def __call__(self, step):
        if step < 3:
            return 0.1 * self.scale
        return 0.1 / tf.cast(step, tf.float32)
class Sharp(keras.losses.Loss):
    def __init__(self):
        super().__init__()
        self.power = 2.0
    def call(self, y, p):
        return tf.reduce_mean(tf.abs(tf.one_hot(y, 3) - p) ** self.power, -1)
class Largest(keras.metrics.Metric):
    def __init__(self):
        super().__init__()
        self.top = self.add_weight(name='top', initializer='zeros')
        self.calls = 0
    def update_state(self, y, p, sample_weight=None):
        if tf.reduce_max(p) > self.top:
            self.top.assign(tf.reduce_max(p))
    def result(self):
        return self.top
slow, loss_fn, acc = Slow(), Sharp(), Largest()
opt = keras.optimizers.SGD(slow)
""",
        STEP + """
        def turn(i):
            if i == 4:
                slow.scale = 0.5
            if i == 6:
                loss_fn.power = 3.0
            return step(X, Y), acc.result()
        """,
        "turn(i)",
    ),
    "a stateful recurrent layer": (
        "model = keras.Sequential([keras.Input((3, 2), batch_size=8), layers.GRU(4, stateful=True), layers.Dense(3)])\n",
        """
        def step(x):
            return pad(model(tf.reshape(x, (8, 3, 2))))
        def turn(i):
            if i == 5:
                model.layers[0].reset_states()
            return step(X)
        """,
        "turn(i)",
    ),
    "wrappers": (
        """
        model = keras.Sequential([layers.SpectralNormalization(layers.Dense(6)), layers.Reshape((3, 2)),
                                  layers.TimeDistributed(layers.Dense(4)), layers.Flatten(), layers.Dense(3)])
        """,
        "",
        "step(x, y)",
    ),
    "a layer of a lambda whose closure changes": (
        """
        factor = [1.0]
        scale = tf.Variable(2.0)
        model = keras.Sequential([layers.Dense(3), layers.Lambda(lambda x: x * factor[0] * scale)])
        """,
        STEP + """
        def turn(i):
            if i == 4:
                factor[0] = 3.0
            scale.assign(float(i))
            return step(X, Y)
        """,
        "turn(i)",
    ),
    "shapes that do not fit": (
        MODEL,
        STEP + "def turn(i):\n    return step(X, Y) if i % 4 else step(X[:, :4], Y)\n",
        "turn(i)",
    ),
    "variables that the optimizer does not know": (
        MODEL + "other = keras.Sequential([layers.Dense(3)])\nother(tf.ones((8, 6)))\n",
        STEP + """
        def turn(i):
            global model, other
            if i == 4:
                model, other = other, model
            return step(X, Y)
        """,
        "turn(i)",
    ),
    "gradients that are clipped and averaged": (
        MODEL + "opt = keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.5)\n",
        """
        def step(x, y):
            with tf.GradientTape() as tape:
                loss = loss_fn(y, model(x, training=True))
            grads, norm = tf.clip_by_global_norm(tape.gradient(loss, model.trainable_variables), 0.5)
            opt.apply(grads, model.trainable_variables)
            return loss, norm
        def turn(i):
            if i == 4:
                opt.finalize_variable_values(model.trainable_variables)
            return step(X, Y)
        """,
        "turn(i)",
    ),
    "a NumPy array on a layer": (
        """
        class Mask(layers.Layer):
            def __init__(self):
                super().__init__()
                self.mask = np.ones(6, 'float32')
            def call(self, x):
                return x * self.mask
        model = keras.Sequential([Mask(), layers.Dense(3)])
        def turn(i):
            if i == 4:
                model.layers[0].mask[2] = 0.0
            return step(X, Y)
        """,
        "",
        "turn(i)",
    ),
    "a dropout with a seed": (DROPS, "", "step(x, y)"),
    "an iterator in the step": (
        MODEL + "batches = iter(tf.data.Dataset.from_tensor_slices((tf.sin(tf.reshape(tf.range(48.0), (8, 6))), tf.range(8) % 3)).batch(4).repeat())\n",
        STEP + "def turn(i):\n    return step(*next(batches))\n",
        "turn(i)",
    ),
    "a variable that is exchanged": (
        MODEL,
        STEP + """
        def turn(i):
            if i == 4:
                one = model.layers[0]
                one._kernel = one.kernel.__class__(tf.ones((6, 8)), trainable=False)
            return pad(model(X))
        """,
        "turn(i)",
    ),
    "two models and one layer between them": (
        "shared = layers.Dense(4, name='shared')\nmodel = keras.Sequential([shared, layers.Dense(3)])\nother = keras.Sequential([shared, layers.Dense(3)])\n",
        STEP + """
        def turn(i):
            global model, opt
            model, opt = (other, keras.optimizers.SGD(0.1)) if i % 2 else (first, keras.optimizers.SGD(0.2))
            return step(X, Y)
        first = model
        """,
        "turn(i)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program(name: str) -> None:
    model, step, act = PROGRAMS[name]
    import textwrap

    made = program(textwrap.dedent(model), textwrap.dedent(STEP) if not step else _joined(step))
    for module in (made.plain, made.hooked):
        vars(module).setdefault("X", X)
        vars(module).setdefault("Y", Y)
    for i in range(9):
        both(made, lambda module, i=i: eval(act, vars(module), {"i": i, "x": X, "y": Y}))
        if hasattr(made.plain.model, "variables"):
            both(made, weights)


def _joined(step: str) -> str:
    """The usual step, if the text begins with it, and the rest, each with its own indentation."""
    import textwrap

    if step.startswith(STEP):
        return textwrap.dedent(STEP) + textwrap.dedent(step[len(STEP):])
    return textwrap.dedent(step)
