"""Statements of several lines, as templates: functions, classes, generators and coroutines of every form, and their use.

They are written as those of `grammar.py` are; `?f`, `?g` and `?c` are names of the template's own for functions and
classes.
"""

from __future__ import annotations

import sys

FUNCTIONS: tuple[str, ...] = (
    # Parameters
    "def ?f(a0, /, b0=$int, *rest, c0, d0=$int, **others):\n    note((a0, b0, rest, c0, d0, sorted(others.items())))\n"
    "    return a0 + c0 * d0 - len(rest)\n=int = ?f($int, c0=$int, z0=$int)\n=int2 = ?f(*$list, $int, **{'c0': $int})",
    "def ?f(*, a0=$int, b0):\n    return a0 - b0\n=int = ?f(b0=$int, **($dict if N > 5 else {'a0': $int}))",
    "def ?f(a0, b0=2, /):\n    return a0 * b0\n=int = ?f($int) + ?f($int, $int)\ntry:\n    ?f(a0=$int)\nexcept TypeError as error:\n    note(str(error)[-40:])",
    "def ?f(a0, found=[]):\n    found.append(a0)\n    return found\n=list = ?f($int)\n=list2 = ?f($int)",
    "?v = $int\ndef ?f(a0=(?u := ?v + 1), *rest):\n    return a0 + sum(rest)\n=int = ?f() + ?f(*$list) + ?u",
    "?f = lambda a0, *rest, b0=$int, **others: (a0, rest, b0, others)\n=int = len(?f($int, *$list, c0=$int)[1])",
    # What closures share
    "?f = [lambda: ?v for ?v in range(3)]\n=list = [each() for each in ?f]",
    "?f = []\nfor ?v in range(3):\n    ?f.append(lambda a0=?v, *rest: a0 * 10 + ?v)\n=list = [each() for each in ?f]",
    "?v = $int\ndef ?f(a0):\n    nonlocal ?v\n    ?v += a0\n    return ?v\ndef ?g():\n    return ?v * 2\n=list = [?f($int), ?g(), ?f(1), ?v]",
    "?v = $int\ndef ?f():\n    nonlocal ?v\n    del ?v\n?f()\ntry:\n    =int = ?v\nexcept NameError as error:\n    note(type(error).__name__)\n    ?v = 0",
    "?v = ?u = $int\ndel (?v), [?u]\ntry:\n    note(?u)\nexcept UnboundLocalError:\n    =int = 5",
    # Decorators
    "@traced\ndef ?f(a0, b0=1):\n    'It has one.'\n    return a0 - b0\n=int = ?f($int) + len(?f.__doc__) + len(?f.__name__) * 0",
    "@traced\n@times($int % 3, start=$int)\ndef ?f(a0):\n    return note(a0) + 1\n=int = ?f($int)",
    "@functools.lru_cache(maxsize=2)\ndef ?f(a0):\n    return note(a0) * 2\n=list = [?f(each) for each in @list]\n=int = ?f.cache_info().hits",
    "@functools.singledispatch\ndef ?f(a0):\n    return 0\n@?f.register(str)\ndef _(a0):\n    return len(a0)\n@?f.register(list)\ndef _(a0):\n"
    "    return sum(a0)\n=list = [?f($str), ?f($list), ?f($int)]",
    "@(lambda function: lambda a0: function(a0) if a0 > $int else -a0)\ndef ?f(a0):\n    return a0 % 5\n=int = ?f($int)",
    # Recursion
    "def ?f(a0):\n    return $int if a0 <= 0 else ?g(a0 - 1)\ndef ?g(a0):\n    if a0 > 1:\n        return ?f(a0 - 2) + 1\n    return a0\n=int = ?f($int % 7)",
    "def ?f(a0):\n    for each in a0:\n        if isinstance(each, list):\n            yield from ?f(each)\n        else:\n            yield each\n"
    "=list = list(?f([$int, [$int, [@int], []]]))",
    # Annotations
    "def ?f(a0: note(1), *rest: note(2), b0: 'int' = $int) -> note(3):\n    ?v: int\n    ?u: note(4) = a0\n    @dict['z']: note(5) = ?u\n"
    "    return ?u\n=int = ?f($int) + len(?f.__annotations__)",
)  # fmt: skip

