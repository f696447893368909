"""Values that are not there yet."""

from __future__ import annotations

from tests.errors.mistake import Family, Mistake

FAMILY = Family(
    "Values that are not there yet",
    "While a graph is built a tensor stands for a value that there will be when it runs.",
    (
        Mistake(
            "`.numpy()` in a graph",
            """
            import tensorflow as tf

            @tf.function
            def total(xs):
                result = 0.0
                for x in xs:
                    result += x.numpy()
                return result

            print(total(tf.constant([1.5, 2.5])))
            """,
            "leave `.numpy()` out",
            "The first line is TensorFlow's, the second ours.",
            "Write `result += x`.",
            line=7,
        ),
        Mistake(
            "`.numpy()` in a Keras model",
            """
            import tensorflow as tf

            class Net(tf.keras.Model):
                def __init__(self):
                    super().__init__()
                    self.dense = tf.keras.layers.Dense(1)

                def call(self, x):
                    y = self.dense(x)
                    print("mean", y.numpy().mean())
                    return y

            net = Net()
            net.compile(loss="mse")
            net.fit(tf.ones([4, 2]), tf.ones([4, 1]), verbose=0)
            """,
            "script.py:10, in call: a tensor has no value while the graph is built",
            "`fit` builds a graph of `call`. Keras adds what the layer was called with.",
            'Print when the graph runs: `tf.print("mean", tf.reduce_mean(y))`.',
            line=10,
        ),
        Mistake(
            "a tensor as the key of a dictionary",
            """
            import tensorflow as tf

            NAMES = {0: "zero", 1: "one"}

            @tf.function
            def name(x):
                return NAMES[x]

            print(name(tf.constant(1)))
            """,
            "look texts and numbers up in a tf.lookup.StaticHashTable",
            "Eager TensorFlow raises the same `TypeError`; the line below it is ours.",
            'Keep the names in a tensor, and write `tf.gather(["zero", "one"], x)`.',
            line=7,
        ),
        Mistake(
            "a tensor as an element of a set",
            """
            import tensorflow as tf

            @tf.function
            def distinct(xs):
                seen = set()
                for i in range(3):
                    seen.add(xs[i])
                return len(seen)

            print(distinct(tf.constant([1, 2, 1])))
            """,
            "count distinct values with tf.unique",
            "As above: a set holds its elements by their hash, and a tensor has none.",
            "`tf.size(tf.unique(xs).y)`.",
            line=7,
        ),
        Mistake(
            "an index into a list of different things",
            """
            import tensorflow as tf

            WEIGHTS = [tf.ones([2]), tf.ones([3])]

            @tf.function
            def pick(i):
                return WEIGHTS[i]

            print(pick(tf.constant(1)))
            """,
            "picks from elements of different kinds: a float32 tensor of shape (2,), a float32 tensor of shape (3,)",
            "A graph can pick from a list whose elements are alike: it makes one tensor of them.",
            "Choose with `if i == 0: ... else: ...`, or use a `tf.RaggedTensor`.",
            line=7,
        ),
        Mistake(
            "a text of a tensor",
            """
            import tensorflow as tf

            @tf.function
            def text(x):
                return f"{x:.2f}"

            print(text(tf.constant(3.0)))
            """,
            "no text can be made of it",
            "Two decimals of which number? That is known when the graph runs.",
            "`tf.strings.as_string(x, precision=2)`.",
            line=5,
        ),
        Mistake(
            "a tensor for NumPy",
            """
            import numpy as np
            import tensorflow as tf

            @tf.function
            def unit(x):
                return x / np.linalg.norm(x)

            print(unit(tf.constant([3.0, 4.0])))
            """,
            "script.py:6, in unit: NumPy computes while the graph is built",
            "NumPy has no graph. The line is the one of the program that called it.",
            "`tf.norm(x)`.",
            line=6,
        ),
        Mistake(
            "a tensor for Python's `math`",
            """
            import math
            import tensorflow as tf

            @tf.function
            def length(x):
                return math.sqrt(x)

            print(length(tf.constant(3.0)))
            """,
            "Python wants a number here",
            "Enabled code may say `float(x)`, which stays a tensor in a graph; a function of C code wants the number.",
            "`tf.sqrt(x)`.",
            line=6,
        ),
        Mistake(
            "a Python number becomes a tensor, and overflows",
            """
            import tensorflow as tf

            @tf.function
            def power(n):
                result = 1
                for _ in tf.range(n):
                    result = result * 100000
                return result

            print(power(tf.constant(3)))
            """,
            "-1530494976",
            "Nothing is said: a number that a loop of the graph changes is a tensor, and TensorFlow takes `int32` for a "
            "Python `int`. Python's integers have no end, those of a tensor wrap around, in eager TensorFlow, too. (What "
            "the hook stages by itself makes no tensors of Python numbers.)",
            "Begin with the dtype that is large enough: `result = tf.constant(1, tf.int64)`, or `1.0`.",
            status=0,
        ),
        Mistake(
            "a Python number becomes a tensor, and meets another dtype",
            """
            import tensorflow as tf

            @tf.function
            def limited(x):
                most = 3
                if x > 10:
                    most = 7
                return min(most + 0.5, x)

            print(limited(tf.constant(12.0)))
            """,
            "write it as a float",
            "Which of the two numbers `most` is, is known only when the graph runs, so it is a tensor, and TensorFlow takes "
            "`int32` for a Python `int`. (What the hook stages by itself makes no tensors of Python numbers.)",
            "`most = 3.0`, and `most = 7.0` in the branch.",
            line=8,
        ),
        Mistake(
            "a class body decides on a tensor",
            """
            import tensorflow as tf

            @tf.function
            def scaled(x):
                class Scale:
                    factor = 2.0 if x > 0 else 0.5

                return x * Scale.factor

            print(scaled(tf.constant(3.0)))
            """,
            "Python asks for the truth of a tensor",
            "The body of a class runs as it is written, in a graph, too: its names are the attributes of the class.",
            "`factor = 2.0 if x > 0 else 0.5` before the class.",
            line=6,
        ),
        Mistake(
            "an object whose truth is a tensor",
            """
            import tensorflow as tf

            class Level:
                def __init__(self, number):
                    self.number = number

                def __bool__(self):
                    return self.number > 1

            @tf.function
            def halved(x):
                level = Level(2 if x > 0 else 1)
                if level:
                    x = x * 0.5
                return x

            print(halved(tf.constant(3.0)))
            """,
            "an object's __bool__ gives a tensor here",
            "Which of the two numbers `level` holds, is known only when the graph runs, so it is a tensor, and what is "
            "compared with it is one, too.",
            "`if level.number > 1:`",
            line=13,
        ),
        Mistake(
            "a cache of a function of tensors",
            """
            import functools
            import tensorflow as tf

            @functools.lru_cache
            def size(x):
                return tf.size(x)

            @tf.function
            def more(x):
                return size(x) + 1

            print(more(tf.constant([3])))
            """,
            "script.py:10, in more: a tensor cannot be a key of a dictionary",
            "`lru_cache` looks its arguments up in a dictionary.",
            "Leave the cache out: a graph computes it once per call as it is.",
            line=10,
        ),
        Mistake(
            "a list whose length nobody knows",
            """
            import tensorflow as tf

            @tf.function
            def joined(n):
                names = [tf.strings.as_string(i) for i in range(n)]
                return ", ".join(names)

            print(joined(tf.constant(3)))
            """,
            "str.join() is not enabled, and is given a list, which changes at script.py:5",
            "`range(n)` of a tensor is a loop of the graph, so the comprehension makes a list as long as the graph finds "
            "it. Enabled code can use it as a list; a method of `str` is not enabled code.",
            '`tf.strings.reduce_join(tf.stack(names), separator=", ")`.',
            line=6,
        ),
        Mistake(
            "`range(tensor)`, listed",
            """
            import tensorflow as tf

            @tf.function
            def doubled(n):
                return [i * 2 for i in range(n)]

            print(doubled(tf.constant(3)))
            """,
            "Make it a tensor with tf.stack()",
            "The loop is staged, but a `tf.function` cannot return a list whose length it does not know.",
            "`return tf.stack([i * 2 for i in range(n)])`.",
            line=5,
        ),
        Mistake(
            "a tensor of unknown length, unpacked",
            """
            import tensorflow as tf

            @tf.function(input_signature=[tf.TensorSpec([None])])
            def added(pair):
                a, b = pair
                return a + b

            print(added(tf.constant([3.0, 1.0])))
            """,
            "the elements of a tensor of shape (None,) cannot be listed while the graph is built",
            "How many names Python must fill is known, how many elements there will be is not.",
            "Say so: `pair = tf.ensure_shape(pair, [2])`, or use `pair[0]` and `pair[1]`.",
            line=5,
        ),
        Mistake(
            "a dictionary with as many keys as a tensor says",
            """
            import tensorflow as tf

            @tf.function
            def squares(n):
                return {i: i * i for i in tf.range(n)}

            print(squares(tf.constant(3)))
            """,
            "a dictionary comprehension over a number of elements that is known only when the graph runs",
            "A list may have a length that only the graph knows, a dictionary or a set may not.",
            "Make two tensors, the keys and the values.",
            line=5,
        ),
    ),
)
