"""Datasets."""

from __future__ import annotations

from tests.language.entry import Entry, dataset, tensor

TITLE = "Datasets"
ENTRIES = (
    Entry(
        "`for` over a dataset",
        """
        def f(data):
            total = 0
            for x in data:
                total = total * 10 + x
            return total
        """,
        tensors=[(dataset([1, 2, 3]),)],
    ),
    Entry(
        "`for` over a dataset with `break` and `continue`",
        """
        def f(data, limit):
            total = 0
            for x in data:
                if x == 2:
                    continue
                total += x
                if total > limit:
                    break
            return total
        """,
        tensors=[(dataset([1, 2, 3, 4, 5]), tensor(3))],
        mixtures=[(dataset([1, 2, 3, 4, 5]), 3)],
    ),
    Entry(
        "`return` out of a loop over a dataset",
        """
        def f(data):
            for x in data:
                if x > 1:
                    return x * 10
            return -1
        """,
        tensors=[(dataset([1, 2, 3]),), (dataset([0, 1]),)],
    ),
    Entry(
        "`for` over pairs of a dataset",
        """
        def f(data):
            total = 0
            for x, y in data:
                total += x * y
            return total
        """,
        tensors=[(dataset(([1, 2], [3, 4])),)],
    ),
    Entry(
        "`enumerate` over a dataset",
        """
        def f(data):
            total = 0
            for i, x in enumerate(data):
                total += int(i) * x
            return total
        """,
        tensors=[(dataset([4, 5, 6]),)],
    ),
    Entry(
        "`zip` over a dataset and a tensor",
        """
        def f(data, xs):
            total = 0
            for x, y in zip(data, xs):
                total += x * y
            return total
        """,
        tensors=[(dataset([4, 5, 6]), tensor([1, 2]))],
    ),
    Entry(
        "a dataset made in the function",
        """
        def f(n):
            total = 0
            for i in tf.data.Dataset.range(5):
                if i > 2:
                    total += int(i) * n
            return total
        """,
        tensors=[(tensor(2),)],
    ),
    Entry(
        "`len` of a dataset",
        """
        def f(data):
            return len(data)
        """,
        tensors=[(dataset([4, 5, 6]),)],
    ),
    Entry(
        "`iter` and `next` of a dataset",
        """
        def f(data):
            it = iter(data)
            return next(it) + next(it) * 10
        """,
        tensors=[(dataset([4, 5, 6]),)],
    ),
    Entry(
        "`append` in a loop over a dataset",
        """
        def f(data):
            found = []
            for x in data:
                found.append(x * 2)
            return tf.stack(found)
        """,
        tensors=[(dataset([4, 5, 6]),)],
    ),
    Entry(
        "nested loops over datasets",
        """
        def f(data, other):
            total = 0
            for x in data:
                for y in other:
                    total += x * y
            return total
        """,
        tensors=[(dataset([1, 2]), dataset([3, 4]))],
    ),
)
