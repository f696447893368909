"""What every made program begins with: state, functions and classes that its templates use."""

HEAD = '''\
import contextlib, dataclasses, enum, functools, sys, typing

LOG = []
N = 2
GL = [1, 2, 3]
GD = {"a": 1, "key": 5}


class Oops(Exception):
    pass


@dataclasses.dataclass
class Point:
    a: object
    b: object = 0

    def __iter__(self):
        return iter((self.a, self.b))

    def __getitem__(self, index):
        return (self.a, self.b)[index]


class Box:
    scale = 2
    __match_args__ = ("v",)

    def __init__(self, v):
        self.v = v
        self.items = []
        self.deep = {"k": [v]}

    def add(self, x):
        if x > 3:
            self.v += x
            return self.v
        return x + self.v * self.scale

    @property
    def twice(self):
        return self.v * 2 if self.v else note(0)

    @property
    def half(self):
        return lambda x: x - self.v // 2

    def same(self):
        return self

    @classmethod
    def of(cls, v):
        return cls(v)

    def __call__(self, x):
        return self.add(x) - 1

    def __len__(self):
        return len(self.items) + 1

    def __getitem__(self, index):
        return self.items[index] if index < len(self.items) else self.v

    def __setitem__(self, index, value):
        self.items = [*self.items[:2], value]


class Sub(Box):
    def add(self, x):
        if x < 0:
            return super().add(-x)
        return super().add(x) + note(1)


class Guard:
    def __init__(self, name, hides=False):
        self.name = name
        self.hides = hides

    def __enter__(self):
        note("in " + self.name)
        return self

    def __exit__(self, kind, error, traceback):
        note("out " + self.name + (kind.__name__ if kind else ""))
        return self.hides and kind is Oops


@contextlib.contextmanager
def managed(value):
    note(value)
    try:
        yield value + 1
    finally:
        note(-value)


GB = Box(1)


def note(value):
    LOG.append(value)
    return value


def check(value):
    if value % 4 == 3:
        raise Oops(value)
    return value


def pair(a, b=1):
    return a, b


def counted(n):
    for i in range(n % 4):
        yield i + note(n)


def traced(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        note(function.__name__[:3])
        return function(*args, **kwargs)
    return wrapper


def times(count, *, start=0):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            result = start
            for _ in range(count):
                result += function(*args, **kwargs)
            return result
        return wrapper
    return decorate


class Odd:
    """What has operators of its own, all of which leave notes."""

    __match_args__ = ("v",)

    def __init__(self, v):
        self.v = v

    def __bool__(self):
        note("bool")
        return self.v % 2 == 1

    def __eq__(self, other):
        note("eq")
        return Odd(self.v - getattr(other, "v", other))

    def __lt__(self, other):
        note("lt")
        return Odd(getattr(other, "v", other) - self.v)

    def __gt__(self, other):
        note("gt")
        return [] if self.v <= getattr(other, "v", other) else [self.v]

    def __hash__(self):
        return self.v

    def __add__(self, other):
        note("add")
        return Odd(self.v + getattr(other, "v", other))

    __radd__ = __add__

    def __isub__(self, other):
        note("isub")
        self.v -= other
        return self

    def __neg__(self):
        return Odd(-self.v)

    def __len__(self):
        note("len")
        return 1

    def __iter__(self):
        for i in range(self.v % 3):
            yield note(i)

    def __contains__(self, other):
        note("contains")
        return other

    def __getitem__(self, key):
        note("get")
        return self.v if isinstance(key, int) else len(key)

    def __setitem__(self, key, value):
        note(("set", key, value))

    def __delitem__(self, key):
        note(("del", key))

    def __format__(self, form):
        return f"{self.v}{form}"

    def __repr__(self):
        return f"Odd({note(self.v)})"


class Meta(type):
    def __new__(meta, name, bases, names, **options):
        note(sorted(key for key in names if not key.startswith("__")))
        return super().__new__(meta, name, bases, names, **options)

    def __call__(cls, *args):
        note("made")
        cls.made += 1
        return super().__call__(*args)


class Counts:
    made = 0


class Tagged:
    tag = 0

    def __init_subclass__(cls, /, tag=None, **options):
        super().__init_subclass__(**options)
        cls.tag = tag if tag is not None else note(cls.tag) + 1


class Doubled:
    """A descriptor."""

    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, one, owner=None):
        return self if one is None else getattr(one, self.name) * 2

    def __set__(self, one, value):
        setattr(one, self.name, value)


class Const:
    FOUR = 4
    N = 6


class Tick:
    def __init__(self, v):
        self.v = v

    def __await__(self):
        note("tick")
        yield self.v
        return self.v


class Later:
    def __init__(self, name):
        self.name = name

    async def __aenter__(self):
        await Tick(1)
        return note(3)

    async def __aexit__(self, kind, error, traceback):
        note("out " + self.name)
        return kind is Oops


def drive(coroutine):
    """What a coroutine returns."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration as stop:
        return stop.value
'''
