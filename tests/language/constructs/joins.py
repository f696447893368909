"""What two branches leave, made one."""

from __future__ import annotations

from tests.language.entry import Entry, tensor

TITLE = "Joins"
ENTRIES = (
    Entry(
        "a name that one branch assigns, never read afterwards",
        """
        def f(x):
            if x > 0:
                extra = x * 2
            return x
        """,
        python=[(1,), (-1,)],
    ),
    Entry(
        "a name that one branch assigns, read under the same condition",
        """
        def f(x):
            if x > 0:
                extra = x * 2
            if x > 0:
                x = x + extra
            return x
        """,
        python=[(1,), (-1,)],
    ),
    Entry(
        "a name that one branch assigns, read where it may have no value",
        """
        def f(x):
            if x > 0:
                y = x * 2
            return y
        """,
        python=[(1,), (-1,)],
    ),
    Entry(
        "a Python number on one side, a tensor on the other",
        """
        def f(x):
            if x > 0:
                y = x
            else:
                y = 0
            return y + 1
        """,
        python=[(5,), (-5,)],
    ),
    Entry(
        "different Python numbers on the two sides",
        """
        def f(x):
            y = 1 if x > 0 else 2
            if x > 3:
                z = 0.5
            else:
                z = 0.25
            return y, z
        """,
        python=[(5,), (-5,)],
    ),
    Entry(
        "a Python `int` and a Python `float`",
        """
        def f(x):
            if x > 0:
                y = 1
            else:
                y = 0.5
            return y * 2.0
        """,
        python=[(5,), (-5,)],
    ),
    Entry(
        "an integer tensor and a float tensor",
        """
        def f(x):
            if x > 0:
                y = tf.constant(1)
            else:
                y = tf.constant(0.5)
            return tf.cast(y, tf.float64)
        """,
        tensors=[(tensor(5),), (tensor(-5),)],
        refused="StagingError: y is an int32 tensor of shape () from line 3 and a float32 tensor of shape () from line 5",
    ),
    Entry(
        "a Python `bool` and a number",
        """
        def f(x):
            if x > 0:
                y = True
            else:
                y = 2
            return y
        """,
        python=[(5,), (-5,)],
        tensors=[(tensor(5),)],
        refused="StagingError: y is the Python bool True from line 3 and the Python int 2 from line 5",
    ),
    Entry(
        "shapes that differ",
        """
        def f(x):
            if x > 0:
                y = tf.ones([2])
            else:
                y = tf.ones([3])
            return tf.reduce_sum(y)
        """,
        tensors=[(tensor(5),), (tensor(-5),)],
    ),
    Entry(
        "different strings",
        """
        def f(x):
            if x > 0:
                name = "up"
            else:
                name = "down"
            return name
        """,
        python=[(5,), (-5,)],
    ),
    Entry(
        "`None` or a tensor, not used afterwards",
        """
        def f(x):
            y = None
            if x > 0:
                y = x * 2
                x = x + y
            return x
        """,
        python=[(5,), (-5,)],
    ),
    Entry(
        "`None` or a tensor, used afterwards",
        """
        def f(x):
            y = None
            if x > 0:
                y = x * 2
            return y + 1
        """,
        python=[(5,), (-5,)],
    ),
    Entry(
        "`None` before a loop, a tensor after an iteration",
        """
        def f(n):
            best = None
            for i in range(n):
                best = i if best is None else max(best, i % 3)
            return best
        """,
        python=[(5,)],
    ),
    Entry(
        "equal structures: tuples, dictionaries",
        """
        def f(x):
            if x > 0:
                pair, d = (x, x + 1), {"a": x, "b": 1}
            else:
                pair, d = (0, x), {"b": 2, "a": 3}
            return pair, d["a"], d["b"]
        """,
        python=[(5,), (-5,)],
    ),
    Entry(
        "structures that differ, used afterwards",
        """
        def f(x):
            if x > 0:
                pair = (x, x)
            else:
                pair = (x,)
            return pair[0]
        """,
        python=[(5,), (-5,)],
        refused="StagingError: pair is a tuple of 2 from line 3 and a tuple of 1 from line 5",
    ),
    Entry(
        "structures that differ, not used afterwards",
        """
        def f(x):
            if x > 0:
                pair = (x, x)
                x = pair[0] + pair[1]
            else:
                pair = [x]
                x = pair[0]
            return x
        """,
        python=[(5,), (-5,)],
    ),
    Entry(
        "objects of the user's classes that differ",
        """
        class Up:
            def step(self, x):
                return x + 1

        class Down:
            def step(self, x):
                return x - 1

        def f(x):
            if x > 0:
                way = Up()
            else:
                way = Down()
            return way.step(x)
        """,
        python=[(5,), (-5,)],
        refused="StagingError: way is an instance of Up from line 11 and an instance of Down from line 13",
    ),
    Entry(
        "functions that differ",
        """
        def f(x):
            if x > 0:
                g = lambda v: v + 1
            else:
                g = lambda v: v - 1
            return g(x)
        """,
        python=[(5,), (-5,)],
        refused="StagingError: g is the lambda (line 3) from line 3 and the lambda (line 5) from line 5",
    ),
    Entry(
        "a structure that changes in a loop",
        """
        def f(n):
            pair = (0,)
            while n > 0:
                pair = (*pair, n)
                n -= 1
            return pair[0]
        """,
        python=[(3,)],
        refused="StagingError: pair is a tuple of 1 before the loop and a tuple of 2 after an iteration from line 4",
    ),
)
