"""Expressions with values at the corners of their types: sets, bytes, ranges, texts, large and odd numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

CORNERS: Mapping[str, Sequence[str]] = {
    "int": (
        "(10 ** 30 + $int) % 1000003", "(-7 // 2 + $int % -3)", "(~$int & 0xff)", "int('0b101', 0)", "($int).bit_length()", "pow($int, 3, 11)",
        "len({$int, $int, *@list})", "sum(range($int % 7, -3, -2))", "range(1, 20, 3)[$int % 5]", "bytes([$int % 256, 7])[0]", "b'abc'.find(b'c')",
        "len(bytearray(b'ab') * ($int % 3))", "(3 + 4j).real.__int__()", "max(@list, key=lambda ?v: (?v % 3, -?v), default=0)", "sum([], $int)",
        "len({**@dict, 'q': $int} | {})", "min({3, $int} & {3, 1} or {9})", "len(set(@list) ^ {1, 2})", "sum(frozenset(@list) - {1})", "hash(True)",
        "(lambda: (yield_ := $int) + yield_)()", "[*range(3)][-1:][0]", "(True + True) * $int", "round(2.5) + round(-0.5)", "int(float('1e3'))",
        "len(list(map(lambda ?v, ?u: ?v * ?u, @list, range(9))))", "next((?v for ?v in @list if ?v > $int), -1)", "(@list[2:0:-1] or [0])[0]",
        "{'a': 1}.get(*['b', $int])", "@list[slice(0, 1)][0]", "(lambda *, ?v: ?v)(?v=$int)", "(1, 2, 3).index(2, 1)", "len(list(zip(*[@list, @list])))",
        "functools.reduce(lambda ?v, ?u: ?v * 2 + ?u, @list, 0)", "sum(?v for ?u in [@list, []] for ?v in ?u if ?v)", "len(str({?v: ?v for ?v in @list}))",
    ),
    "float": (
        "float('inf')", "-0.0", "float('nan')", "1e308 * 10", "5e-324 / 2", "(0.1 + 0.2)", "abs(3 - 4j)", "(1e16 + $int)", "(-$float) ** 2", "divmod(-$float, 2)[1]",
        "max(float('nan'), $float)", "sum([0.1] * 10)", "(2 ** -$int)", "float(10 ** 20 + $int)", "round(2.675, 2)", "(0j + $float).real", "-$float % 1.5", "(1j * 1j).real",
    ),
    "bool": (
        "(float('nan') == float('nan'))", "({1, 2} <= set(@list))", "(b'a' < b'b')", "([1, [2]] == [1, [2.0]])", "(1 == True == 1.0)", "(0.0 is not None is not False)",
        "({'a': 1} == {'a': True})", "(range(0) == range(2, 2))", "('a' in 'abc' in ['abc'])", "($int in {1, 2, N})", "(not not $int)", "(() < (1,) < (1, 0))", "(complex(1) == 1)",
        "all(?v < ?u for ?v, ?u in zip(@list, @list[1:]))", "any(map(bool, @list))", "callable(note)", "(None or $bool) is True", "(-1 < $int < 10 ** 20 > 0)", "issubclass(Sub, (int, Box))",
    ),
    "str": (
        "f\"{@int=}\"", "f\"{@float:.{@int % 3}f}|{@str!a}|{@int:+}\"", "f\"{{}}{@int + 1:>{1 + 2}}\"", "f\"{'a' if @int else 'b'}{@list[:1]}\"", "'%s %r %(x)s'[:5] % ($int, $str)", "str(b'a')",
        "'{0[0]}{1.v}'.format(@list or [1], @box)", "repr(-0.0)", "'a,b'.split(',')[$int % 2]", "str({$int})", "'\\u00e9\\0'[:1]", "'ab' 'cd'", "str(1j)", "$str.join(map(str, @list))[:9]",
        "f\"\"\"{\n@int\n}\"\"\"", "chr(ord('a') + $int % 5)", "repr(range(3))", "type($float).__name__", "str(...)", "''.join(sorted({*$str}))", "f'{1e10:,.1f}'", "str([1.0, None])",
    ),
    "list": (
        "sorted({*@list, $int})", "[*{}.fromkeys(@list)]", "list(b'ab')", "[?v for ?v in range(9) if ?v % 2 if ?v > $int]", "[[?v] * 2 for ?v in @list][:1][0:]  and [1]",
        "list(enumerate(@list))[:0] or [2]", "sorted(@list, reverse=True)", "[x0 for x0, *_ in [[1, 2], (3,)]]", "@list * 2", "list(map(max, zip(@list, @list[1:])))", "[*@list, *@tuple][:5]",
        "[(lambda ?u=?v: ?u + ?v)() for ?v in @list]", "list({1: 2, **{3: 4}})", "[?v := $int, ?v + 1]", "list(range(10))[::-3]", "list(filter(None, @list))", "[len(x0) for x0 in ('ab', b'c')]",
    ),
}  # fmt: skip
"""By kind, as in `grammar.py`."""
