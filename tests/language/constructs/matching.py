"""`match`."""

from __future__ import annotations

from tests.language.entry import Entry, tensor

TITLE = "`match`"
ENTRIES = (
    Entry(
        "`match` on a Python value",
        """
        def f(x, mode):
            match mode:
                case "double" | "twice":
                    return x * 2
                case "none" | None:
                    return x
                case str(other):
                    return x - len(other)
                case _:
                    return -x
        """,
        python=[(3, "double"), (3, None), (3, "ab"), (3, ())],
    ),
    Entry(
        "`match` on a number",
        """
        def f(x):
            match x:
                case 0:
                    y = 10
                case 1 | 2:
                    y = x * 5
                case _:
                    y = -x
            return y
        """,
        python=[(0,), (2,), (7,)],
    ),
    Entry(
        "`match` with a guard",
        """
        def f(x):
            match x:
                case n if n > 5:
                    return n * 2
                case n if n > 0:
                    return n
                case _:
                    return -x
        """,
        python=[(7,), (3,), (-3,)],
    ),
    Entry(
        "`match` on a sequence, its elements compared",
        """
        def f(pair):
            match pair:
                case [0, y]:
                    return y
                case [x, 0]:
                    return x * 2
                case (x, y):
                    return x + y
        """,
        python=[((0, 5),), ((5, 0),), ((2, 3),)],
    ),
    Entry(
        "`match` on a sequence by its length, with a star",
        """
        def f(xs):
            match xs:
                case []:
                    return 0
                case [x]:
                    return x
                case [first, *rest]:
                    return first + len(rest)
        """,
        python=[([],), ([3],), ([3, 4, 5],)],
    ),
    Entry(
        "`match` on a mapping",
        """
        def f(x):
            match {"kind": "scale", "by": x}:
                case {"kind": "scale", "by": by, **rest}:
                    return by * 2 if by > 0 else by
                case _:
                    return 0
        """,
        python=[(3,), (-3,)],
    ),
    Entry(
        "`match` on a class",
        """
        import dataclasses

        @dataclasses.dataclass
        class Point:
            x: int
            y: int

        def f(x):
            match Point(x, 2):
                case Point(0, y):
                    return y
                case Point(x=a, y=b) if a > b:
                    return a
                case Point():
                    return -x
        """,
        python=[(0,), (3,), (1,)],
    ),
    Entry(
        "`match` on named values",
        """
        class Code:
            ZERO = 0
            ONE = 1

        def f(x):
            match x:
                case Code.ZERO:
                    return 5
                case Code.ONE:
                    return 6
            return 7
        """,
        python=[(0,), (1,), (2,)],
    ),
    Entry(
        "`match` inside a loop, with `break`",
        """
        def f(xs):
            total = 0
            for x in xs:
                match x:
                    case 0:
                        break
                    case 1:
                        continue
                total += x
            return total
        """,
        python=[([1, 2, 0, 5],)],
        tensors=[(tensor([1, 2, 0, 5]),)],
    ),
)
