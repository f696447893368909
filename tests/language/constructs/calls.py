"""Calls and callables."""

from __future__ import annotations

from tests.language.entry import Entry, tensor

TITLE = "Calls"
ENTRIES = (
    Entry(
        "an enabled function",
        """
        def clipped(x, limit=5):
            if x > limit:
                return limit
            return x

        def f(x):
            return clipped(x) + clipped(x, limit=2)
        """,
        python=[(1,), (9,)],
    ),
    Entry(
        "`lambda`",
        """
        def f(x):
            larger = lambda a, b=3: a if a > b else b
            return larger(x) + larger(x, 7)
        """,
        python=[(1,), (9,)],
    ),
    Entry(
        "a nested function",
        """
        def f(x):
            def clip(y):
                if y > x:
                    return x
                return y
            return clip(3) + clip(x + 1)
        """,
        python=[(1,), (9,)],
    ),
    Entry(
        "`functools.partial`",
        """
        import functools

        def scaled(factor, x):
            return x * factor if x > 0 else x

        def f(x):
            return functools.partial(scaled, 3)(x)
        """,
        python=[(1,), (-1,)],
    ),
    Entry(
        "a decorator",
        """
        import functools

        def twice(function):
            @functools.wraps(function)
            def both(x):
                return function(function(x))
            return both

        @twice
        def step(x):
            if x > 3:
                return x - 1
            return x * 2

        def f(x):
            return step(x)
        """,
        python=[(1,), (9,)],
    ),
    Entry(
        "a bound method as a value",
        """
        class Scale:
            def __init__(self, factor):
                self.factor = factor

            def apply(self, x):
                return x * self.factor if x > 0 else x

        def f(x):
            g = Scale(3).apply
            return g(x) + sum(map(g, [1, 2]))
        """,
        python=[(1,), (-1,)],
    ),
    Entry(
        "an object with `__call__`",
        """
        class Clip:
            def __init__(self, limit):
                self.limit = limit

            def __call__(self, x):
                if x > self.limit:
                    return self.limit
                return x

        def f(x):
            return Clip(4)(x)
        """,
        python=[(1,), (9,)],
    ),
    Entry(
        "a function of the standard library, given Python values",
        """
        import math

        def f(x):
            return x * math.floor(2.5)
        """,
        python=[(3,)],
    ),
    Entry(
        "a function of the standard library, given a tensor",
        """
        import math

        def f(x):
            return math.floor(x)
        """,
        python=[(2.5,)],
        refused="TypeError: must be real number, not SymbolicTensor",
    ),
    Entry(
        "a NumPy function, given a tensor",
        """
        def f(x):
            return np.maximum(x, 2)
        """,
        python=[(1,)],
        tensors=[(tensor(1),)],
        refused="NotImplementedError: Cannot convert a symbolic tf.Tensor (x:0) to a numpy array.",
    ),
    Entry(
        "`.numpy()` of a tensor",
        """
        def f(x):
            return x.numpy() + 1
        """,
        tensors=[(tensor(1),)],
        refused="AttributeError: 'SymbolicTensor' object has no attribute 'numpy'",
    ),
    Entry(
        "a `tf.function` called by enabled code",
        """
        @tf.function
        def inner(x):
            if x > 0:
                return x * 2
            return x

        def f(x):
            return inner(x) + 1
        """,
        tensors=[(tensor(3),), (tensor(-3),)],
    ),
    Entry(
        "functions picked from a dictionary",
        """
        TABLE = {"up": lambda x: x + 1, "down": lambda x: x - 1}

        def f(x, way):
            return TABLE[way](x)
        """,
        python=[(1, "up"), (1, "down")],
    ),
    Entry(
        "keyword-only and positional-only parameters, defaults",
        """
        def g(a, /, b=tf.constant(2), *, c=3):
            return a + b * c

        def f(x):
            return g(x) + g(x, x, c=x)
        """,
        tensors=[(tensor(2),)],
    ),
    Entry(
        "an un-enabled function with control flow of its own",
        """
        import bisect

        def f(x):
            return x + bisect.bisect([1, 2, 3], 2)
        """,
        python=[(3,)],
    ),
)
