"""With Python values a twin does what the plain function does: control flow and stores."""

from __future__ import annotations

from tests.twins.both import same_in_python


def test_a_loop_leaves_its_names_behind() -> None:
    same_in_python(
        """
        def f(n):
            r = []
            for i in range(n):
                last = i
            return (last, i)
        """,
        (0,),
        (3,),
    )


def test_a_loop_binds_a_name_in_its_condition() -> None:
    same_in_python(
        """
        def f(n):
            out = []
            while (x := (n * 2)) > 4:
                if x == 10:
                    break
                n -= 1
                out.append(x)
            else:
                return (out, 'else')
            return (x, out)
        """,
        (1,),
        (4,),
        (8,),
    )


def test_a_return_inside_a_try_runs_finally() -> None:
    same_in_python(
        """
        def f(n):
            try:
                for i in range(n):
                    if i == 3:
                        return i
                else:
                    return 'no'
            finally:
                n = 5
        """,
        (1,),
        (8,),
    )


def test_loops_jump_out_of_try_and_except() -> None:
    same_in_python(
        """
        def f(n):
            log = []
            for i in range(n):
                try:
                    if i == 1:
                        continue
                    if i == 3:
                        break
                    1 / (i - 2)
                except ZeroDivisionError as e:
                    log.append(str(e))
                    if n > 6:
                        return log
                finally:
                    log.append(i)
            return log
        """,
        (1,),
        (4,),
        (8,),
    )


def test_a_return_inside_with_leaves_every_block() -> None:
    same_in_python(
        """
        import contextlib

        @contextlib.contextmanager
        def cm(log):
            log.append('in')
            try:
                yield 4
            finally:
                log.append('out')

        def f(n):
            log = []

            def g():
                with cm(log) as x:
                    for i in range(n):
                        with cm(log):
                            if i == 2:
                                return i + x
                log.append('end')
            return (g(), log)
        """,
        (1,),
        (4,),
    )


def test_match_with_jumps_inside() -> None:
    same_in_python(
        """
        def f(x):
            for y in [x]:
                match y:
                    case {'a': a, **rest} if a:
                        return (a, rest)
                    case [1, *more]:
                        r = more
                        break
                    case int() | str():
                        return 'scalar'
                    case None:
                        continue
                    case _:
                        r = 'other'
            else:
                return 'else'
            return r
        """,
        ({"a": 1, "b": 2},),
        ([1, 2, 3],),
        (3,),
        (None,),
        (2.5,),
    )


def test_nested_loops_with_every_jump() -> None:
    same_in_python(
        """
        def f(n):
            for i in range(n):
                for j in range(n):
                    if j == 2:
                        break
                    if i == 3:
                        return (i, j)
                    while True:
                        n += 1
                        if n % 3 == 0:
                            break
                        if n > 50:
                            return ('big', n, i, j)
                else:
                    n += 10
                    continue
                if i > 5:
                    break
            else:
                return ('outer else', n)
            return n
        """,
        (0,),
        (1,),
        (2,),
        (3,),
        (10,),
    )


def test_an_iterator_is_read_on_inside_the_loop() -> None:
    same_in_python(
        """
        def f(n):
            it = iter(range(n))
            out = []
            for i in it:
                out.append((i, next(it, None)))
                if i > 3:
                    break
            out.append(list(it))
            d = {}
            for k, v in {'a': 1, 'b': 2}.items():
                d.setdefault(k, []).append(v)
            l = [1, 2, 3]
            for e in l:
                if len(l) < 6:
                    l.append(e)
            return (out, d, l, f"{n!r:>5} {('x' if n else 'y')}", (lambda *a, k=n: (a, k))(1), [*range(n), *'ab'], {**d, 'z': n})
        """,
        (9,),
        (2,),
    )


def test_augmented_assignment_changes_what_it_should_in_its_order() -> None:
    same_in_python(
        """
        def f(n):
            a = b = [1]
            a += [n]
            c = [[0]]
            log = []

            def idx():
                log.append('idx')
                return 0

            def val():
                log.append('val')
                return [n]

            def own():
                log.append('own')
                return c
            own()[idx()] += val()
            d = {'x': 1}
            d['x'] += n
            d['y'] = d['x']
            t = ([],)
            try:
                t[0] += [1]
            except TypeError as e:
                log.append(str(e))
            a, b[0], *rest = (1, 2, 3, 4)
            return (a, b, c, log, d, t, rest)
        """,
        (3,),
    )


