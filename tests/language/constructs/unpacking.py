"""Unpacking."""

from __future__ import annotations

from tests.language.entry import Entry, tensor

TITLE = "Unpacking"
ENTRIES = (
    Entry(
        "`a, b = pair`",
        """
        def f(pair):
            a, b = pair
            if a > b:
                a, b = b, a
            return a, b
        """,
        python=[((2, 1),), ((1, 2),)],
        tensors=[(tensor([2, 1]),), (tensor([1, 2]),)],
        mixtures=[((tensor(2), 1),)],
    ),
    Entry(
        "`a, *rest = xs`",
        """
        def f(xs):
            first, *rest = xs
            *start, last = rest
            return first, start, last
        """,
        python=[([1, 2, 3, 4],)],
        tensors=[(tensor([1, 2, 3, 4]),)],
        mixtures=[([1, tensor(2), 3],)],
    ),
    Entry(
        "`(a, b), c = nest`",
        """
        def f(nest):
            (a, b), c = nest
            return a + b * c
        """,
        python=[(((1, 2), 3),)],
        mixtures=[((tensor([1, 2]), 3),)],
    ),
    Entry(
        "`a, o.b, d[k] = triple`",
        """
        class Box:
            b = 0

        def f(triple):
            box, d = Box(), {}
            a, box.b, d["k"] = triple
            return a, box.b, d["k"]
        """,
        python=[((1, 2, 3),)],
        tensors=[(tensor([1, 2, 3]),)],
    ),
    Entry(
        "the wrong number of values",
        """
        def f(xs):
            a, b = xs
            return a
        """,
        python=[([1, 2, 3],), ([1],)],
        tensors=[(tensor([1, 2, 3]),), (tensor([1]),)],
    ),
    Entry(
        "unpacking a tensor whose length is known only when the graph runs",
        """
        def f(x):
            a, b = tf.boolean_mask(x, x > 0)
            return a + b
        """,
        tensors=[(tensor([1, 0, 2]),)],
        refused="StagingError: the elements of a tensor of shape (None,) cannot be listed while the graph is built",
    ),
    Entry(
        "unpacking in the head of a loop",
        """
        def f(pairs):
            total = 0
            for a, (b, *c) in pairs:
                total += a * b + len(c)
            return total
        """,
        python=[([(1, (2, 3, 4)), (5, (6, 7))],)],
        mixtures=[([(tensor(1), (2, 3))],)],
    ),
    Entry(
        "`f(*args, **kwargs)`",
        """
        def g(a, b=2, *rest, c=3, **more):
            return a + b * 10 + c * 100 + sum(rest) + sum(more.values())

        def f(xs, x):
            return g(*xs, c=x), g(x, **{"b": x, "d": 1})
        """,
        python=[([1, 2, 3], 4)],
        mixtures=[([1, tensor(2), 3], 4), ([1], tensor(4))],
    ),
    Entry(
        "`f(*x)`, `[*x]` of a tensor",
        """
        def g(a, b):
            return a - b

        def f(x):
            return g(*x), [*x, 5], {**{"a": x[0]}}
        """,
        python=[([1, 2],)],
        tensors=[(tensor([1, 2]),)],
    ),
)
