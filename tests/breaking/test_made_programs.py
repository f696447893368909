"""Programs that machines have made, each of which could once tell that it was enabled (see `tests/fuzz`)."""

from __future__ import annotations

import importlib
import textwrap

import pytest

from tests.fuzz.programs import HEAD, Program

PYTHON = {
    "else of a loop in finally": (
        """
        def f(xs):
            try:
                pass
            finally:
                for x in xs:
                    note(x)
                else:
                    note('else')
        """,
        ("f([1])", "f([])"),
    ),
    "a loop that only a jump ends in finally": (
        """
        def f(n):
            try:
                note(n)
            finally:
                while True:
                    n += 1
                    if n > 3:
                        break
                else:
                    note('never')
            return n
        """,
        ("f(1)", "f(5)"),
    ),
    "a name without a value in a branch, a loop and an operand": (
        """
        def f(how):
            if how == 0:
                s += 'a'
            for i in range(2):
                if how == 1:
                    note(s)
                if how == 2:
                    del s
            return how == 3 and s or (s if how == 4 else 0)
            s = 1
        """,
        ("f(0)", "f(1)", "f(2)", "f(3)", "f(4)", "f(5)"),
    ),
    "a name without a value, caught and told to a context manager": (
        """
        def f(how):
            if how:
                try:
                    note(s)
                except UnboundLocalError:
                    note('unbound')
                except NameError:
                    note('name')
            if how > 1:
                with Guard('inside'):
                    del s
            if how > 2:
                s = 1
        """,
        ("f(0)", "f(1)", "f(2)", "f(3)"),
    ),
    "a name that an inner function deletes": (
        """
        def f(how, xs):
            def inner():
                nonlocal xs
                del xs
            for x in xs:
                inner()
                if how == 0:
                    return 0 <= x < xs
                if how == 1:
                    xs += [1]
                if how == 2:
                    inner()
                if how == 3:
                    return how and xs
                return [x for x in xs]
        """,
        ("f(0, [1])", "f(1, [1])", "f(2, [1])", "f(3, [1])", "f(4, [1])"),
    ),
    "a name without a value in a run of simple statements": (
        """
        def f(how):
            found = how and s or how > s
            s = 1

        def g(how):
            del how
            return N and how
        """,
        ("f(0)", "f(1)", "f = g", "f(2)"),
    ),
    "a name without a value in a comprehension": (
        """
        def f(how):
            s = 'a'
            if how:
                del s
            if how == 1:
                return [x for x in 'ab' if s]
            if how == 2:
                return {x: s for x in 'ab'}
            if how == 3:
                return list(x for x in 'ab' if x and s)
            if how == 4:
                return [x for x in s]
            return [(x, s) for x in 'ab']
        """,
        ("f(0)", "f(1)", "f(2)", "f(3)", "f(4)", "f(5)"),
    ),
    "a name without a value in a default, a decorator and a base class": (
        """
        def f(how):
            if how == 0:
                return lambda v=s: v
            if how == 1:
                def g(v=s):
                    pass
            if how == 2:
                @s
                def g():
                    pass
            if how == 3:
                class G(s):
                    pass
            s = 1
        """,
        ("f(0)", "f(1)", "f(2)", "f(3)", "f(4)"),
    ),
    "a name without a value in finally": (
        """
        def f(x):
            if x:
                try:
                    b = check(x)
                finally:
                    note(b)
            return 1
        """,
        ("f(1)", "f(3)"),
    ),
    "a name that only a loop binds, read before it, and a global of that name": (
        """
        def f(x):
            if x:
                note(N)
            for N, in 'a':
                pass
        """,
        ("f(0)", "f(1)"),
    ),
    "a name that a default binds": (
        """
        def f(xs, a):
            for x in xs:
                note(a)
                def inner(v=(a := x)):
                    return v

        def g(xs, a):
            for x in xs:
                note(a)
                lambda v=(a := x): v

        def h(xs, a):
            for x in xs:
                note(a)
                class Local(a := Sub):
                    pass
        """,
        ("f([1, 2], 3)", "f = g", "f([1, 2], 3)", "f = h", "f([1, 2], 3)"),
    ),
    "what a generator expression raises, line by line": (
        """
        def f(x):
            return list(
                y
                for y in [x]
                if y and 7 // y
                or 1 // y
            )
        """,
        ("f(0)", "f(1)"),
    ),
    "a call of an inner generator function without its argument": (
        """
        def f(x):
            def inner(a):
                yield a
            return inner()
        """,
        ("f(0)",),
    ),
    "a return in a context that takes back what is raised before it": (
        """
        def f(x):
            if x:
                with Guard('inside', True):
                    check(x)
                    return 0
                note(1)
            else:
                return 5

        def g(x):
            while True:
                with contextlib.suppress(Oops):
                    x += 1
                    check(x)
                    break
                x += 1
            return x
        """,
        ("f(0)", "f(1)", "f(3)", "f = g", "f(0)", "f(2)"),
    ),
    "a store in a context that takes back what is raised before it": (
        """
        def f(xs):
            x = 0
            if xs:
                with contextlib.suppress(Oops):
                    check(xs[0])
                    x = 1
                note(x)

        def g(xs):
            x = 0
            for y in xs:
                with contextlib.suppress(Oops):
                    check(y)
                    x = y
                note(x)
        """,
        ("f([])", "f([1, 3])", "f([3])", "f = g", "f([3, 2, 3])"),
    ),
    "a name that is first stored in a context that takes back what is raised before it": (
        """
        def f(how):
            with contextlib.suppress(Oops):
                check(how)
                s = 1
            if how == 1:
                return lambda: s
            if how == 3:
                note(s)
            return how and (how > 0 and s)

        def g(how):
            with Guard('outside', True):
                with Guard('inside'):
                    for s in how:
                        check(s)
                        t = s
                    raise Oops(4)
            return [x for x in how if x and t]
        """,
        ("f(1)()", "f(2)", "f(3)", "f(7)", "f(-1)", "f = g", "f([1, 2])", "f([3, 2])", "f([0])"),
    ),
    "a jump in a context that takes back what a finally inside it raises": (
        """
        def f(how):
            with contextlib.suppress(Oops):
                try:
                    return 1
                finally:
                    check(how)
            return 2

        def g(how):
            for i in range(4):
                with Guard('outside', True):
                    with Guard('inside'):
                        try:
                            if how < 2:
                                continue
                            break
                        finally:
                            check(how + i)
                    note(9)
                else_ = i
                note(i)
            else:
                return 3
            return else_
        """,
        ("f(1)", "f(3)", "f = g", "f(0)", "f(1)", "f(2)", "f(3)"),
    ),
    "a jump in a context that takes back what another one raises at its end": (
        """
        class Raises:
            def __enter__(self):
                return self

            def __exit__(self, *error):
                raise Oops(1)

        def f(how):
            with Guard('outside', True), Raises():
                return 1
            return how

        def g(how):
            for i in range(3):
                with Guard('first'), Guard('second', True), Raises(), Guard('fourth'):
                    if i < how:
                        continue
                    break
                note(i)
            return how
        """,
        ("f(2)", "f = g", "f(1)"),
    ),
    "an object that notes when it is asked for its truth": (
        """
        class Odd:
            def __init__(self, v):
                self.v = v

            def __bool__(self):
                note(self.v)
                return self.v % 2 == 1

            def __lt__(self, other):
                return Odd(other.v - self.v)

            def __sub__(self, other):
                return Odd(self.v - other)

        def f(n):
            found = []
            for i in range(8):
                a, b, c = Odd(i), Odd(i // 2), Odd(i // 4)
                LOG.append('values')
                found += [a and b or c, (a and b) and c, (a or b) and c, not (a and b), a < b < c, a < b < c or a]
                LOG.append('conditions')
                if a and b or c:
                    note(1)
                elif not (a or b and c):
                    note(2)
                while (a and b) and (c if b else a):
                    a -= 1
                found += [1 if a < b < c else 2, 3 if (a if b else c) else 4]
                found += [x for x in (a, b) if x and c]
                found += list(x for x in (a, b) if x or c), {x for x in 'ab' if a and b}
                assert a or b or not c or not a
                match n:
                    case 1 if a and b:
                        note(3)
                    case {} if a or b:
                        note(4)
            return [x.v if isinstance(x, Odd) else x for x in found]

        def g(n):
            for i in range(4):
                if Odd(i) and Odd(i // 2):
                    yield i
                if Odd(i) and (yield n):
                    note('sent')
                yield 1 if Odd(i) and (yield n) else 2

        def h(n):
            return list(g(n))
        """,
        ("f(1)", "f({})", "f = h", "f(1)", "f(0)"),
    ),
    "a return that an exception from finally replaces": (
        """
        def f(x):
            try:
                try:
                    return 1
                finally:
                    check(x)
            except Oops:
                note(2)
            return 3
        """,
        ("f(1)", "f(3)"),
    ),
    "an exception that is raised again under a condition": (
        """
        def g(xs, n):
            try:
                if n:
                    return g(xs, n - 1)
                return xs[n]
            except IndexError:
                if xs:
                    return 1
                for k in range(2):
                    if k:
                        raise

        def f(xs):
            try:
                g(xs, 2)
            except IndexError as error:
                if xs:
                    return 2
                raise error
        """,
        ("f([])", "f([1])"),
    ),
    "a context that is stored before the next one is asked for": (
        """
        def f(d):
            with contextlib.nullcontext(note(1)) as d['a'], contextlib.nullcontext(note(d['a'])) as (GB.v, N), d as c:
                note(2)
        """,
        ("f({})", "f({'a': 5})"),
    ),
    "a name without a value that a comprehension reads before a branch binds it": (
        """
        N = 5

        def f(xs):
            ys = [N for x in xs]
            if xs:
                N = 1
            return ys

        def g(xs):
            match [N for x in xs]:
                case [N] if N:
                    pass

        def h(xs):
            for N in xs:
                ys = {N: x for x in xs}
            return ys
        """,
        ("f([1])", "f([])", "g([1])", "h([1, 2])"),
    ),
}