GENERATORS: tuple[str, ...] = (
    "def ?f(a0):\n    found = 0\n    while found is not None:\n        try:\n            found = yield a0 + (found or 0)\n"
    "        except Oops as error:\n            note(error.args)\n            found = yield -1\n        finally:\n            note('turn')\n"
    "?g = ?f($int)\n=list = [next(?g), ?g.send($int), ?g.throw(Oops(1)), ?g.send($int)]\n?g.close()",
    "def ?f():\n    try:\n        yield $int\n        yield $int\n    except GeneratorExit:\n        note('closed')\n        raise\n"
    "for =int in ?f():\n    if $cond:\n        break",
    "def ?f(a0):\n    got = yield from counted(a0)\n    note(got)\n    return a0\ndef ?g(a0):\n    found = yield from ?f(a0)\n    yield found\n=list = list(?g($int))",
    "?g = (note(each) for each in @list if each)\n=int = next(?g, 0)\n=list = [*?g]",
    "?g = iter($list)\n=list = [(each, next(?g, None)) == (1, 2) for each in ?g]",
    "def ?f():\n    if (yield $int):\n        return\n    yield $int\n?g = ?f()\nnote(next(?g))\ntry:\n    ?g.send(1)\nexcept StopIteration as error:\n    note(error.value)",
    "def ?f(a0):\n    with Guard('inside'):\n        for each in a0:\n            if each > 2:\n                return each\n            yield each\n    return 0\n=list = list(?f($list))",
    "def ?f():\n    raise StopIteration\n    yield\ntry:\n    list(?f())\nexcept RuntimeError as error:\n    note(type(error.__cause__).__name__)",
    "=int = sum(each for each in (yield_ * 2 for yield_ in @list) if each > $int)",
)  # fmt: skip

