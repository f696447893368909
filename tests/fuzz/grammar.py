"""The expressions and simple statements of made programs, as tables of templates.

Every name has one kind for good, so that what is written is mostly well-typed. In a template

- `$int` is an expression of that kind, `$cond` a condition;
- `@int` is a name of that kind, or a literal where no name has a value;
- `=int` is a name of that kind that is assigned to, `!int` one of the function's own that has a value already;
- `?v`, `?u`, `?w` are names of the template's own, bound as numbers while the rest of it is written; `?f`, `?g`, `?c`
  are more of them, for anything else.

The templates read a fixed set of globals, see `programs.HEAD`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.fuzz.corners import CORNERS
from tests.fuzz.definitions import DEFINITIONS

Table = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Dialect:
    """What programs of one kind are written in."""

    names: Table
    """By kind: the names of variables."""
    leaves: Table
    """By kind: literals, the simplest first."""
    expressions: Table
    statements: Sequence[str]
    assigned: Sequence[str]
    """The kinds that a plain assignment may have, the more often the likelier."""
    conditions: Sequence[str]
    depth: int
    """How deep statements nest."""
    arguments: Table
    """By kind: what the calls pass. The parameters of functions have these kinds."""
    changes: Sequence[str]
    """What is done between calls."""
    definitions: Sequence[str] = ()
    """Statements of several lines."""
    effects: bool = True
    """May functions declare `global` names, and contexts and handlers leave notes?"""


NAMES: Table = {
    "int": ("a", "b", "c"),
    "float": ("p", "q"),
    "bool": ("ok",),
    "str": ("s", "t"),
    "list": ("xs", "ys"),
    "dict": ("d", "e"),
    "opt": ("m",),
    "tuple": ("w",),
    "box": ("o",),
}

LEAVES: Table = {
    "int": ("0", "1", "2", "3", "7", "-1"),
    "float": ("0.5", "1.5", "-2.25"),
    "bool": ("True", "False"),
    "str": ("'a'", "'b'", "'key'", "''"),
    "list": ("[]", "[1]", "[1, 2]", "[3, 1, 2]"),
    "dict": ("{}", "{'a': 1}", "{'a': 1, 'b': 2}"),
    "opt": ("None", "4"),
    "tuple": ("(1, 2)", "(3, 0)"),
    "box": ("Box(1)", "Sub(2)", "GB"),
}

EXPRESSIONS: Table = {
    "int": (
        "($int + $int)", "($int - $int)", "($int * $int % 97)", "(-$int)", "abs($int)", "($int // 2)", "($int % 5)",
        "($int if $cond else $int)", "($int and $int)", "($int or $int)", "int($bool)", "(@opt or 0)",
        "(0 if @opt is None else @opt)", "len($list)", "len($str)", "sum($list)", "len($dict)", "min($int, $int)",
        "max(@list, default=$int)", "@list[0]", "@list[-1]", "@dict['a']", "@dict.get($str, 0)", "@tuple[1]",
        "@box.v", "@box.twice", "@box.add($int)", "@box($int)", "len(@box)", "@box[0]", "Box.of($int).v",
        "note($int)", "(=int := $int)", "N", "GL[0]", "GB.v", "GD.get('a', 1)", "GB.deep['k'][0]",
        "sum(?v * $int for ?v in @list)", "sum([?v for ?v in @list if $cond])", "(lambda ?v: $int)(@int)",
        "(lambda ?v, *rest: ?v + len(rest))(@int, *@list)", "(lambda ?v=$int: ?v)()", "[$int, $int][$bool]",
        "{True: $int, False: $int}[$bool]", "round($float)", "int($float)", "next(iter(@list), 0)", "check($int)",
        "($int // $int)", "getattr(@box, 'v')", "getattr(@box, 'absent', $int)", "divmod($int, 7)[1]",
        "functools.reduce(lambda p1, p2: p1 - p2, @list, $int)", "(*@list, $int)[0]", "($int ^ 3)", "($int << 1) % 31",
        "sum(map(lambda ?v: $int, @list))", "len(list(filter(lambda ?v: $bool, @list)))", "pair(@int, b=$int)[0]",
        "pair(*@tuple)[1]", "pair(**{'a': $int, 'b': $int})[1]", "int($str or '3')", "@list.index(@int)",
        "@list.count(@int)", "sum(counted($int))", "max(@int, *@list)", "sorted(@list, key=lambda ?v: -?v)[0]",
        "functools.partial(pair, @int)($int)[1]", "type(@box).scale", "@box.half.__call__(3)", "$call_int", "$call_int",
    ),
    "float": ("($int / 2)", "($float * 0.5)", "($float + $int)", "float($int)", "abs($float)", "max($float, 0.5)",
              "($float if $cond else $float)", "note($float)", "round($float, 1)", "$call_float"),
    "bool": (
        "($int < $int)", "($int == $int)", "(not $cond)", "($int <= $int < $int)", "($cond and @opt is not None)",
        "($bool and $bool)", "($bool or $bool)", "(@int in @list)", "(@str not in @dict)", "(@opt is None)",
        "isinstance($int, (bool, str))", "any(?v > 1 for ?v in @list)", "all([$bool for ?v in @list])", "bool($int)",
        "($str < $str)", "($list == $list)", "(@box is GB)", "note($bool)", "hasattr(@box, 'extra')", "($int in (1, 2, N))",
        "(@float > $int >= 0)", "(@tuple == $tuple)", "isinstance(@box, Sub)", "$call_bool",
    ),
    "str": (
        'f"{@int}"', 'f"{@str!r:>4}"', 'f"{@int:03d}|{@box.v}|{@opt!r:<{@int}}"', "$str.upper()", "($str + $str)[-6:]", "str($int)",
        "repr($list)[:8]", "'-'.join(str(?v) for ?v in @list)[:8]", "$str[::-1]", "($str if $cond else $str)",
        "('%s/%d' % ($str, $int))", "'{}'.format($int)", "sorted(@dict)[0]", "next(iter(@dict), 'none')", "note($str)",
        "($str * 2)[:5]", "type(@opt).__name__", "$call_str",
    ),
    "list": (
        "[$int, $int]", "[*@list, $int][:6]", "[$int for ?v in @list]", "[?v for ?v in @list if $cond]", "@list[1:]",
        "sorted($list)", "list(range($int % 4))", "list(@dict.values())", "(@list + $list)[:6]", "@list[::-1]",
        "list(reversed(@list))", "[?v + ?u for ?v in @list[:2] for ?u in @list[:2]]", "@list.copy()", "note($list)",
        "($list if $cond else $list)", "($list or [$int])", "list(counted(@int))", "@box.items", "[*pair($int)]",
        "list(map(abs, @list))", "[x0 for x0, _ in zip(@list, @list)]", "$call_list", "list(@tuple)", "GL", "GB.deep['k']",
    ),
    "dict": (
        "{'a': $int, $str: $int}", "{**@dict, 'b': $int}", "{str(?v): $int for ?v in @list}", "dict(@dict, c=$int)",
        "{k0: v0 + 1 for k0, v0 in @dict.items()}", "(@dict | {'z': $int})", "dict(zip('ab', @list))",
        "($dict if $cond else $dict)", "@dict.copy()", "GD", "$call_dict",
    ),
    "opt": ("($int if $cond else None)", "@dict.get($str)", "(None if $cond else @opt)", "$int", "(@opt and $int)",
            "GD.get($str)", "$call_opt"),
    "tuple": ("($int, $int)", "pair($int)", "(@tuple[1], $int)", "divmod($int, 5)", "($tuple if $cond else $tuple)",
              "tuple($list + [0, 0])[:2]", "Point($int, $int)", "$call_tuple"),
    "box": ("Box($int)", "Sub($int)", "@box.same()", "($box if $cond else $box)", "Box.of($int)", "note($box)",
            "$call_box"),
}  # fmt: skip

STATEMENTS: tuple[str, ...] = (
    "pass", "=int = $int", "!int += $int", "note($int)", "@list.append($int)", "print($str, $int)", "=list = =list2 = $list",
    "=int, =int2 = $int, $int", "=int, *=list = [$int, $int, $int]", "(=int, =int2), =str = $tuple, $str",
    "!int = @int * $int % 89", "@list[0] = $int", "@list[1:2] = $list", "@dict[$str] = $int",
    "@list.insert(0, $int)", "=int = @list.pop() if @list else $int", "@list[:] = @list[:4]", "!list += [$int]",
    "@dict.update(a=$int)", "=opt = @dict.pop($str, None)", "=int = @dict.setdefault($str, $int)", "del @dict['a']",
    "@box.v += $int", "@box.extra = $int", "@box.v, =int = $int, @box.v", "@box.items.append($int)",
    "@dict['a'] += $int", "@list[-1] -= $int", "GB.v = $int", "GD[$str] = $int", "GL.append($int)", "GB.deep['k'][0] += $int",
    "GB.items = $list", "LOG.append($list)", "print($list, end=';')", 'print(f"{@int + 1} { @dict }", sep="")', "assert $cond",
    "assert $bool, $str", "=int = check($int)", "=float = $float", "=str += $str[:2]", "@list.sort()", "@list.extend(@list[:2])",
    "setattr(@box, 'v', $int)", "@box[0] = $int", "del @list[0]", "@list.clear()", "=bool = $bool",
    "?v: int = @int", "@box.v -= check($int)", "=tuple = *@tuple[:1], $int", "GL[0] = $int", "Box.scale = $int % 3",
    "!int -= $int if $cond else $int", "@list[@int % 2:] = [$int]", "=dict = {k0: $int for k0 in sorted(@dict)}",
    "print(*$list)", "!dict |= {$str: $int}",
)  # fmt: skip
"""`@int` is a name that is read and stored to: one that is bound, never a literal."""

ARGUMENTS: Table = {
    "int": ("0", "1", "2", "3", "5", "-4", "N"),
    "list": ("[]", "[1]", "[1, 2]", "[4, 0, 3]", "GL"),
    "dict": ("{}", "{'a': 1}", "{'b': 2, 'a': 0}", "GD"),
    "str": ("'a'", "''", "'key'"),
    "opt": ("None", "0", "6"),
    "box": ("Box(3)", "Sub(1)", "GB"),
    "float": ("0.5", "-1.5"),
    "bool": ("True", "False"),
    "tuple": ("(1, 2)", "(0, -3)"),
}

CHANGES: tuple[str, ...] = (
    "N += 1", "GL.append(N)", "GB.v += 2", "GD['a'] = N", "Box.scale = 3", "GL = [5, 4]", "GB = Sub(4)", "GD.clear()",
    "GB.items = [7]", "N = -N", "del GL[1:]", "GB.deep['k'] = [8]", "h1 = h0", "Sub.add = Box.add", "GD = {'key': 2, 'a': 3}",
    "Box.add = lambda self, x: self.v - x", "pair.__defaults__ = (N,)",
)  # fmt: skip

PYTHON = Dialect(
    names=NAMES,
    leaves=LEAVES,
    expressions={kind: (*texts, *CORNERS.get(kind, ())) for kind, texts in EXPRESSIONS.items()},
    statements=STATEMENTS,
    assigned=("int", "int", "list", "dict", "str", "opt", "bool", "float", "tuple", "box", "int"),
    conditions=("$bool", "$bool", "$int", "$list", "$opt", "$str"),
    depth=3,
    arguments=ARGUMENTS,
    changes=CHANGES,
    definitions=DEFINITIONS,
)
