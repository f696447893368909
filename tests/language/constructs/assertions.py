"""`assert`."""

from __future__ import annotations

from tests.language.entry import Entry, tensor

TITLE = "Assertions"
ENTRIES = (
    Entry(
        "`assert`",
        """
        def f(x):
            assert x > 0
            return x
        """,
        python=[(1,), (-1,)],
    ),
    Entry(
        "`assert` with a message",
        """
        def f(x):
            assert x > 0, f"too small"
            return x
        """,
        python=[(1,), (-1,)],
    ),
    Entry(
        "`assert` whose message holds tensors",
        """
        def f(x):
            assert x > 0, ("too small:", x)
            return x
        """,
        python=[(1,), (-1,)],
    ),
    Entry(
        "`assert` on a Python value",
        """
        def f(x, name):
            assert name, "no name"
            return x
        """,
        python=[(1, "a"), (1, "")],
    ),
    Entry(
        "`assert` in a branch",
        """
        def f(x):
            if x < 5:
                assert x > 0, "too small"
                x = x + 1
            return x
        """,
        python=[(1,), (-1,), (9,)],
    ),
    Entry(
        "`assert` in a loop",
        """
        def f(xs):
            total = 0
            for x in xs:
                assert x > 0, "too small"
                total += x
            return total
        """,
        python=[([1, 2],), ([1, -2],)],
        tensors=[(tensor([1, 2]),), (tensor([1, -2]),)],
    ),
    Entry(
        "`assert` of a shape",
        """
        def f(x):
            assert x.shape[-1] == 2 and len(x.shape) == 1, x.shape
            return x * 2
        """,
        tensors=[(tensor([1, 2]),), (tensor([1, 2, 3]),)],
    ),
)
