"""Of which type the numbers are that compiled code returns: that of the plain run, but where paths meet that leave two."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .staged import BEFORE, module, plainly, staging

X = np.array([1.5, 2.0])
LOOP = "def f(q, x, n):\n    for i in range(9):\n        x = x * 1.0\n"

# Title: the body, how often a loop runs, the types of the plain run, and of the compiled one.
BODIES: dict[str, tuple[str, int, list[type], list[type]]] = {
    "each of its own": (
        "    return q * 2.0, np.tanh(q), np.sum(x), float(np.sum(x)), q + x[0], n * 2, n * q, n > 1, x[0] > 1",
        3,
        [float, np.float64, np.float64, float, np.float64, int, float, bool, np.bool_],
        [float, np.float64, np.float64, float, np.float64, int, float, bool, np.bool_],
    ),
    "paths that leave the same": ("    r = q\n    if q > x[0]:\n        r = q * 2.0\n    return r", 0, [float], [float]),
    "paths that leave Python's and NumPy's": (
        "    r = q\n    if q > x[0]:\n        r = x[1]\n    return r", 0, [float], [np.float64]),
    "the other of the two": ("    r = x[1]\n    if q > x[0]:\n        r = q\n    return r", 0, [np.float64], [np.float64]),
    "a loop that makes NumPy's of Python's, and does not run": (
        "    r = 0.5\n    for i in range(n):\n        r = r + x[i]\n    return r", 0, [float], [np.float64]),
    "the same loop when it runs": (
        "    r = 0.5\n    for i in range(n):\n        r = r + x[i]\n    return r", 2, [np.float64], [np.float64]),
    "a loop that makes a float of an int, and does not run": (
        "    r = 0\n    for i in range(n):\n        r = r + 0.5\n    return r", 0, [int], [float]),
    "what float() makes of the number": (
        "    r = 0.5\n    for i in range(n):\n        r = r + x[i]\n    return float(r)", 0, [float], [float]),
}  # fmt: skip


def results(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


@pytest.mark.parametrize("title", BODIES)
def test_a_number_has_the_type_of_the_plain_run_but_where_paths_meet(title: str) -> None:
    body, times, types, compiled = BODIES[title]
    ours, theirs = module(LOOP + body), plainly(LOOP + body)
    expected = results(theirs.f(0.5, X, times))
    assert list(map(type, expected)) == types
    for _ in range(BEFORE):
        found = results(ours.f(0.5, X, times))
        assert np.array_equal(found, expected)
    assert staging(ours.f).calls_staged > 0, staging(ours.f).reason
    assert list(map(type, found)) == compiled
