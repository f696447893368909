"""`match`: Python's patterns exactly, and conditions of the graph where a value or a guard meets a tensor."""

from __future__ import annotations

from tests.twins.both import same_in_python

PATTERNS = """
import enum
class Color(enum.Enum):
    RED = 1
    BLUE = 2
class Pt:
    __match_args__ = ('x', 'y')
    def __init__(self, x, y): self.x, self.y = x, y
    def __repr__(self): return f'Pt({self.x},{self.y})'
class Bad:
    __match_args__ = ['x']
VALUES = (
    0, 'a', b'b', None, True, False, 1, -1.5, 2j, [1, 3, 4], [1, 1, 9], [1, 2], (7, [8, 3]), [[8, 3], 7],
    {'k': 1, 'j': 2}, {'k': 0}, {'k': 's', 'z': 5}, {}, 'abcd', 'abc', 101, 50, (), [], range(3), bytearray(b'a'),
    Pt(0, 1), Pt(3, 5), Pt(3, 4), Color.RED, Color.BLUE, Bad(), object,
)
def f(i):
    v = VALUES[i]
    match v:
        case 0: return 'zero'
        case 'a' | b'b': return 'text'
        case None | True: return ('single', v)
        case Color.RED: return 'red'
        case Color() as c: return c.name
        case -1.5 | 2j: return 'number'
        case [1, x, *rest] if x > 2: return ('sequence', x, rest)
        case [1, *_, 9]: return 'ends'
        case [a, [b, 3]] | [[b, 3], a]: return (a, b)
        case {'k': int(k), **rest} if k: return ('mapping', k, rest)
        case {'k': _, 'z': 5}: return 'two keys'
        case {}: return 'any mapping'
        case Pt(0, y=yy): return ('first', yy)
        case Pt(x, 5): return ('second', x)
        case str(s) if len(s) > 3: return ('long', s)
        case int(n) | float(n) if n > 100: r = n
        case (): return 'empty'
        case Bad(x): return 1
        case [*_]: return 'list'
        case y: r = ('other', repr(y))
    return r
"""


def test_every_kind_of_pattern_decides_as_python_does() -> None:
    same_in_python(PATTERNS, *((i,) for i in range(33)))


def test_names_are_bound_before_the_guard_is_asked_and_stay() -> None:
    same_in_python(
        """
        def f(v):
            match v:
                case [1, x] if x > 5: pass
                case [q, _] if q == 2: pass
                case [2, never, 3]: pass
                case _: pass
            return sorted(locals().items())
        """,
        ([1, 7],),
        ([1, 3],),
        ([2, 2],),
        ([2, 2, 4],),
    )


def test_wrong_class_patterns_raise_what_python_raises() -> None:
    same_in_python(
        """
        class Pt:
            __match_args__ = ('x', 'y')
            x = y = 0
        NOT = 5
        def f(n):
            v = Pt() if n else 1
            if n < 2:
                match v:
                    case int(1, 2): return 1
                    case Pt(1, 2, 3): return 2
            match v:
                case Pt(0, x=0): return 2
                case 1: return 3
                case NOT(): return 4
        """,
        (0,),
        (1,),
        (2,),
    )


def test_jumps_leave_the_cases() -> None:
    same_in_python(
        """
        def f(v):
            out = []
            for i in v:
                match i:
                    case 1: continue
                    case 2: break
                    case 3 if len(v) > 2: return 'three'
                    case {'a': 1, **kw}: out.append(kw)
                out.append(i)
            else:
                out.append('else')
            return out
        """,
        ([5, 1, {"a": 1, "b": 2}],),
        ([1, 2],),
        ([3],),
        ([1, 3, 3],),
    )


def test_values_and_guards_may_be_tensors() -> None:
    from tests.twins.graphs import same_in_graph

    same_in_graph(
        """
        def f(x, y):
            match x:
                case 0:
                    r = y
                case 1 | 2:
                    r = y * 2.
                case v if v > 10:
                    r = y * 100.
                case _:
                    r = -y
            return r
        """,
        (0, 3.0),
        (2, 3.0),
        (11, 3.0),
        (5, 3.0),
    )


def test_containers_of_tensors_match_by_structure_and_by_value() -> None:
    from tests.twins.graphs import same_in_graph

    same_in_graph(
        """
        def f(x, k):
            match {'a': x, 'k': k}:
                case {'a': 0, 'k': 'no'}:
                    return x
                case {'a': 0, 'k': 'yes' as kk}:
                    return x + 1
                case {'a': v, **rest} if v > 3:
                    return v * 2 if rest['k'] == 'yes' else v
            return -x
        """,
        (0, "yes"),
        (4, "yes"),
        (4, "no"),
        (1, "no"),
    )
    same_in_graph(
        """
        def f(x):
            match x:
                case [0., z] | [z, 0.]:
                    r = z
                case _:
                    r = -1.
            return r
        """,
        ((0.0, 5.0),),
        ((6.0, 0.0),),
        ((6.0, 7.0),),
    )


def test_a_graph_loop_is_left_from_a_case() -> None:
    from tests.twins.graphs import same_in_graph

    same_in_graph(
        """
        def f(x):
            for i in tf.range(10):
                match i:
                    case 3: continue
                    case 7: break
                    case j if j > x: return j
                x = x + 1
            return x * 100
        """,
        (0,),
        (2,),
        (-5,),
    )
