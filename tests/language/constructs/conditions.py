"""Branches."""

from __future__ import annotations

from tests.language.entry import Entry, tensor

TITLE = "Conditions"
ENTRIES = (
    Entry(
        "`if` / `elif` / `else`",
        """
        def f(x):
            if x > 10:
                y = x * 2
            elif x > 0:
                y = x + 1
            else:
                y = -x
            return y
        """,
        python=[(11,), (5,), (-3,)],
    ),
    Entry(
        "`if` without `else`",
        """
        def f(x, limit):
            if x > limit:
                x = x - limit
            return x
        """,
        python=[(7, 5), (3, 5)],
        mixtures=[(tensor(7), 5), (3, tensor(5))],
    ),
    Entry(
        "`if` on a Python flag around tensors",
        """
        def f(x, training):
            if training:
                x = x * 2
            return x
        """,
        python=[(3, True), (3, False)],
        tensors=(),
        mixtures=[(tensor(3), True), (tensor(3), False)],
    ),
    Entry(
        "nested `if`",
        """
        def f(x, y):
            if x > 0:
                if y > 0:
                    return x + y
                z = x - y
            else:
                z = y - x
            return z * 2
        """,
        python=[(1, 2), (1, -2), (-1, 2)],
        mixtures=[(1, tensor(2)), (tensor(-1), 2)],
    ),
    Entry(
        "conditional expression",
        """
        def f(x, y):
            return (x if x > y else y) - (0 if x > 5 else 1)
        """,
        python=[(1, 2), (6, 2)],
        mixtures=[(1, tensor(2)), (tensor(6), 2)],
    ),
    Entry(
        "truth of a number: `if x:`",
        """
        def f(x):
            if x:
                return x + 1
            return x - 1
        """,
        python=[(0,), (3,), (0.0,)],
    ),
    Entry(
        "truth of a tensor with several elements",
        """
        def f(x):
            if x > 0:
                return x
            return -x
        """,
        tensors=[(tensor([1, 2]),)],
    ),
    Entry(
        "truth of a string",
        """
        def f(text):
            if text:
                return 1
            return 0
        """,
        python=[("",), ("a",)],
        tensors=(),
    ),
    Entry(
        "a condition is evaluated once",
        """
        def f(x):
            asked = []
            def test(value):
                asked.append(1)
                return value > 0
            if test(x):
                x = x + 1
            return x, len(asked)
        """,
        python=[(1,), (-1,)],
    ),
    Entry(
        "`pass` in a branch, and branches without effect",
        """
        def f(x):
            if x > 0:
                pass
            elif x < -5:
                ...
            else:
                x = x * 2
            return x
        """,
        python=[(1,), (-1,), (-6,)],
    ),
    Entry(
        "names that are local to a branch",
        """
        def f(x):
            if x > 0:
                doubled = x * 2
                x = doubled + 1
            else:
                halved = x // 2
                x = halved - 1
            return x
        """,
        python=[(3,), (-4,)],
    ),
)
