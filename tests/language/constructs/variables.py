"""Variables of the framework, modules and layers."""

from __future__ import annotations

from tests.language.entry import Entry, tensor, variable

TITLE = "Variables and models"
ENTRIES = (
    Entry(
        "`tf.Variable.assign` under a condition",
        """
        def f(v, x):
            if x > 0:
                v.assign_add(x)
            return v + 1
        """,
        tensors=[(variable(1), tensor(2)), (variable(1), tensor(-2))],
        mixtures=[(variable(1), 2)],
    ),
    Entry(
        "`tf.Variable.assign` in a loop, in order",
        """
        def f(v, n):
            while n > 0:
                v.assign(v * 2 + n)
                n -= 1
            return v.read_value()
        """,
        tensors=[(variable(1), tensor(3))],
    ),
    Entry(
        "a condition on a variable",
        """
        def f(v):
            if v > 2:
                return v * 2
            return v + 0
        """,
        tensors=[(variable(3),), (variable(1),)],
    ),
    Entry(
        "a variable made in the function",
        """
        def f(x):
            v = tf.Variable(1)
            v.assign_add(x)
            return v.read_value()
        """,
        tensors=[(tensor(2),)],
        refused="ValueError: tf.function only supports singleton tf.Variables created on the first call.",
    ),
    Entry(
        "a `tf.Module` with variables",
        """
        class Dense(tf.Module):
            def __init__(self):
                self.w = tf.Variable([[2.0], [1.0]])

            def __call__(self, x):
                y = x @ self.w
                if tf.reduce_sum(y) > 3.0:
                    y = y * 0.5
                return y

        DENSE = Dense()

        def f(x):
            return DENSE(x)
        """,
        tensors=[(tensor([[1.0, 2.0]]),), (tensor([[0.5, 0.25]]),)],
    ),
    Entry(
        "a Keras layer with a condition in `call`",
        """
        class Clip(tf.keras.layers.Layer):
            def call(self, x, training=False):
                if training:
                    x = x + 1.0
                if tf.reduce_sum(x) > 3.0:
                    return x * 0.5
                return x

        CLIP = Clip()

        def f(x):
            return CLIP(x), CLIP(x, training=True)
        """,
        tensors=[(tensor([1.0, 1.0]),), (tensor([4.0, 1.0]),)],
    ),
    Entry(
        "a gradient step on a variable",
        """
        def f(v, x):
            for _ in range(2):
                with tf.GradientTape() as tape:
                    loss = (v * x - 4.0) ** 2
                    if loss > 1.0:
                        loss = loss * 0.5
                v.assign_sub(0.125 * tape.gradient(loss, v))
            return v.read_value(), loss
        """,
        tensors=[(variable(1.0), tensor(2.0))],
    ),
)
