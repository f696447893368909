"""Functions that call themselves."""

from __future__ import annotations

from tests.language.entry import Entry, tensor

TITLE = "Recursion"
ENTRIES = (
    Entry(
        "recursion on a Python value",
        """
        def power(x, n):
            if n == 0:
                return 1
            return x * power(x, n - 1)

        def f(x, n):
            return power(x, n)
        """,
        python=[(2, 5)],
        tensors=(),
        mixtures=[(tensor(2), 5)],
    ),
    Entry(
        "recursion on a tensor",
        """
        def factorial(n):
            if n > 1:
                return n * factorial(n - 1)
            return n

        def f(n):
            return factorial(n)
        """,
        python=[(5,)],
        refused="EndlessRecursion: factorial calls itself",
    ),
    Entry(
        "mutual recursion on a tensor",
        """
        def even(n):
            return True if n == 0 else odd(n - 1)

        def odd(n):
            return False if n == 0 else even(n - 1)

        def f(n):
            return even(n)
        """,
        python=[(4,), (3,)],
        refused="EndlessRecursion: even calls itself",
    ),
    Entry(
        "recursion on a tensor, with `tensorflow.recursion = true`",
        """
        def factorial(n):
            if n > 1:
                return n * factorial(n - 1)
            return n

        def f(n):
            return factorial(n)
        """,
        tensors=[(tensor(5),), (tensor(1),)],
        recursion=True,
    ),
    Entry(
        "recursion over a nest of Python lists",
        """
        def total(nest):
            if isinstance(nest, list):
                return sum(total(each) for each in nest)
            return nest if nest > 0 else 0

        def f(x):
            return total([x, [x, [-1, 2]], -x])
        """,
        python=[(1,), (-1,)],
    ),
)
