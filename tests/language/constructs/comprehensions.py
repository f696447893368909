"""Comprehensions."""

from __future__ import annotations

from tests.language.entry import Entry, dataset, tensor

TITLE = "Comprehensions"
ENTRIES = (
    Entry(
        "list comprehension",
        """
        def f(xs):
            return [x * 2 + 1 for x in xs]
        """,
        python=[([1, 2, 3],)],
        tensors=[(tensor([1, 2, 3]),)],
        mixtures=[([tensor(1), 2],)],
    ),
    Entry(
        "list comprehension with a condition on Python values",
        """
        def f(x):
            return [x * i for i in range(5) if i % 2]
        """,
        python=[(3,)],
    ),
    Entry(
        "list comprehension with a condition on tensors",
        """
        def f(xs):
            return tf.stack([x for x in xs if x > 1])
        """,
        python=[([1, 2, 3],)],
        tensors=[(tensor([1, 2, 3]),)],
    ),
    Entry(
        "list comprehension over elements whose number is known only when the graph runs",
        """
        def f(x):
            return tf.stack([each * 2 for each in tf.boolean_mask(x, x > 1)])
        """,
        tensors=[(tensor([1, 2, 3]),)],
    ),
    Entry(
        "list comprehension over a tensor `range`",
        """
        def f(n):
            return tf.stack([i * i for i in range(n)])
        """,
        python=[(4,)],
    ),
    Entry(
        "nested comprehension",
        """
        def f(m):
            return [[x + y for x in row] for y, row in enumerate(m)]
        """,
        python=[([[1, 2], [3, 4]],)],
        tensors=[(tensor([[1, 2], [3, 4]]),)],
    ),
    Entry(
        "set comprehension over Python values",
        """
        def f(x):
            return x + len({i % 3 for i in range(10)})
        """,
        python=[(3,)],
    ),
    Entry(
        "dictionary comprehension",
        """
        def f(xs):
            return {f"k{i}": x + 1 for i, x in enumerate(xs)}
        """,
        python=[([1, 2],)],
        tensors=[(tensor([1, 2]),)],
    ),
    Entry(
        "generator expression",
        """
        def f(xs):
            return sum(x * x for x in xs)
        """,
        python=[([1, 2],)],
        tensors=[(tensor([1, 2]),)],
    ),
    Entry(
        "comprehension over a dataset",
        """
        def f(data):
            return tf.stack([x * 2 for x in data])
        """,
        tensors=[(dataset([1, 2, 3]),)],
    ),
    Entry(
        "a conditional expression in a comprehension",
        """
        def f(xs):
            return [x if x > 0 else -x for x in xs]
        """,
        python=[([1, -2],)],
        tensors=[(tensor([1, -2]),)],
    ),
    Entry(
        "walrus in a comprehension",
        """
        def f(xs):
            ys = [y := x + 1 for x in xs]
            return ys, y
        """,
        python=[([1, -2],)],
        tensors=[(tensor([1, -2]),)],
    ),
)