CLASSES: tuple[str, ...] = (
    # Bodies
    "class ?c:\n    'A class.'\n    kept = []\n    for each in range(3):\n        if each == 1:\n            continue\n        kept.append(each)\n"
    "    else:\n        kept.append(9)\n    if kept:\n        first = kept[0]\n    del each\n    double = [x0 * 2 for x0 in kept]\n=list = ?c.double + ?c.kept",
    "?v = $int\nclass ?c:\n    ?v = N + 1\n    class Inner:\n        held = ?v\n        def get(self):\n            return ?v, __class__.__qualname__[-5:]\n=int = ?c.?v - ?c.Inner.held + ?c.Inner().get()[0]",
    "class ?c:\n    __hidden = $int\n    def __init__(self, a0):\n        self.__a = a0\n    def get(self):\n        __u = self.__a\n        return __u + self.__hidden\n"
    "=int = ?c($int).get()\n=str = sorted(vars(?c(1)))[0][-3:]",
    # What surrounds attributes
    "class ?c:\n    def __init__(self):\n        self._a = $int\n    @property\n    def a(self):\n        return note(self._a)\n    @a.setter\n    def a(self, a0):\n"
    "        self._a = check(a0)\n    @a.deleter\n    def a(self):\n        del self._a\n?f = ?c()\n?f.a = $int\n?f.a += $int\n=int = ?f.a\ndel ?f.a",
    "class ?c(Box):\n    doubled = Doubled()\n    def __getattr__(self, name):\n        if name.startswith('x'):\n            return len(name)\n"
    "        raise AttributeError(name)\n    def __setattr__(self, name, a0):\n        note(name)\n        super().__setattr__(name, a0)\n"
    "?f = ?c($int)\n?f.doubled = $int\n?f.v -= ?f.xyz\n=int = ?f.doubled + ?f.v",
    "class ?c:\n    @staticmethod\n    def one(a0, *rest):\n        return a0\n    @classmethod\n    def two(cls, a0):\n        return cls.one(a0) + cls.scale\n    scale = 3\n"
    "class ?g(?c):\n    scale = $int\n    @classmethod\n    def two(cls, a0):\n        return super().two(a0) - 1\n=list = [?c.two($int), ?g.two($int), ?g().one(1, 2)]",
    "class ?c:\n    @functools.cached_property\n    def a(self):\n        return note($int)\n?f = ?c()\n=list = [?f.a, ?f.a, len(vars(?f))]",
    "class ?c:\n    __slots__ = ('a', 'b')\n    def __init__(self, a0):\n        self.a = a0\n?f = ?c($int)\n=int = ?f.a + hasattr(?f, 'b')\ntry:\n    ?f.c = 1\nexcept AttributeError:\n    note('no c')",
    # Where classes come from
    "class ?c(Sub, Counts, metaclass=Meta):\n    def add(self, a0):\n        return super(Sub, self).add(a0) + super().add(1)\n=int = ?c($int).add($int) + ?c.made",
    "class ?c(Tagged, tag=$int):\n    pass\nclass ?g(?c):\n    pass\n=list = [?c.tag, ?g.tag]",
    "?c = type('Made', (Box,), {'add': lambda self, a0: a0 - self.v, 'scale': $int})\n=box = ?c($int)",
    "@dataclasses.dataclass(order=True)\nclass ?c:\n    a: int = $int\n    b: list = dataclasses.field(default_factory = list)\n    def __post_init__(self):\n        self.b.append(self.a)\n"
    "=bool = ?c($int) < ?c($int)\n=list = dataclasses.replace(?c(), a=2).b",
    "class ?c(typing.NamedTuple):\n    a: int\n    b: int = 4\n    def both(self):\n        return self.a * self.b\n=int = ?c($int).both()\n=int2 = ?c(*$tuple)._replace(a=1)[1]",
    "class ?c(enum.Enum):\n    A = 1\n    B = $int + 10\n    @property\n    def twice(self):\n        return self.value * 2\n=list = [each.twice for each in ?c]\n=bool = ?c(1) is ?c.A",
    "class ?c(dict):\n    def __missing__(self, key):\n        return note(key)\n    def __getitem__(self, key):\n        return super().__getitem__(key)\n=int = ?c(a=$int)['a'] + len(?c()['b'])",
    "class ?c(list):\n    def append(self, a0):\n        super().append(note(a0))\n?f = ?c($list)\n?f.append($int)\n?f += [$int]\n=list = list(?f[-2:])",
    "class ?c(Exception):\n    def __init__(self, a0):\n        super().__init__(a0, 1)\n        self.v = a0\ntry:\n    raise ?c($int)\nexcept ?c as error:\n    =int = error.v",
    # Operators
    "?f = Odd($int)\n=int = (3 if ?f else 4) + (?f < $int < ?f) + len(?f and 'ab' or 'c')\n?f += $int\n=int2 = (not ?f) + (1 if ?f == Odd(1) else 0) + ?f.v",
    "?f = Odd($int)\nwhile ?f:\n    ?f += 1\n    if ?f.v > 9:\n        break\n=list = [*?f] + [3 in ?f, 4 not in ?f]",
    "?f = ?g = Odd($int)\n?f += 1\n?g -= 1\n=int = ?f.v * 10 + ?g.v + (-?f).v + (2 + ?f).v + ?f[$int] + ?f[1:2, ...]",
    "=list = sorted([Odd(3), Odd($int), Odd(1)])[0][:1] if 0 else [min(Odd($int), Odd(2)).v]\n=bool = any([Odd($int), Odd(0)]) and all([Odd($int)])",
    "?f = Odd($int)\n?f[note(0)] = $int\n?f[note(1)] += $int\ndel ?f[note(2)]\n=str = f'{?f}{?f!r:>5}{?f:x}'",
    "?f = Odd(1)\nmatch ?f:\n    case Odd(v=1 | 2 as =int):\n        pass\n    case _:\n        =int = 0",
)  # fmt: skip

COROUTINES: tuple[str, ...] = (
    "async def ?f(a0):\n    await Tick(a0)\n    if a0 > 2:\n        return a0\n    return await ?f(a0 + 2)\n=int = drive(?f($int))",
    "async def ?f(a0):\n    for each in a0:\n        yield await Tick(each)\nasync def ?g():\n    found = []\n    async for each in ?f($list):\n        if each > 4:\n"
    "            break\n        found.append(each)\n    else:\n        found.append(0)\n    return found + [x0 async for x0 in ?f([1, 2]) if x0 > 1]\n=list = drive(?g())",
    "async def ?f():\n    async with Later('a') as one, Later('b'):\n        check(one)\n        return $int\n=int = drive(?f())",
    "async def ?f():\n    try:\n        await Tick(check($int))\n    except Oops as error:\n        return error.args[0]\n    finally:\n        note(await Tick(2))\n=opt = drive(?f())",
    "async def ?f(a0):\n    return sum([await Tick(each) for each in a0])\n=int = drive(?f($list))",
)  # fmt: skip

