"""With Python values a twin does what the plain function does: names, scopes, frames."""

from __future__ import annotations

import sys

import pytest

from tests.twins.both import same_in_python


def test_a_deleted_name_is_unbound() -> None:
    same_in_python(
        """
        def f(n):
            x = 1
            if n:
                del x
            try:
                return x
            except UnboundLocalError as e:
                return type(e).__name__
        """,
        (0,),
        (1,),
    )


def test_a_name_that_a_branch_annotates_and_sets_apart() -> None:
    same_in_python(
        """
        def f(n):
            if n > 3:
                y: int
                with open("/dev/null"):
                    z: int
                    y, z = 1, 2
            else:
                y, z = 3, n
            return y, z
        """,
        (0,),
        (4,),
    )


def test_a_name_bound_on_one_path_only() -> None:
    same_in_python(
        """
        def f(n):
            if n > 3:
                y = 1
            return y
        """,
        (0,),
        (4,),
    )


def test_functions_capture_loop_variables() -> None:
    same_in_python(
        """
        def f(n):
            fs = []
            for i in range(n):

                def g():
                    return i
                fs.append(g)
                fs.append(lambda j=i: (i, j))
            return [h() for h in fs]
        """,
        (3,),
    )


def test_comprehensions_keep_their_own_names() -> None:
    same_in_python(
        """
        def f(n):
            return ([[(i, j, k) for j in range(i) if j] for i in range(n) for k in 'ab'], {a: b for a, b in zip('ab', range(n))}, {x for x in range(n)}, list((y for y in range(n))))
        """,
        (3,),
    )


def test_methods_super_and_private_names() -> None:
    same_in_python(
        """
        class B:

            def m(self, x):
                return ('B', x)

            @classmethod
            def c(cls):
                return cls.__name__

        class C(B):
            __p = 5

            def m(self, x):
                if x > 1:
                    r = super().m(x)
                else:

                    def inner():
                        return super(C, self).m(x)
                    r = inner()
                __q = 1
                if x:
                    __q = x
                while __q < 5:
                    __q += 1
                return (r, self.__p, __q, __class__.__name__, sorted(locals()))

            @classmethod
            def c(cls):
                return super().c() + '!'

            @staticmethod
            def s(a):
                return a and 7

            @property
            def pr(self):
                return self.__p if self else 0

            def rec(self, n):
                return C().rec(n - 1) + 1 if n else 0

        def f(x):
            c = C()
            return (c.m(x), C.c(), c.s(x), c.pr, C.s(0), c.rec(4))
        """,
        (0,),
        (1,),
        (2,),
    )


def test_locals_and_eval_see_the_function_s_names() -> None:
    same_in_python(
        """
        def f(n):

            def run(n):
                if n < 2:
                    return locals()
                for i in range(n):
                    k = i
                return (locals(), sorted(vars()), dir(), eval('n + k'), 'n' in globals())
            return run(n)
        """,
        (0,),
        (2,),
    )


def test_generators_inside() -> None:
    same_in_python(
        """
        def gen(n):
            for i in range(n):
                if i % 2:
                    continue
                x = (yield i)
            return 9

        def f(n):

            def inner():
                r = (yield from gen(n))
                yield r
            return (list(gen(n)), list(inner()))
        """,
        (5,),
    )


def test_coroutines_called() -> None:
    same_in_python(
        """
        import asyncio

        async def co(n):
            if n:
                await asyncio.sleep(0)
                return n
            return [i async for i in ag(3)]

        async def ag(n):
            for i in range(n):
                yield i

        def f(n):
            return asyncio.run(co(n))
        """,
        (0,),
        (5,),
    )


def test_shadowed_builtins() -> None:
    same_in_python(
        """
        def f(n):
            super = 3
            print = lambda *a: a
            locals = lambda: 'mine'
            len = lambda x: 'len'
            return (super, print(n), locals(), len([]))
        """,
        (3,),
    )


def test_global_names_stored_in_branches_and_loops() -> None:
    same_in_python(
        """
        X = 0

        def f(n):
            global X, Y
            if n:
                X = n
            else:
                Y = 2
            for X in range(n):
                pass
            return (X, globals().get('Y'))
        """,
        (3,),
        (0,),
    )


def test_definitions_imports_and_handler_names_under_if() -> None:
    same_in_python(
        """
        def f(n):
            if n:

                def g():
                    return 'g1'
            else:

                def g():
                    return 'g2'
            import os.path as p, sys
            if n:
                import json
                j = json.dumps(n)
            else:
                from math import pi as j
            try:
                raise ValueError(n)
            except ValueError as e:
                q = e.args
            try:
                e
            except NameError as z:
                q = (q, type(z).__name__)
            return (g(), p.__name__, sys.__name__, j, q)
        """,
        (3,),
        (0,),
    )


