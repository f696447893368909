"""`x[key] = value` on a tensor in a graph does what NumPy does to an array."""

from __future__ import annotations

import pytest

from tests.twins.both import enabled, plain

np = pytest.importorskip("numpy")
tf = pytest.importorskip("tensorflow")

X = tf.reshape(tf.range(12.0), [3, 4])


def updated(body: str, x: object = X, i: object = 1, v: object = 5.0, signature: object = None) -> None:
    """The same statements on a tensor in a graph, and on an array."""
    lines = "\n    ".join(body.split("\n"))
    source = f"class Box: pass\ndef f(x, i, v):\n    {lines}\n    return x\n"
    staged = tf.function(enabled(f"import tensorflow as tf\n{source}").f, input_signature=signature)
    eager = plain(f"import numpy as np\n{source.replace('tf.range', 'range')}").f
    given = [np.array(value) for value in (x, i, v)]
    expected = eager(given[0].copy(), given[1] if given[1].ndim else int(given[1]), given[2])
    assert staged(x, tf.constant(i), tf.constant(v)).numpy().tolist() == expected.tolist()


@pytest.mark.parametrize(
    "body",
    [
        "x[i] = v", "x[0] = v", "x[-1] = x[0]", "x[i, 2] = v", "x[:, i] = v", "x[1:, ::2] = v", "x[..., -1] = v",
        "x[i] += v", "x[0, 1:3] *= 2.0", "x[x > 5.0] = v", "x[i - 2] = v", "x[None, i] = v", "x[:] = v",
        "x[i:] = x[0]", "x[[0, 2]] = v", "x[::-1, 0] = x[0, :3]", "x[0, 0], x[1, 1] = v, -v",
    ],
)  # fmt: skip
def test_every_form_of_index(body: str) -> None:
    updated(body)


def test_indices_of_rows() -> None:
    updated("x[i] = v", i=[0, 2])


@pytest.mark.parametrize(
    "body",
    [
        "if x[0, 0] < 1.0:\n  x[i] = v\nelse:\n  x[0] = v",
        "for j in tf.range(3):\n  x[j, j] = v\n  if x[j, 0] > 3.0:\n    x[j] += 1.0",
        "o = Box()\no.x = x\nfor j in tf.range(3):\n  o.x[j, j] = v\nx = o.x",
        "d = {'k': x}\nfor j in tf.range(3):\n  d['k'][j, j] += v\nx = d['k']",
        "def g(j):\n  nonlocal x\n  x[j] = v\nfor j in tf.range(2):\n  g(j)",
        "for j in tf.range(2):\n  y = x[j] * 2.0\n  y[0] = v\n  x[j] = y",
        "while x[i, 0] < 100.0:\n  x[i] *= 2.0",
    ],
)
def test_in_branches_loops_attributes_and_closures(body: str) -> None:
    updated(body)


def test_of_unknown_shape() -> None:
    signature = [tf.TensorSpec(None), tf.TensorSpec([], tf.int32), tf.TensorSpec([])]
    updated("x[i] = v\nx[-1, 1:] = v + 1.0", signature=signature)


def test_gradients_go_through() -> None:
    module = enabled(
        """
        def f(x, v):
            y = x * 2.0
            for j in tf.range(2):
                y[j, 0] = v * y[j, 1]
            return tf.reduce_sum(y ** 2)
        """.replace("def f", "import tensorflow as tf\n        def f", 1)
    )
    v = tf.constant(3.0)

    @tf.function
    def gradient(x: object) -> object:
        with tf.GradientTape() as tape:
            tape.watch([x, v])
            loss = module.f(x, v)
        return tape.gradient(loss, [x, v])

    def handwritten(x: object) -> object:
        y = x * 2.0
        first = tf.concat([v * y[:2, 1:2], y[:2, 1:]], axis=1)
        return tf.reduce_sum(first**2) + tf.reduce_sum(y[2:] ** 2)

    with tf.GradientTape() as tape:
        tape.watch([X, v])
        loss = handwritten(X)
    for one, other in zip(gradient(X), tape.gradient(loss, [X, v]), strict=True):
        assert np.allclose(one, other)


def test_an_eager_tensor_stays_one_that_has_no_item_assignment() -> None:
    module = enabled("def f(x):\n    x[0] = 1.0\n    return x\n")
    with pytest.raises(TypeError, match="does not support item assignment"):
        module.f(X)