FLOW: tuple[str, ...] = (
    # How statements are left
    "for ?v in range(3):\n    try:\n        if ?v == $int:\n            continue\n        note(check(?v + $int))\n    finally:\n        if ?v == 1:\n            break\n        note('end')",
    "def ?f(a0):\n    try:\n        return check(a0)\n    finally:\n        if a0 > 2:\n            return -1\n=int = ?f($int) + ?f(3)",
    "def ?f(a0):\n    while True:\n        try:\n            return note(a0)\n        finally:\n            a0 += 1\n            if a0 < 3:\n                continue\n            break\n    return a0 * 10\n=int = ?f($int)",
    "for ?v in range(2):\n    for ?u in range(3):\n        with Guard('loop', $bool):\n            if ?u == ?v:\n                continue\n            check(?u + $int)\n            if ?u:\n                break\n    else:\n        note('whole')",
    # Exceptions
    "try:\n    try:\n        =int = check($int)\n    except Oops as error:\n        raise ValueError($int) from error\nexcept ValueError as error:\n    note([error.__cause__.args, error.__suppress_context__])",
    "try:\n    try:\n        @dict[$str]\n    except KeyError:\n        check(3)\nexcept Oops as error:\n    note(type(error.__context__).__name__)\n    =bool = error.__cause__ is None",
    "try:\n    raise Oops($int) from None\nexcept Oops as error:\n    ?f = error\n    try:\n        raise\n    except Oops as again:\n        =bool = again is ?f",
    "try:\n    check($int)\nexcept (Oops, *[KeyError]) as error:\n    del error\nelse:\n    note('else')",
    "try:\n    note([].pop)\nexcept note(Oops):\n    pass",
    "try:\n    1 // 0\nexcept ZeroDivisionError:\n    try:\n        =int = check($int)\n    finally:\n        note(sys.exc_info()[0].__name__)",
    # Contexts
    "with Guard('a') as ?f, managed($int) as ?v, Guard($str, $bool):\n    =int = check(?v)",
    "with (\n    managed($int) as (?v),\n    contextlib.suppress(Oops),\n):\n    =int = check(?v)\n    note('not raised')",
    "with contextlib.ExitStack() as ?f:\n    ?f.enter_context(Guard('one'))\n    ?f.callback(note, $int)\n    =int = check($int)",
    "with contextlib.nullcontext([$int, $int]) as [?u, ?v]:\n    =int = ?u - ?v",
    "with contextlib.nullcontext($int) as @box.v, contextlib.nullcontext($int) as @dict['k']:\n    pass",
    # Targets
    "=int, (=int2, *=list), [=str, _] = $int, [$int, $int, $int], ($str, 0)",
    "*=list, =int = $list or [1]",
    "for (?u, *?v), ?w in [((1, 2, 3), $int), ([4], $int)]:\n    note([?u, ?v, ?w])",
    "@list[note(0)], @dict[note('k')] = @dict[note('k2')], @box.v = $tuple",
    "@list[note(0):note(2)], =int = [$int], $int",
    "@dict[note('a')] += note($int)",
    "@list[note(0)] *= note(2)",
    "@list[note(-1):] += [note($int)]",
    "@box.deep[note('k')][note(0)] -= note($int)",
    "del @list[note(0)], @dict[note('a')]",
    "del @list[::2]",
    "@list[::2] = [0] * len(@list[::2])",
    "?f = Box($int)\n?f.extra = $int\ndel ?f.extra, ?f.v",
    # Decisions
    "note(note($int) < note($int) <= note($int) != note($int))",
    "=int = 1 if note($bool) else 2 if note($bool) else 3 if $cond else 4",
    "note((?v := $int) > 1 and (?u := ?v * 2) > 3 and ?u)\n=int = ?v",
    "if (?v := $int) > 1 or not (?u := $list):\n    =int = ?v\nelif ?u:\n    =list = ?u",
    "?w = 3\nwhile (?v := len(@list)) > 2 and ?w:\n    ?w -= 1\n    @list.pop(note(0))",
    "=list = [(?v := each) + ?v for each in @list if (=int := each) is not None]",
    "=list = [y0 for x0 in @list if x0 for y0 in [x0, -x0] if y0 != $int]",
    "=bool = any((?v := each) > 1 for each in @list) and ?v > 2",
    "=dict = {(?v := str(each)): (?v, each) for each in @list}",
    "match $int, [$int, {'k': $str, 'l': $int}]:\n    case (1 | 2 as ?u), [?v, {'k': ('a' | 'b') as ?f, **?g}]:\n        note([?u, ?v, ?f, ?g])\n"
    "    case [int(?u), [_, {'l': ?v}]] if note(?u) > ?v:\n        =int = ?u\n    case ?f:\n        note(?f)",
    "match $list:\n    case [?u, *?v, ?w] if ?v:\n        note([?u, ?v, ?w])\n    case [_] | []:\n        =int = 1\n    case _:\n        =int = 2",
    "match $opt:\n    case Const.FOUR:\n        note('four')\n    case None | True:\n        note('none')\n    case Const.N | 2 | -1:\n        note('n')",
    "match {'a': $int, **$dict}:\n    case {'a': 1 | 2, 'key': _}:\n        =int = 1\n    case {'a': ?v, **?u} if not ?u:\n        =int = ?v",
    # Names
    "global GN0\nGN0 = $int\nnote(GN0)\ndel GN0",
    "?v = sorted(locals())[:2]\n=bool = 'N' in globals() and __debug__",
    "?v = $int\n=int = eval('?v + N', {**globals(), **locals()})",
    "?v = $int\nexec('note(?v)\\nGN1 = 2', globals(), locals())\nexec('GN1 = 3', globals())\n=int = globals().pop('GN1')",
    "=int = vars(@box)['v'] + len(dir(@box)) * 0 + globals()['N']",
    "import math as ?v, os.path as ?u\nfrom functools import reduce as ?f\n=int = ?f(max, $list, math_ if (math_ := $int) else ?v.floor(1.5))",
    # Long loops
    "?v = 0\nwhile ?v < 150:\n    ?v += 1\n    if ?v % 7 == @int % 7:\n        continue\n    =int = ?v\n    if ?v > 100 + @int:\n        break",
    "=int = 1\nfor ?v in range(120):\n    !int = (=int * 3 + ?v) % 101",
)  # fmt: skip

