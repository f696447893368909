"""`with`."""

from __future__ import annotations

from tests.language.entry import Entry, tensor

TITLE = "Context managers"
ENTRIES = (
    Entry(
        "`with` around a condition",
        """
        class Log:
            def __init__(self):
                self.lines = []

            def __enter__(self):
                self.lines.append("in")
                return self

            def __exit__(self, *error):
                self.lines.append("out")

        def f(x):
            log = Log()
            with log as same:
                if x > 0:
                    x = x * 2
            return x, len(same.lines)
        """,
        python=[(1,), (-1,)],
    ),
    Entry(
        "`with` inside a branch and inside a loop",
        """
        import contextlib

        def f(n):
            total = 0
            while n > 0:
                with contextlib.nullcontext(n) as m:
                    total += m
                n -= 1
            if total > 3:
                with contextlib.nullcontext():
                    total = total * 2
            return total
        """,
        python=[(1,), (3,)],
    ),
    Entry(
        "`contextlib.contextmanager`",
        """
        import contextlib

        @contextlib.contextmanager
        def scaled(x):
            yield x * 2

        def f(x):
            with scaled(x) as y:
                if y > 3:
                    y = y + 1
            return y
        """,
        python=[(1,), (3,)],
    ),
    Entry(
        "`with` that swallows an exception",
        """
        import contextlib

        def f(x):
            with contextlib.suppress(ValueError):
                x = x + 1
                raise ValueError("no")
            return x
        """,
        python=[(1,)],
    ),
    Entry(
        "`break` and `return` out of `with`",
        """
        import contextlib

        def f(xs):
            for x in xs:
                with contextlib.nullcontext():
                    if x > 2:
                        return x * 10
                    if x < 0:
                        break
            return -1
        """,
        python=[([1, 3],), ([1, -1, 5],)],
        tensors=[(tensor([1, 3]),), (tensor([1, -1, 5]),)],
    ),
    Entry(
        "`tf.name_scope`, `tf.device`, `tf.control_dependencies`",
        """
        def f(x):
            with tf.name_scope("part"), tf.device("cpu:0"):
                y = tf.constant(1)
                with tf.control_dependencies([y]):
                    if x > 0:
                        y = x + y
            return y
        """,
        python=[(1,), (-1,)],
    ),
)
