"""Jumps."""

from __future__ import annotations

from tests.language.entry import Entry, tensor

TITLE = "Jumps"
ENTRIES = (
    Entry(
        "`break`",
        """
        def f(xs, limit):
            total = 0
            for x in xs:
                if total > limit:
                    break
                total += x
            return total
        """,
        python=[([1, 2, 3, 4], 2), ([1, 2], 9)],
        tensors=[(tensor([1, 2, 3, 4]), tensor(2)), (tensor([1, 2]), tensor(9))],
        mixtures=[([1, 2, 3, 4], tensor(2)), (tensor([1, 2]), 9)],
    ),
    Entry(
        "`continue`",
        """
        def f(xs):
            total = 0
            for x in xs:
                if x % 2 == 0:
                    continue
                total += x
            return total
        """,
        python=[([1, 2, 3, 4],)],
        tensors=[(tensor([1, 2, 3, 4]),)],
        mixtures=[([tensor(1), 2, tensor(3), 4],)],
    ),
    Entry(
        "`break` and `continue` in nested loops",
        """
        def f(n):
            total = 0
            for i in range(n):
                for j in range(n):
                    if j > i:
                        break
                    if (i + j) % 2 == 0:
                        continue
                    total += i * j
                if total > 20:
                    break
            return total
        """,
        python=[(4,), (9,)],
    ),
    Entry(
        "`return` in branches",
        """
        def f(x):
            if x > 10:
                return x
            if x > 5:
                return x * 2
            x = x + 1
            return x * 3
        """,
        python=[(11,), (7,), (1,)],
    ),
    Entry(
        "`return` out of a loop",
        """
        def f(xs):
            for x in xs:
                if x > 2:
                    return x
            return -1
        """,
        python=[([1, 3, 4],), ([1],)],
        tensors=[(tensor([1, 3, 4]),), (tensor([1]),)],
        mixtures=[([1, tensor(3), 4],)],
    ),
    Entry(
        "`return` out of nested loops",
        """
        def f(n, wanted):
            for i in range(n):
                for j in range(n):
                    if i * j == wanted:
                        return i + j
            return -1
        """,
        python=[(5, 6), (5, 7)],
        mixtures=[(tensor(5), 6), (5, tensor(7))],
    ),
    Entry(
        "`return` in both branches",
        """
        def f(x):
            if x > 0:
                return x, "up"
            else:
                return -x, "up"
        """,
        python=[(1,), (-1,)],
    ),
    Entry(
        "`return` of nothing on every path",
        """
        def f(x):
            if x > 0:
                return
            x = x + 1
        """,
        python=[(1,), (-1,)],
    ),
    Entry(
        "`return` of `None` on one path and a value on the other",
        """
        def f(x):
            if x > 0:
                return x
        """,
        python=[(1,), (-1,)],
        tensors=[(tensor(1),)],
        refused="StagingError: the function returns an int32 tensor of shape () in line 3 and None where it ends without `return`",
    ),
    Entry(
        "`return` of `None` on one path, in a helper whose caller looks",
        """
        def half(x):
            if x % 2 == 0:
                return x // 2
            return None

        def f(x):
            y = half(x)
            return x if y is None else y
        """,
        python=[(4,), (3,)],
    ),
    Entry(
        "`return` out of `try`, its `finally` runs",
        """
        def f(x):
            log = []
            def inner(x):
                try:
                    if x > 0:
                        return x * 2
                    x = x - 1
                finally:
                    log.append(1)
                return x
            return inner(x), len(log)
        """,
        python=[(1,), (-1,)],
    ),
    Entry(
        "`break` and `return` out of loops whose variables are tensors before them",
        """
        def f(xs, limit):
            total = tf.zeros_like(limit)
            for x in xs:
                if x < 0:
                    break
                if x > limit:
                    return total * 100
                total += x
            return total
        """,
        tensors=[(tensor([1, 2, -1, 4]), tensor(9)), (tensor([1, 2, 12]), tensor(9)), (tensor([1]), tensor(9))],
    ),
)
