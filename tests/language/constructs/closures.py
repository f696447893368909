"""Closures and globals."""

from __future__ import annotations

from tests.language.entry import Entry

TITLE = "Closures and globals"
ENTRIES = (
    Entry(
        "`nonlocal` under a condition",
        """
        def f(x):
            count = 0
            def add(y):
                nonlocal count
                if y > 0:
                    count = count + y
                return count
            add(x)
            add(x - 2)
            return count
        """,
        python=[(3,), (1,), (-1,)],
    ),
    Entry(
        "`nonlocal` in a loop",
        """
        def f(n):
            total = 0
            def add(y):
                nonlocal total
                total += y
            while n > 0:
                add(n)
                n -= 1
            return total
        """,
        python=[(4,)],
    ),
    Entry(
        "a closure that sees what is assigned later",
        """
        def f(x):
            y = 1
            def get():
                return y + x
            before = get()
            if x > 0:
                y = 10
            return before, get()
        """,
        python=[(1,), (-1,)],
    ),
    Entry(
        "a closure made in a loop",
        """
        def f(x):
            steps = []
            for i in range(3):
                steps.append(lambda y, i=i: y + i if x > 0 else y - i)
            for step in steps:
                x = step(x)
            return x
        """,
        python=[(1,), (-1,)],
    ),
    Entry(
        "a closure kept in an object",
        """
        def counter():
            count = 0
            def step(x):
                nonlocal count
                count += 1
                return x + count
            return step

        def f(x):
            step = counter()
            return step(x), step(x)
        """,
        python=[(1,)],
    ),
    Entry(
        "reading a global",
        """
        LIMIT = 3
        SCALE = tf.constant(2)

        def f(x):
            if x > LIMIT:
                return x * SCALE
            return x + SCALE
        """,
        python=[(1,), (5,)],
    ),
    Entry(
        "a global list, changed",
        """
        seen = []

        def f(x):
            seen.clear()
            seen.append(1)
            return x + len(seen)
        """,
        python=[(1,)],
    ),
    Entry(
        "a function attribute",
        """
        def g(x):
            return x + g.offset

        g.offset = 3

        def f(x):
            return g(x)
        """,
        python=[(1,)],
    ),
    Entry(
        "`import` in a function",
        """
        def f(x):
            import math
            if x > 0:
                from math import floor
                x = x + floor(2.5)
            return x + math.ceil(0.5)
        """,
        python=[(1,), (-1,)],
    ),
)
