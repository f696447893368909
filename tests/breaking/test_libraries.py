"""What other people's libraries do, in small: each program runs plain, as a twin, and as a twin in a graph of the user's.

`f()` gives the same in all three. None of the programs has a tensor: a twin must do with Python's values what Python does.
"""

from __future__ import annotations

from typing import Any

import pytest

from autograph_hook.runtime import operators
from tests.twins.both import enabled, outcome, plain

try:
    import tensorflow as tf
except ImportError:
    tf = None

PROGRAMS: dict[str, str] = {
    # Names of a function around are read by others, wherever they are stored.
    "a name of a function around, stored in a branch and not read after it": """
        def f():
            slash = False
            def write(options):
                nonlocal slash
                if options:
                    slash = True
                return options
            write([1])
            return "; " if slash else " / "
        """,
    "names of a function around, stored in loops and handlers": """
        def f():
            n, last = 0, None
            def count(x):
                nonlocal n, last
                for i in range(x):
                    n += 1
                    last = i
                while n < 10:
                    n += 3
                try:
                    last = -1 if last is None else last
                finally:
                    if x:
                        last = last, x
            count(2)
            count(0)
            return n, last
        """,
    "a name of a function around, bound by `with`, a class's method and a return": """
        import contextlib
        def f():
            class A:
                def m(self):
                    nonlocal z
                    with contextlib.nullcontext(1) as z:
                        if self:
                            z += 2
                            return z
            z = 1
            return A().m(), z
        """,
    "a name of a function around, bound by a generator, a match and a walrus": """
        def f():
            q = s = None
            def numbers():
                nonlocal q
                for i in range(3):
                    if i == 1:
                        q = i
                    yield i
            def match(x):
                nonlocal s
                match x:
                    case [_, s]:
                        return "pair"
                    case _ if (s := 4):
                        return "other"
            return list(numbers()), q, match([1, 2]), s, match(1), s
        """,
    "a name of a function around, deleted in a branch": """
        def f():
            d = 1
            def drop(x):
                nonlocal d
                if x:
                    del d
            def look():
                try:
                    return d
                except NameError:
                    return "gone"
            drop(0)
            before = look()
            drop(1)
            return before, look()
        """,
    # Nobody but the user's code asks the user's objects for anything.
    "a proxy sees every attribute that is read": """
        seen = []
        class Proxy:
            def __init__(self, inner):
                self.__inner = inner
            def __getattribute__(self, name):
                if name.startswith("_Proxy__"):
                    return object.__getattribute__(self, name)
                seen.append(name)
                return getattr(self.__inner, name)
            def __contains__(self, key):
                return key == 1
            def __getitem__(self, key):
                return key
            def __setitem__(self, key, value):
                seen.append((key, value))
            def __delitem__(self, key):
                seen.append(key)
        def f():
            del seen[:]
            p = Proxy([1])
            p[1] = 2
            del p[3]
            found = [p[5], 1 in p, 2 in p, p is None, p is not p, len(p.copy())]
            if found:
                q = p
            elif seen:
                q = None
            return found, q is p, seen
        """,
    "a metaclass that answers for `__class__` and `__dict__`": """
        class Meta(type):
            def __getattribute__(cls, name):
                if name not in ("__dict__", "__module__") and name in cls.__dict__:
                    return "own " + name
                return super().__getattribute__(name)
        def f():
            class A(metaclass=Meta):
                x = 1
            return A.x, A.__name__, isinstance(A, type)
        """,
    "an enabled function in the place of the builtin hasattr": """
        import builtins
        def f():
            kept = builtins.hasattr
            calls = []
            def ours(owner, name):
                if name in ("a", "b"):
                    calls.append(name)
                return kept(owner, name)
            builtins.hasattr = ours
            try:
                return hasattr(1, "a"), hasattr("", "join"), calls
            finally:
                builtins.hasattr = kept
        """,
    # What looks at the frame that calls it.
    "named tuples, enumerations and data classes know their module": """
        import collections, enum, typing
        def f():
            made = [
                collections.namedtuple("Point", "x y"),
                enum.Enum("Colour", "RED BLUE"),
                typing.NamedTuple("Typed", [("a", int)]),
                typing.TypedDict("Keys", {"a": int}),
            ]
            return [kind.__module__ == __name__ for kind in made]
        """,
    "a log record names the user's function": """
        import logging
        def f():
            log = logging.Logger("x")
            records = []
            log.handle = records.append
            if records == []:
                log.warning("%s", 1)
            log.info("two")
            return [(r.funcName, r.lineno, r.getMessage()) for r in records]
        """,
    "a renamed generator function": """
        def f():
            def numbers():
                yield 1
            numbers.__name__ = "other"
            made = numbers()
            return made.__name__, list(made)
        """,
    "eval takes spaces and tabs before an expression, and nothing else": """
        def f():
            found = [eval(" \\t 1 + 1")]
            try:
                eval("\\xa01")
            except SyntaxError as error:
                found.append(error.msg)
            return found
        """,
}


@pytest.mark.parametrize("title", PROGRAMS)
def test_a_twin_does_with_python_values_what_python_does(title: str) -> None:
    expected = outcome(plain(PROGRAMS[title]).f)
    module = enabled(PROGRAMS[title])
    assert outcome(lambda: operators.call(module.f)) == expected
    assert expected[0] == "returned", expected


@pytest.mark.skipif(tf is None, reason="needs TensorFlow")
@pytest.mark.parametrize("title", PROGRAMS)
def test_a_graph_of_the_user_s_changes_nothing_of_it(title: str) -> None:
    module = enabled(PROGRAMS[title])
    found: list[Any] = []

    @tf.function
    def traced() -> Any:
        found.append(outcome(module.f))
        return tf.constant(0)

    traced()
    assert found == [outcome(plain(PROGRAMS[title]).f)]
