"""`try` and `raise`."""

from __future__ import annotations

from tests.language.entry import Entry, tensor

TITLE = "Exceptions"
ENTRIES = (
    Entry(
        "`try` / `finally` around a condition",
        """
        def f(x):
            done = 0
            try:
                if x > 0:
                    x = x * 2
            finally:
                done = done + 1
            return x, done
        """,
        python=[(1,), (-1,)],
    ),
    Entry(
        "`try` / `except` of an exception that Python raises",
        """
        def f(x):
            d = {"a": x}
            try:
                y = d["b"]
            except KeyError as error:
                y = d["a"] + len(error.args)
            else:
                y = 0
            return y
        """,
        python=[(1,)],
    ),
    Entry(
        "`try` inside a branch and inside a loop",
        """
        def f(n):
            total = 0
            while n > 0:
                try:
                    total += n
                except ValueError:
                    total = 0
                finally:
                    n -= 1
            if total > 3:
                try:
                    total = total + {}["a"]
                except KeyError:
                    total = -total
            return total
        """,
        python=[(1,), (3,)],
    ),
    Entry(
        "`raise` under a Python condition",
        """
        def f(x, mode):
            if mode not in ("a", "b"):
                raise ValueError(f"unknown mode {mode}")
            return x + 1
        """,
        python=[(1, "a"), (1, "c")],
    ),
    Entry(
        "`raise` under a condition on tensors",
        """
        def f(x):
            if x < 0:
                raise ValueError("negative")
            return x + 1
        """,
        python=[(1,), (-1,)],
        tensors=[(tensor(1),)],
        refused="ValueError: negative",
    ),
    Entry(
        "`raise ... from`, a class of the user's own",
        """
        class Wrong(Exception):
            pass

        def f(x):
            try:
                {}["a"]
            except KeyError as error:
                raise Wrong("no a") from error
        """,
        python=[(1,)],
    ),
    Entry(
        "an operation that fails in the graph",
        """
        def f(xs, i):
            return tf.gather(xs, i)
        """,
        tensors=[(tensor([1, 2]), tensor(1)), (tensor([1, 2]), tensor(5))],
    ),
    Entry(
        "`except` around an operation that fails only when it runs",
        """
        def f(x):
            try:
                x = tf.debugging.check_numerics(1.0 / x, "bad")
            except tf.errors.InvalidArgumentError:
                x = x * 0.0
            return x
        """,
        tensors=[(tensor(2.0),)],
    ),
)
