"""Logic and comparisons."""

from __future__ import annotations

from tests.language.entry import Entry, ragged, tensor

TITLE = "Operators"
ENTRIES = (
    Entry(
        "`and`, `or`, `not` as conditions",
        """
        def f(x, y):
            if x > 0 and y > 0 or not (x < 5):
                return x + y
            return x - y
        """,
        python=[(1, 2), (1, -2), (9, -1), (-1, 1)],
        mixtures=[(tensor(1), 2), (1, tensor(-2))],
    ),
    Entry(
        "`and`, `or` short-circuit",
        """
        def f(x, y):
            if y != 0 and x // y > 1:
                return x // y
            return x
        """,
        python=[(6, 2), (6, 0)],
        mixtures=[(tensor(6), 0), (6, tensor(0))],
    ),
    Entry(
        "`and`, `or` give an operand",
        """
        def f(x, y):
            return (x or y), (x and y)
        """,
        python=[(0, 2), (3, 2)],
        mixtures=[(tensor(0), 2), (3, tensor(2))],
    ),
    Entry(
        "`not` as a value",
        """
        def f(x):
            return not x > 0
        """,
        python=[(1,), (-1,)],
    ),
    Entry(
        "chained comparison",
        """
        def f(x):
            if 0 < x <= 5 != x:
                return x
            return x * 10
        """,
        python=[(0,), (3,), (5,), (9,)],
    ),
    Entry(
        "chained comparison, the middle evaluated once",
        """
        def f(x):
            asked = []
            def middle():
                asked.append(x)
                return x
            return (1 if 0 < middle() < 5 else 0), len(asked)
        """,
        python=[(3,), (-3,)],
    ),
    Entry(
        "`==` and `!=` as conditions",
        """
        def f(x, y):
            if x == y:
                return x
            if x != 0:
                return y
            return x - y
        """,
        python=[(2, 2), (2, 3), (0, 3)],
        mixtures=[(tensor(2), 2), (2, tensor(3))],
    ),
    Entry(
        "`in`, `not in`: a list",
        """
        def f(x, y):
            if x in [1, 2, y]:
                return x
            return -x if x not in (7, 8) else x * 2
        """,
        python=[(1, 5), (5, 5), (6, 5), (7, 5)],
        mixtures=[(tensor(1), 5), (5, tensor(5))],
    ),
    Entry(
        "`in`: a tensor",
        """
        def f(x, xs):
            if x in xs:
                return x
            return -x
        """,
        python=[(2, [1, 2]), (3, [1, 2])],
        tensors=[(tensor(2), tensor([1, 2])), (tensor(3), tensor([1, 2]))],
        mixtures=[(2, tensor([1, 2])), (tensor(3), [1, 2])],
    ),
    Entry(
        "`in`: a ragged tensor",
        """
        def f(x, rows):
            found = 0
            for row in rows:
                if x in row:
                    found += 1
            return found
        """,
        python=[(2, [[1, 2], [3]])],
        tensors=[(tensor(2), ragged([[1, 2], [3]]))],
    ),
    Entry(
        "`in`: the keys of a dictionary",
        """
        def f(x):
            d = {"a": x}
            return (d["a"] if "a" in d else 0) + (1 if "b" in d else x)
        """,
        python=[(3,)],
    ),
    Entry(
        "`is`, `is not`",
        """
        def f(x, bias):
            if bias is not None:
                x = x + bias
            return x if x is not bias else -x
        """,
        python=[(1, 2), (1, None)],
        mixtures=[(tensor(1), 2), (tensor(1), None)],
    ),
    Entry(
        "arithmetic and bit operations",
        """
        def f(x, y):
            return x + y, x - y, x * y, x / y, x // y, x % y, x ** y, -x
        """,
        python=[(7, 2), (-7.5, 2.0)],
        mixtures=[(tensor(7), 2), (7, tensor(2))],
    ),
    Entry(
        "`@`",
        """
        def f(x, y):
            return x @ y
        """,
        tensors=[(tensor([[1.0, 2.0]]), tensor([[3.0], [4.0]]))],
    ),
    Entry(
        "walrus in a condition",
        """
        def f(x):
            if (y := x * 2) > 4:
                return y
            return x + y
        """,
        python=[(1,), (5,)],
    ),
    Entry(
        "walrus in the condition of a loop",
        """
        def f(x):
            total = 0
            while (y := x * 2) > 4:
                total += y
                x -= 1
            return total, y
        """,
        python=[(1,), (5,)],
    ),
    Entry(
        "walrus in an expression",
        """
        def f(x):
            return [y := x + 1, y * y, (z := y - 1) or z]
        """,
        python=[(1,), (0,)],
    ),
)
