"""Classes and objects."""

from __future__ import annotations

from tests.language.entry import Entry

TITLE = "Classes and objects"
ENTRIES = (
    Entry(
        "methods, class and static methods, `super()`",
        """
        class Base:
            scale = 2

            def step(self, x):
                return x * self.scale if x > 0 else x

            @classmethod
            def made(cls):
                return cls()

            @staticmethod
            def half(x):
                return x // 2

        class Child(Base):
            def step(self, x):
                return super().step(x) + self.half(x)

        def f(x):
            return Child.made().step(x)
        """,
        python=[(4,), (-4,)],
    ),
    Entry(
        "a property",
        """
        class Box:
            def __init__(self, x):
                self._x = x

            @property
            def size(self):
                if self._x > 0:
                    return self._x
                return -self._x

        def f(x):
            return Box(x).size
        """,
        python=[(4,), (-4,)],
    ),
    Entry(
        "a property with a setter, stored under a condition",
        """
        class Box:
            def __init__(self, x):
                self._x = x

            @property
            def x(self):
                return self._x

            @x.setter
            def x(self, value):
                self._x = value * 2

        def f(x):
            box = Box(x)
            if x > 0:
                box.x = x + 1
            return box.x
        """,
        python=[(4,), (-4,)],
    ),
    Entry(
        "special methods: `__add__`, `__getitem__`, `__len__`, `__iter__`",
        """
        class Vector:
            def __init__(self, *xs):
                self.xs = xs

            def __add__(self, other):
                return Vector(*[a + b for a, b in zip(self.xs, other.xs)])

            def __getitem__(self, i):
                return self.xs[i]

            def __len__(self):
                return len(self.xs)

            def __iter__(self):
                return iter(self.xs)

        def f(x):
            v = Vector(x, 1) + Vector(2, x)
            return v[0] + len(v), list(v)
        """,
        python=[(4,)],
    ),
    Entry(
        "`__bool__` that depends on a tensor",
        """
        class Flag:
            def __init__(self, x):
                self.x = x

            def __bool__(self):
                return self.x > 0

        def f(x):
            if Flag(x):
                return x
            return -x
        """,
        python=[(True,)],
        tensors=(),
    ),
    Entry(
        "a dataclass as state",
        """
        import dataclasses

        @dataclasses.dataclass
        class State:
            total: int
            steps: int = 0

        def f(n):
            state = State(0)
            while n > 0:
                state.total += n
                state.steps += 1
                n -= 1
            return state.total, state.steps
        """,
        python=[(4,)],
    ),
    Entry(
        "a dataclass that branches assign",
        """
        import dataclasses

        @dataclasses.dataclass(frozen=True)
        class Point:
            x: int
            y: int

        def f(x):
            if x > 0:
                point = Point(x, 1)
            else:
                point = Point(-x, 2)
            return point.x * point.y
        """,
        python=[(4,), (-4,)],
    ),
    Entry(
        "a dataclass as loop variable, `dataclasses.replace`",
        """
        import dataclasses

        @dataclasses.dataclass(frozen=True)
        class Point:
            x: int
            y: int

        def f(n):
            point = Point(0, 1)
            while n > 0:
                point = dataclasses.replace(point, x=point.x + n, y=point.y * 2)
                n -= 1
            return point.x, point.y
        """,
        python=[(3,)],
    ),
    Entry(
        "a named tuple as state",
        """
        import collections

        Pair = collections.namedtuple("Pair", "low high")

        def f(n):
            pair = Pair(0, 1)
            while n > 0:
                pair = pair._replace(low=pair.high, high=pair.low + pair.high)
                n -= 1
            if pair.low > 3:
                pair = Pair(pair.low, 0)
            return pair.low, pair.high
        """,
        python=[(2,), (6,)],
    ),
    Entry(
        "a `typing.NamedTuple` that branches assign",
        """
        import typing

        class Point(typing.NamedTuple):
            x: int
            y: int = 1

        def f(x):
            point = Point(x) if x > 0 else Point(-x, 2)
            return point.x * point.y
        """,
        python=[(4,), (-4,)],
    ),
    Entry(
        "a class body in a function",
        """
        def f(x):
            class Box:
                start = 1 if x is None else 2

                def get(self):
                    return x + self.start if x > 0 else x
            return Box().get()
        """,
        python=[(4,), (-4,)],
    ),
    Entry(
        "`__slots__`",
        """
        class Box:
            __slots__ = ("x",)

        def f(x):
            box = Box()
            box.x = x
            if x > 0:
                box.x = box.x + 1
            return box.x
        """,
        python=[(4,), (-4,)],
    ),
    Entry(
        "private names: `self.__x`",
        """
        class Box:
            def __init__(self, x):
                self.__x = x

            def grow(self, y):
                if y > 0:
                    self.__x += y
                return self.__x

        def f(x):
            return Box(x).grow(x)
        """,
        python=[(4,), (-4,)],
    ),
    Entry(
        "`__getattr__` and `__setattr__`",
        """
        class Open:
            def __init__(self):
                object.__setattr__(self, "found", {})

            def __getattr__(self, name):
                return self.found.get(name, 0)

            def __setattr__(self, name, value):
                self.found[name] = value * 2

        def f(x):
            box = Open()
            if x > 0:
                box.a = x
            else:
                box.a = -x
            return box.a + box.b
        """,
        python=[(4,), (-4,)],
    ),
    Entry(
        "an enumeration",
        """
        import enum

        class Way(enum.Enum):
            UP = 1
            DOWN = 2

        def step(x, way):
            return x + 1 if way is Way.UP else x - 1

        def f(x):
            return step(x, Way.UP) * step(x, Way(2))
        """,
        python=[(4,)],
    ),
)