OWN = {
    "a global name that a function in pieces stores before it returns a value": (
        """
        def g(x):
            return x * N + K

        def f(x):
            global N, K
            N = N + 1
            x = g(x)
            K = K + x
            x = g(x) * 2.0
            N = 1
            LOG.append(float(x[0]))
            return x
        """,
        ("f(K)",) * 6,
    ),
    "a global name that a loop binds and its body binds again": (
        """
        def f(xs):
            global N
            for t, N in zip('ab', xs):
                for N, b in zip(xs, 'a'):
                    pass
                K + 1.0
            return K
        """,
        ("f([1, 2])",),
    ),
    "a jump in pieces, in a context that takes back what a finally inside it raises": (
        """
        def f(x):
            for i in range(4):
                x = x * 0.5 + 1.0
                with contextlib.suppress(Oops), Guard('inside'):
                    try:
                        y = x * 2.0 - 1.0
                        if i % 2:
                            continue
                        return y
                    finally:
                        print(i)
                        check(i + 3 if float(x[0]) > 0.0 else i + 1)
                        x = x + 1.0
                x = x - 3.0
            return x + y
        """,
        ("f(K)",) * 6,
    ),
    "a global name that is stored in pieces before an exception leaves": (
        """
        def f(x):
            global K
            K = x * 2.0
            if float(x[0]) > 2.0:
                raise Oops(1)
            K = x * 3.0
            return x
        """,
        ("f(K)",) * 5,
    ),
    "a name that a function in the same piece stores": (
        """
        def f(x):
            def g(a):
                nonlocal x
                x -= V
            g(1)
            k = 0
            while counted(N) and k:
                pass
            return x
        """,
        ("f(tf.constant([1.0, 2.0, 3.0]))", "f(tf.constant([-1.0, 0.5, -2.0]))", "f(tf.constant([0.25, -0.25, 4.0]))"),
    ),
    "a name that the condition of a loop in pieces stores": (
        """
        def f(x):
            n = 0
            def more():
                nonlocal n
                n = n + 1
                return n
            class A: pass
            while more() < 3 and x[0] > -100.0:
                x = x * 2
            class B: pass
            return x, n
        """,
        ("f(K)",) * 5,
    ),
    "a loop in pieces that a break ends behind a match": (
        """
        def f(x):
            k = 0
            while True:
                k += 1
                if k > 1 or x[0] > 100.0:
                    break
                match k:
                    case 1 | 2:
                        x = tf.tanh(x)
            class A: pass
            return x
        """,
        ("f(K)",) * 5,
    ),
}

