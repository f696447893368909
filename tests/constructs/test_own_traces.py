"""What we stage ourselves gives the eager result to the bit, with these constructs too, or runs plain with a reason."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tensorflow")

from tests.staging.programs import Program

X, Y = [0.5, 1.5, 3.0], [-0.5, 1.5, 3.0]

STAGED = {
    "list comprehension": "return [pad(y) * 2 for y in x]",
    "two loops": "return [pad(y) * z for y in x for z in (1., 2.) if z > 1.]",
    "nested": "return [[pad(z) for z in (y, y + 1.) if True] for y in x]",
    "generator expression": "return sum(pad(y) for y in x)",
    "generator expression with a condition": "return sum(pad(y) for y in [x, x * 2.] if True)",
    "dict": "return {k: pad(x) for k in 'ab' if k}",
    "walrus": "return (y := pad(x)) + 1. if (z := len(x.shape)) and z else x, y, z",
    "walrus of a graph": "t = x[0] > 0. and (y := pad(x)[1]) > 1.\n    return t, (u := pad(x)) if t else (u := x), u",
    "match a value": "match x[0]:\n        case 0.5: return pad(x)\n        case _: return pad(x) * 2.",
    "match a guard": "match {'k': x}:\n        case {'k': v} if v[0] > 0.: return pad(v)\n    return pad(x) * 2.",
    "match in Python": "match len(x):\n        case 3: return pad(x)\n        case n: return n",
    "walrus in while": "s = pad(x)[0]\n    while (d := s * 2.) < 9.:\n        s = s + 3.\n    return s, d",
}


@pytest.mark.parametrize("name", STAGED)
def test_it_is_the_eager_run_to_the_bit(name: str) -> None:
    program = Program(f"def f(x):\n    {STAGED[name]}\ndef at(v):\n    return f(tf.constant(v))\n")
    for given in (X, Y, X, Y):
        program.both(lambda module, v=given: module.at(v))  # type: ignore[misc]


@pytest.mark.parametrize("name", ["list comprehension", "two loops", "walrus of a graph", "match a value"])
def test_it_is_staged(name: str) -> None:
    import tensorflow as tf

    program = Program(f"def f(x):\n    {STAGED[name]}\n")
    given: Any = tf.constant(X)
    program.calls(4, lambda module: module.f(given))
    program.assert_staged("f")


def test_a_function_that_drives_a_generator_runs_plain_with_a_reason() -> None:
    import tensorflow as tf

    program = Program("def g(x):\n    for i in range(3):\n        yield pad(x) * i\ndef f(x):\n    return list(g(x))\n")
    given: Any = tf.constant(X)
    program.calls(4, lambda module: module.f(given))
    program.assert_plain("f", "g")