LATER: list[str] = []
"""What only newer Pythons have."""

if sys.version_info >= (3, 11):
    LATER += [
        "try:\n    raise ExceptionGroup('g', [Oops($int), KeyError($str), ExceptionGroup('h', [Oops(1)])])\nexcept* Oops as error:\n"
        "    note([each.args for each in error.exceptions if isinstance(each, Oops)])\nexcept* KeyError:\n    =int = $int\nelse:\n    note('else')\nfinally:\n    note('end')",
        "try:\n    =int = check($int)\nexcept* Oops as error:\n    note(len(error.exceptions))\n    raise ValueError(1)",
        "for ?v in $list:\n    try:\n        note(check(?v))\n    except* (Oops, KeyError):\n        note('caught')",
        "@dict[*$tuple] = $int",
    ]
if sys.version_info >= (3, 12):
    LATER += [
        "def ?f[T, *R](a0: T, *rest: *R) -> list[T]:\n    return [a0, len(rest), *T.__name__]\n=str = ?f($int, $int)[2]",
        "class ?c[T]:\n    held: T\n    def get[U](self, a0: U) -> U:\n        return a0\n=int = ?c[int]().get($int)",
        "type ?c[T] = list[T] | note(T)\n=str = ?c.__name__[:1]",
        "=str = f'{f'{$int:>{3}}' + f\"{'a'}\"}'",
    ]

DEFINITIONS: tuple[str, ...] = (*FUNCTIONS, *GENERATORS, *CLASSES, *COROUTINES, *FLOW, *LATER)