FOREIGN = {
    "data classes that compare a number that became a tensor": (
        """
        def f(x):
            a = 2
            if x[0] > 1.0:
                a = 3

            @dataclasses.dataclass(order=True)
            class Local:
                b: int

            return x * 2.0 if Local(0) < Local(a) else x
        """,
        ("f(K)",),
    ),
}


@pytest.mark.parametrize("title", PYTHON)
def test_a_twin_does_what_python_does(title: str) -> None:
    python = importlib.import_module("tests.fuzz.python")
    source, steps = PYTHON[title]
    assert python.check(Program(textwrap.dedent(source), steps, HEAD)) is None


@pytest.mark.parametrize("title", OWN)
def test_a_staged_function_does_what_the_eager_one_does(title: str) -> None:
    pytest.importorskip("tensorflow")
    own, tensors = importlib.import_module("tests.fuzz.own"), importlib.import_module("tests.fuzz.tensors")
    source, steps = OWN[title]
    assert own.check(Program(textwrap.dedent(source), steps, tensors.HEAD)) is None


@pytest.mark.parametrize("title", FOREIGN)
def test_a_graph_of_the_users_does_so_or_says_on_which_line_it_cannot(title: str) -> None:
    pytest.importorskip("tensorflow")
    foreign, tensors = importlib.import_module("tests.fuzz.foreign"), importlib.import_module("tests.fuzz.tensors")
    source, steps = FOREIGN[title]
    assert foreign.check(Program(textwrap.dedent(source), steps, tensors.HEAD)) is None
