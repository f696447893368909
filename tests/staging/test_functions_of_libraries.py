"""Functions of Python's library and of TensorFlow's and Keras's smaller modules, as training code calls them."""

from __future__ import annotations

from typing import Any

import pytest

tf = pytest.importorskip("tensorflow")

from tests.staging.programs import Program  # noqa: E402

X = [[1.0, -2.0, 3.0], [0.5, 2.0, 1.0]]

STAGED = {
    "weights that a pattern leaves out of the decay": """
        import re
        weights = [tf.Variable([1.0, 2.0, 3.0], name="kernel"), tf.Variable([0.0, 1.0, 0.0], name="bias")]
        left_out = ["bias", "norm"]
        def decays(name): return not any(re.search(pattern, name) for pattern in left_out)
        def f(x):
            y = pad(x)
            for w in weights:
                w.assign_sub(0.1 * (y[0] + 0.01 * w if decays(w.name) else y[1]))
            return y, re.match(r"^(.*):[0-9]+$", weights[0].name).group(1)
    """,
    "a compiled pattern": """
        import re
        pattern = re.compile("b(.)")
        def f(x):
            return pad(x) if pattern.match("bias") else x, pattern.sub("x", "b1b2", count=1), re.split(",", "a,b")
    """,
    "functools.reduce": """
        import functools, operator
        added = []
        sizes = [2, 3]
        def add(a, b):
            added.append('a')
            return a + b
        def f(x):
            y = functools.reduce(lambda a, b: a * b, [pad(x), x, x + 1])
            return y, functools.reduce(tf.add, x), functools.reduce(add, [x, y], x), functools.reduce(operator.mul, sizes)
    """,
    "losses that are written with Keras's backend": """
        from tensorflow.keras import backend as K
        def dice(t, p, smooth=1.0):
            both = K.sum(K.flatten(t) * K.flatten(p))
            return 1 - (2.0 * both + smooth) / (K.sum(t) + K.sum(p) + smooth)
        def f(x):
            p, t = K.clip(K.sigmoid(pad(x)), K.epsilon(), 1.0 - K.epsilon()), K.cast(x > 0, K.floatx())
            return dice(t, p), K.mean(K.binary_crossentropy(t, p), axis=-1), K.softmax(x), K.l2_normalize(x, -1)
    """,
    "images": """
        images = tf.reshape(tf.range(2 * 6 * 6 * 3, dtype=tf.float32), [2, 6, 6, 3]) / 216
        boxes = tf.constant([[0.0, 0.0, 0.5, 0.5], [0.2, 0.2, 0.9, 0.9]])
        def f(x):
            image, seed = tf.image.stateless_random_crop(images[0], [4, 4, 3], (1, 2)), tf.constant([3, 4])
            image = tf.image.stateless_random_flip_left_right(image, seed)
            image = tf.image.stateless_random_brightness(tf.image.stateless_random_hue(image, 0.2, seed), 0.2, seed)
            return pad(x), image, tf.image.crop_and_resize(images, boxes, [0, 1], [4, 4])
    """,
    "special functions": """
        def f(x):
            y = tf.abs(pad(x))
            return tf.math.special.bessel_i0(y), tf.math.special.expint(y), tf.nn.experimental.stateless_dropout(y, 0.5, (1, 2))
    """,
}


@pytest.mark.parametrize("title", STAGED)
def test_it_is_staged_and_gives_what_the_eager_run_gives(title: str) -> None:
    program = Program(STAGED[title])
    program.calls(4, lambda module: (module.f(tf.constant(X)), len(getattr(module, "added", ()))))
    program.assert_staged("f", specializations=1)


def test_the_small_number_of_keras_is_asked_again_when_it_was_set() -> None:
    epsilon = tf.keras.backend.epsilon()
    program = Program("""
        def f(x): return pad(x) + tf.keras.backend.epsilon()
    """)

    def act(module: Any) -> Any:
        result = module.f(tf.constant(X))
        tf.keras.backend.set_epsilon(0.5)
        return result, module.f(tf.constant(X))

    try:
        for _ in range(4):
            tf.keras.backend.set_epsilon(epsilon)
            expected = act(program.plain)
            tf.keras.backend.set_epsilon(epsilon)
            assert [part.numpy().tolist() for part in act(program.hooked)] == [p.numpy().tolist() for p in expected]
    finally:
        tf.keras.backend.set_epsilon(epsilon)
    program.assert_staged("f")


PLAIN = {
    "a function that a pattern calls": "import re\nn = []\ndef f(x): return pad(x), re.sub('a', lambda m: n.append(1) or 'b', 'aa')",
    "reduce asks which is the largest": "import functools\ndef f(x): return pad(x), functools.reduce(max, x[0])",
}


@pytest.mark.parametrize("title", PLAIN)
def test_it_is_left_to_the_plain_run(title: str) -> None:
    program = Program(PLAIN[title])
    program.calls(4, lambda module: module.f(tf.constant(X)))
    program.assert_plain("f", "")
