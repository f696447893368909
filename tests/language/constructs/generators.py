"""Generators and coroutines."""

from __future__ import annotations

from tests.language.entry import Entry

TITLE = "Generators and `async`"
ENTRIES = (
    Entry(
        "a generator driven by a staged function",
        """
        def steps(x, n):
            for i in range(n):
                yield x + i

        def f(x):
            total = 0
            for y in steps(x, 3):
                if y > 2:
                    total += y
            return total
        """,
        python=[(1,), (5,)],
    ),
    Entry(
        "a condition on tensors inside a generator, no `yield` under it",
        """
        def steps(x):
            for i in (1, 2):
                y = x
                if y > 2:
                    y = y * 10
                yield y + i

        def f(x):
            return list(steps(x))
        """,
        python=[(1,), (5,)],
    ),
    Entry(
        "a condition on tensors around a `yield`",
        """
        def steps(x):
            if x > 2:
                yield x
            yield x + 1

        def f(x):
            return sum(steps(x))
        """,
        python=[(1,), (5,)],
        refused="StagingError: a condition that is known only when the graph runs around a `yield`",
    ),
    Entry(
        "`yield from`, `send`, a generator's return value",
        """
        def inner(x):
            got = yield x
            return got * 2

        def outer(x):
            result = yield from inner(x)
            yield result

        def f(x):
            run = outer(x)
            first = next(run)
            return first, run.send(x + 1)
        """,
        python=[(3,)],
    ),
    Entry(
        "a generator's `finally` and `close`",
        """
        def steps(x, log):
            try:
                yield x
                yield x + 1
            finally:
                log.append(1)

        def f(x):
            log = []
            run = steps(x, log)
            y = next(run)
            run.close()
            return y, len(log)
        """,
        python=[(3,)],
    ),
    Entry(
        "`async` functions",
        """
        import asyncio

        async def step(x):
            await asyncio.sleep(0)
            return x + 1

        def f(x):
            return asyncio.run(step(x))
        """,
        python=[(3,)],
    ),
)