def test_conditions_are_evaluated_once_and_as_late_as_possible() -> None:
    same_in_python(
        """
        def f(n):
            log = []

            def c(x):
                log.append(x)
                return x
            r = 1 < c(2) < c(n) < c(10)
            s = c(0) or (c(n) and c(7))
            t = c(1) if c(n) else c(3)
            u = not c(n)
            v = c(1) in [c(1), c(n)]
            return (r, s, t, u, v, log)
        """,
        (0,),
        (1,),
        (5,),
    )


def test_assertions_have_their_message() -> None:
    same_in_python(
        """
        def f(n):
            assert n, ('msg', n)
            assert n > 1
            return 1
        """,
        (3,),
        (0,),
        (1,),
    )


def test_walrus_anywhere() -> None:
    same_in_python(
        """
        def f(n):
            if (m := (n + 1)) > 2 and (k := (m * 2)) > 5:
                return (m, k)
            xs = [y for x in range(n) if (y := (x * 2))]
            z = ((a := 1), (b := (a + n)))
            return (m, xs, z, y if n > 0 else None)
        """,
        (0,),
        (1,),
        (3,),
    )


def test_stores_to_targets_of_every_shape() -> None:
    same_in_python(
        """
        def f(n):
            x = y = z = 0
            x, [y, *z] = (1, [2, 3, n])
            for a, (b, *c) in [(1, (2, 3, 4))]:
                pass
            with open('/dev/null') as fh, open('/dev/null') as gh:
                pass
            q = [0, 0]
            for q[0], q[1] in [(1, n)]:
                pass

            class O:
                pass
            o = O()
            for o.x in range(n):
                pass
            o.y: int = 5
            w: int
            v: int = n
            del q[0], o.y
            k = [i for i in range(5)][1:n:2]
            return (x, y, z, a, b, c, q, o.x, v, k, fh.closed, hasattr(o, 'y'))
        """,
        (3,),
    )


def test_star_arguments() -> None:
    same_in_python(
        """
        def f(*a, k=3, **kw):

            def g(*a, **k):
                return (a, k)
            return (g(*a, *[k], **kw, z=1), g(*range(2)))
        """,
        (1, 2),
    )


def test_decorators_partials_caches_and_builtins() -> None:
    same_in_python(
        """
        from functools import partial, lru_cache, wraps

        def deco(fn):

            @wraps(fn)
            def w(*a, **k):
                if a:
                    return fn(*a, **k)
                return None
            return w

        @lru_cache(None)
        def fib(n):
            return n if n < 2 else fib(n - 1) + fib(n - 2)

        @deco
        def d(a, /, b=2, *, c=3):
            return (a, b, c)

        def f(n):
            return (fib(n), d(n), d(n, 4, c=5), partial(d, n, c=1)(9), d(), d.__name__, max([3, n]), sorted([n, 2, 1], key=lambda x: -x), sum(range(n)), list(map(lambda x: x + 1, range(n))), list(filter(None, [0, n])), any([n]), all([]), bool(n), int('3'), abs(-n), min(n, 2), isinstance(n, int), list(enumerate('ab')), list(zip('ab', [1])), list(reversed([1, 2])), divmod(n, 2), round(2.5), str(n), float(n), len('abc'), list(range(1, n, 2)))
        """,
        (3,),
    )


def test_a_long_elif_chain() -> None:
    chain = "".join(f"    {'elif' if i else 'if'} n == {i}:\n        r = {i}\n" for i in range(200))
    same_in_python(f"def f(n):\n{chain}    else:\n        r = -1\n    return r\n", (0,), (150,), (500,))


def test_hundreds_of_returns() -> None:
    returns = "".join(f"    if n == {i}:\n        return {i}\n" for i in range(300))
    same_in_python(f"def f(n):\n{returns}    return -1\n", (0,), (250,), (500,))


def test_a_function_of_six_hundred_statements() -> None:
    steps = "".join(f"    x = x * 3 % {i + 7} + n\n    if x > {i}:\n        x -= 1\n" for i in range(300))
    same_in_python(f"def f(n):\n    x = 0\n{steps}    return x\n", (1,), (5,))


def test_deeply_nested_early_returns_are_lowered_in_reasonable_time() -> None:
    lines = ["def f(n):"]
    for depth in range(18):
        lines.append("    " * (depth + 1) + f"if n != {depth}:")
    lines.append("    " * 19 + "n += 100")
    for depth in reversed(range(18)):
        indent = "    " * (depth + 1)
        lines += [indent + "else:", indent + f"    return {depth}", indent + "n += 1"]
    lines.append("    return n")
    same_in_python("\n".join(lines), (0,), (7,), (17,), (50,))
