"""Functions that are given to the framework's own functions."""

from __future__ import annotations

from tests.language.entry import Entry, dataset, tensor

TITLE = "Higher-order functions"
CLIP = """
def clip(x):
    if x > 2:
        return x - 2
    return x
"""
ENTRIES = (
    Entry(
        "`tf.map_fn`",
        CLIP + "\ndef f(xs):\n    return tf.map_fn(clip, xs)",
        tensors=[(tensor([1, 2, 5]),)],
    ),
    Entry(
        "`tf.vectorized_map`",
        "def f(xs):\n    return tf.vectorized_map(lambda x: x * 2 + (1 if len(xs) > 2 else 0), xs)",
        tensors=[(tensor([1, 2, 5]),)],
    ),
    Entry(
        "`tf.scan`",
        CLIP + "\ndef f(xs):\n    return tf.scan(lambda total, x: total + clip(x), xs)",
        tensors=[(tensor([1, 2, 5]),)],
    ),
    Entry(
        "`tf.foldl`",
        CLIP + "\ndef f(xs):\n    return tf.foldl(lambda total, x: total * 2 + clip(x), xs)",
        tensors=[(tensor([1, 2, 5]),)],
    ),
    Entry(
        "`tf.cond`",
        CLIP + "\ndef f(x):\n    return tf.cond(x > 0, lambda: clip(x), lambda: -x)",
        tensors=[(tensor(5),), (tensor(-5),)],
    ),
    Entry(
        "`tf.while_loop`",
        CLIP + "\ndef f(x):\n    return tf.while_loop(lambda y: y > 3, lambda y: [clip(y)], [x])",
        tensors=[(tensor(8),)],
    ),
    Entry(
        "`tf.switch_case`",
        CLIP + "\ndef f(x):\n    return tf.switch_case(x, [lambda: clip(x + 5), lambda: x * 3])",
        tensors=[(tensor(0),), (tensor(1),)],
    ),
    Entry(
        "`tf.custom_gradient`",
        """
        @tf.custom_gradient
        def clipped(x):
            def grad(upstream):
                if upstream > 1.0:
                    return upstream * 0.5
                return upstream
            if x > 2.0:
                return x * 3.0, grad
            return x * 1.0, grad

        def f(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = clipped(x) * 2.0
            return y, tape.gradient(y, x)
        """,
        tensors=[(tensor(3.0),), (tensor(1.0),)],
    ),
    Entry(
        "`tf.GradientTape` around a condition and a loop",
        """
        def f(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = x
                while y < 20.0:
                    y = y * x if x > 1.0 else y + 5.0
            return y, tape.gradient(y, x)
        """,
        tensors=[(tensor(3.0),), (tensor(0.5),)],
    ),
    Entry(
        "`tf.py_function`",
        CLIP + "\ndef f(x):\n    return tf.py_function(clip, [x], tf.int32) + 0",
        tensors=[(tensor(5),)],
    ),
    Entry(
        "`tf.numpy_function`",
        CLIP + "\ndef f(x):\n    return tf.numpy_function(lambda v: np.int32(clip(v)), [x], tf.int32) + 0",
        tensors=[(tensor(5),)],
    ),
    Entry(
        "`tf.nest.map_structure`",
        CLIP + '\ndef f(x):\n    return tf.nest.map_structure(clip, {"a": x, "b": (x + 3, x - 3)})',
        python=[(5,)],
        tensors=[(tensor(5),)],
    ),
    Entry(
        "`functools.reduce`",
        "import functools\n"
        + CLIP
        + "\ndef f(xs):\n    return functools.reduce(lambda total, x: total * 2 + clip(x), xs)",
        python=[([1, 2, 5],)],
    ),
    Entry(
        "`Dataset.map`, `Dataset.filter`",
        CLIP
        + """
def f(data):
    total = 0
    for x in data.map(clip).filter(lambda x: x > 1):
        total = total * 10 + x
    return total
""",
        tensors=[(dataset([1, 2, 5]),)],
    ),
    Entry(
        "`Dataset.reduce`",
        CLIP + "\ndef f(data):\n    return data.reduce(0, lambda total, x: total + clip(x))",
        tensors=[(dataset([1, 2, 5]),)],
    ),
)