def test_names_bound_only_in_unreachable_code() -> None:
    same_in_python(
        """
        def f(n):
            if False:
                never = 1
            while n > 10 ** 9:
                other = 2
            try:
                return never
            except NameError as e:
                return (type(e).__name__, str(e))
        """,
        (3,),
    )


def test_nonlocal_classes_and_qualified_names() -> None:
    same_in_python(
        """
        def f(n):
            x = 0

            def inc():
                nonlocal x
                x += 1
                if x < n:
                    inc()
                return x
            r = inc()

            class K:
                y = x

                def get(self):
                    return (self.y, x)
                if n > 2:
                    z = 1
                for i in range(2):
                    w = i
            return (r, K().get(), hasattr(K, 'z'), K.w, K.__qualname__, K.get.__qualname__, inc.__qualname__, (lambda: 0).__qualname__, (lambda: 0).__name__)
        """,
        (3,),
        (1,),
    )


def test_del_of_a_loop_target() -> None:
    same_in_python(
        """
        def f(n):
            for i in range(n):
                if i == 2:
                    del i
                    break
            try:
                return i
            except UnboundLocalError:
                return 'unbound'
            except NameError:
                return 'name'
        """,
        (0,),
        (2,),
        (4,),
    )


def test_a_handler_s_name_is_gone_after_it() -> None:
    same_in_python(
        """
        def f(n):
            e = 'outer'
            try:
                if n:
                    raise ValueError
            except ValueError as e:
                pass
            try:
                return e
            except UnboundLocalError:
                return 'unbound'
        """,
        (0,),
        (1,),
    )


def test_lambdas_inside_comprehensions() -> None:
    same_in_python(
        """
        def f(n):

            def h():
                return [lambda: (i, n) for i in range(n)]
            return ([g() for g in h()], [[x for x in range(y)] for y in range(n)])
        """,
        (3,),
    )


def test_special_methods_and_metaclasses() -> None:
    same_in_python(
        """
        class M(type):

            def __call__(cls, *a):
                return ('made', a)

        class A(metaclass=M):
            pass

        class K:

            def __call__(self, x):
                return x or 'e'

            def __getattr__(self, n):
                return n

            def __enter__(self):
                return self

            def __exit__(self, *a):
                return True

            def __contains__(self, x):
                return x == 1

            def __getitem__(self, k):
                return k

        def f(n):
            k = K()
            with k as q:
                raise ValueError
            return (A(n), k(n), k.abc, n in k, k[1:2, ..., n], k[n])
        """,
        (1,),
        (0,),
    )


def test_decorators_defaults_and_bases_of_inner_definitions() -> None:
    same_in_python(
        """
        def deco(*a):

            def w(fn):

                class R:

                    def __call__(self, *b):
                        return (a, fn(*b))
                return R()
            return w

        def plus(x):
            return x + 1

        def keep(c):
            c.kept = True
            return c

        class Base:

            def __init_subclass__(cls, tag=None):
                cls.tag = tag

        def f(n):

            @deco(n and 1, plus(n))
            def g(x, y=plus(n), *, z=plus(n) if n else 0):
                return (x, y, z)

            @keep
            class K(Base if n else object, **{'tag': plus(n)} if n else {}):
                q = plus(n)
            h = lambda a, b=plus(n), *, c=n or 5: (a, b, c)
            return (g(n), K.kept, getattr(K, 'tag', 0), K.q, h(1), g.__class__.__qualname__, K.__qualname__)
        """,
        (0,),
        (2,),
    )


def test_whoever_looks_at_its_caller_finds_the_user() -> None:
    same_in_python(
        """
        import sys, warnings, collections, inspect

        def me():
            return sys._getframe(1).f_code.co_name

        def f(n):
            a = me()
            b = sys._getframe().f_code.co_name
            T = type('T', (), {})
            N = collections.namedtuple('N', 'a b')
            E = eval('__name__', {'__name__': 'q'})
            ns = {}
            exec('def g(x: int): pass', ns)
            if n:
                c = inspect.currentframe().f_lineno
            with warnings.catch_warnings(record=True) as w:
                warnings.simplefilter('always')
                warnings.warn('x')
            return (a, b, T.__module__ == __name__, N.__module__ == __name__, N(1, 2), E, ns['g'].__annotations__, w[0].lineno, w[0].filename == __file__, eval(' 1+1'), eval(compile('2', 'x', 'eval')))
        """,
        (0,),
        (2,),
    )


@pytest.mark.skipif(sys.version_info < (3, 11), reason="except* is of Python 3.11")
def test_except_star() -> None:
    same_in_python(
        """
        def f(n):
            def bad(x):
                if x:
                    raise KeyError('k') from ValueError('v')
            try:
                bad(n)
            except* KeyError as group:
                return_value = len(group.exceptions)
            else:
                return_value = 'none'
            return return_value
        """,
        (3,),
        (0,),
    )
