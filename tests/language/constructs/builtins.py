"""Builtin functions."""

from __future__ import annotations

from tests.language.entry import Entry, tensor

TITLE = "Builtins"


def over(title: str, expression: str, *calls: list[int] | list[float], **more: str) -> Entry:
    """A builtin of the elements of `xs`: a list of numbers, a tensor, a list of tensors and numbers."""
    source = f"def f(xs):\n    return {expression}"
    mixed = [([tensor(call[0]), *call[1:]],) for call in calls if call]
    tensors = [(tensor(call),) for call in calls]
    if more.get("refused"):
        mixed = []
    return Entry(title, source, [(call,) for call in calls], tensors, mixed, **more)


def of(title: str, expression: str, *calls: tuple[float, ...], mixed: bool = False, **more: str) -> Entry:
    """A builtin of the numbers `x` and `y`."""
    source = f"def f(x, y=2):\n    return {expression}"
    mixtures = [(tensor(call[0]), *call[1:]) for call in calls] if mixed else ()
    return Entry(title, source, calls, mixtures=mixtures, **more)


ENTRIES = (
    over("`len`", "len(xs)", [1, 2, 3], []),
    Entry(
        "`len` where the size is known only when the graph runs",
        """
        def f(x):
            return len(tf.boolean_mask(x, x > 1))
        """,
        tensors=[(tensor([1, 2, 3]),)],
    ),
    Entry(
        "`range` as a value",
        """
        def f(n):
            return list(range(n))
        """,
        python=[(3,)],
        refused="StagingError: the elements of a tensor of shape (None,) cannot be listed while the graph is built",
    ),
    over("`enumerate` as a value", "list(enumerate(xs, 2))", [1, 2]),
    over("`zip` as a value", "list(zip(xs, xs[1:]))", [1, 2, 3]),
    Entry(
        "`zip(strict=True)`",
        """
        def f(xs, ys):
            return [x * y for x, y in zip(xs, ys, strict=True)]
        """,
        python=[([1, 2], [3, 4]), ([1, 2], [3])],
        tensors=[(tensor([1, 2]), tensor([3, 4])), (tensor([1, 2]), tensor([3]))],
    ),
    over("`reversed` as a value", "list(reversed(xs))", [1, 2, 3]),
    over("`sorted`", "list(sorted(xs))", [3, 1, 2]),
    over("`sorted` with `key` and `reverse`", "list(sorted(xs, key=lambda x: -x, reverse=True))", [3, 1, 2]),
    over("`min`, `max` of the elements", "(min(xs), max(xs))", [3, 1, 2]),
    of("`min`, `max` of arguments", "(min(x, y), max(x, y, 0))", (1, 2), (5, -3), mixed=True),
    over("`min`, `max` with `key`", "(max(xs, key=lambda x: -x), min(xs, key=lambda x: -x))", [3, 1, 2]),
    over("`max` with `default`", "max(xs, default=5)", [3, 1, 2], refused="StagingError: max() of tensors takes no default while a graph is built"),
    over("`min` of nothing", "min(xs)", []),
    over("`sum`", "sum(xs)", [3, 1, 2], [0.5, 0.25], []),
    over("`sum` with a start", "sum(xs, 10)", [3, 1, 2]),
    over("`any`, `all`", "(any(x > 1 for x in xs), all(x > 1 for x in xs))", [3, 1, 2], [5, 6]),
    Entry(
        "`any`, `all` of a tensor",
        """
        def f(xs):
            if any(xs) and not all(xs):
                return 1
            return 0
        """,
        python=[([True, False],), ([True, True],)],
        tensors=[(tensor([True, False]),), (tensor([True, True]),)],
    ),
    over("`map`", "list(map(lambda x: x * 2, xs))", [3, 1, 2]),
    Entry(
        "`filter` as a value",
        "def f(xs):\n    return list(filter(lambda x: x > 1, xs))",
        python=[([3, 1, 2],)],
        tensors=[(tensor([3, 1, 2]),)],
        refused="StagingError: the elements of filter() of tensors cannot be listed while the graph is built",
    ),
    Entry(
        "`filter` of a list of tensors",
        "def f(xs):\n    return list(filter(lambda x: x > 1, xs))",
        python=[([3, 1, 2],)],
        mixtures=[([tensor(3), 1, tensor(2)],)],
        refused="StagingError: filter() cannot leave out an element of a Python list under a condition that is known only when the graph runs",
    ),
    Entry(
        "`for` over `map` and `filter`",
        """
        def f(xs):
            total = 0
            for x in map(lambda x: x * 2, filter(lambda x: x > 1, xs)):
                total = total * 10 + x
            return total
        """,
        python=[([3, 1, 2],)],
        tensors=[(tensor([3, 1, 2]),)],
    ),
    Entry(
        "`for` over `filter` of `map` of `filter`",
        """
        def f(xs):
            total = 0
            for x in filter(lambda x: x < 7, map(lambda x: x * 2, filter(lambda x: x > 1, xs))):
                total = total * 10 + x
            return total
        """,
        python=[([3, 1, 2, 4],)],
        tensors=[(tensor([3, 1, 2, 4]),)],
    ),
    Entry(
        "`enumerate`, `zip` of `filter`",
        """
        def f(xs):
            total = 0
            for i, x in enumerate(filter(lambda x: x > 1, xs)):
                total += i * x
            return total
        """,
        python=[([3, 1, 2, 4],)],
        tensors=[(tensor([3, 1, 2, 4]),)],
        refused="StagingError: enumerate() of filter() is not known while a graph is built",
    ),
    of("`int`", "int(x) + 1", (2.75,), (-2.75,), (3,)),
    of("`float`", "float(x) * 0.5", (3,), (2.5,)),
    of("`bool`", "bool(x)", (3,), (0,), (0.5,)),
    of("`abs`", "abs(x)", (-3,), (2.5,)),
    of("`round`", "round(x)", (2.5,), (-3.25,)),
    of("`round` to digits", "round(x, 1)", (2.25,)),
    of("`divmod`", "divmod(x, y)", (7, 2), (-7, 2), mixed=True),
    of("`pow`", "pow(x, y)", (7, 2), (2.0, 0.5), mixed=True),
    of("`pow` with a modulus", "pow(x, y, 5)", (7, 2)),
    Entry(
        "`iter` and `next`",
        """
        def f(xs):
            it = iter(xs)
            first = next(it)
            return first + next(it) * 10 + next(it, 5)
        """,
        python=[([1, 2],), ([1, 2, 3],)],
        tensors=[(tensor([1, 2]),), (tensor([1, 2, 3]),)],
    ),
    over("`list`, `tuple`", "(list(xs), tuple(xs))", [1, 2]),
    Entry(
        "`isinstance`, `hasattr`, `getattr`, `type`",
        """
        def f(x):
            kind = "number" if isinstance(x, (int, float)) else "tensor"
            return kind, hasattr(x, "shape"), getattr(x, "missing", 3), type(x) is int
        """,
        python=[(1,)],
        tensors=[(tensor(1),)],
    ),
    Entry(
        "`str`, `repr`, `format` of a tensor",
        """
        def f(x):
            return len(str(x)) > 0, f"{1 + 1}"
        """,
        python=[(1,)],
    ),
    Entry(
        "`locals`, `vars`, `eval`",
        """
        def f(x):
            y = x + 1
            return sorted(locals()), eval("x + y")
        """,
        python=[(1,)],
    ),
)
