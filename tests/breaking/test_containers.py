"""Programs that were written to break containers and loops in graphs: each in a graph that the user traces, and staged
by itself, against the eager run.
"""

from __future__ import annotations

from typing import Any

import pytest

tf = pytest.importorskip("tensorflow")

from autograph_hook.errors import StagingError  # noqa: E402
from tests.staging.programs import PADDING, Program  # noqa: E402
from tests.twins.both import enabled, plain  # noqa: E402
from tests.twins.graphs import numbers  # noqa: E402

ANOTHER = "another one on another path"
PICKED = "picked from a list of unknown length"
ABSORBED = "is an element of a list of unknown length"
BOUND = "to a container that it also changes by another name"
FILLED = "    xs = []\n    for i in tf.range(n):\n        xs.append(i)\n"

# Title: the body of f(n), the values of n, what the error says where a graph is refused.
PROGRAMS: dict[str, tuple[str, tuple[int, ...], str]] = {
    # Which container is it?
    "a list that is one of two is changed": (
        "    xs = [n]; ys = [n * 2, n]\n    zs = xs\n    if n > 2: zs = ys\n    zs.append(n * 3)\n"
        "    return zs[-1], len(xs), len(ys)\n", (5, 0), ANOTHER),
    "a list that a conditional expression picks is changed": (
        "    xs = [n]; ys = [n * 2]\n    zs = xs if n > 2 else ys\n    zs[0] = n * 3\n    return zs[0], xs[0], ys[0]\n",
        (5, 0), ANOTHER),
    "one of two lists is changed, and then the one that was picked is read": (
        "    xs = [n]; ys = [n * 2]\n    zs = xs if n > 2 else ys\n    xs[0] = n * 3\n    return zs[0], xs[0], ys[0]\n",
        (5, 0), ANOTHER),
    "a dictionary that is one of two is changed": (
        "    a = {'x': n}; b = {'x': n * 2}\n    if n > 2: c = a\n    else: c = b\n    c['x'] = n * 7\n"
        "    return a['x'], b['x'], c['x']\n", (5, 0), ANOTHER),
    "one of two lists is only read": (
        "    xs = [n]; ys = [n * 2]\n    zs = xs if n > 2 else ys\n    return zs[0] + xs[0]\n", (5, 0), ""),
    "a new list on either path is changed": (
        "    zs = [n] if n > 2 else [n * 2]\n    zs[0] += 3\n    zs.append(n)\n    return zs[0], len(zs)\n", (5, 0), ""),
    "a list that one path replaces is changed": (
        "    xs = [n]\n    if n > 2: xs = [n + 1]\n    xs.append(n * 2)\n    return xs[0], xs[1]\n", (5, 0), ""),
    "a list that one path replaces, and somebody has": (
        "    xs = [n]\n    keep = xs\n    if n > 2: xs = [n + 1]\n    xs.append(n * 2)\n    return len(keep), xs[0]\n",
        (5, 0), ANOTHER),
    "two names of one new list": (
        "    a = b = [n]\n    if n > 2:\n        a = [n + 1]\n        b = a\n    b.append(n)\n    return len(a), len(b)\n",
        (5, 0), ANOTHER),
    "one of two lists, and who it is": (
        "    xs = [n]; ys = [n * 2]\n    zs = xs if n > 2 else ys\n    return zs is xs\n", (5, 0), ANOTHER),
    "a loop replaces a list that somebody has": (
        "    xs = []\n    keep = xs\n    for i in tf.range(n):\n        xs = xs + [i]\n    xs.append(n)\n"
        "    return len(keep)\n", (5, 0), ANOTHER),
    "a loop replaces a list and changes it": (
        "    xs = []\n    for i in tf.range(n):\n        xs.append(i * 5)\n        xs = xs + [i]\n    xs.append(n)\n"
        "    return tf.stack(xs)\n", (5, 0), ""),
    "two lists change places in a loop": (
        "    a, b = [], []\n    for i in tf.range(n):\n        a.append(i)\n        a, b = b, a\n"
        "    return len(a), len(b)\n", (3, 0), BOUND),
    "a name that a loop binds to a list that it changes": (
        "    best = [n, n]\n    cur = [n * 0, n * 0]\n    for i in tf.range(n):\n        cur[0] += i\n"
        "        if cur[0] % 3 == 0: best = cur\n    return best[0], best[1]\n", (5, 0), BOUND),
    "a name that a loop binds to a copy": (
        "    best = [n, n]\n    cur = [n * 0, n * 0]\n    for i in tf.range(n):\n        cur[0] += i\n"
        "        if cur[0] % 3 == 0: best = list(cur)\n    best[0] += 100\n    return best[0], best[1]\n", (5, 0), ""),
    # Elements that are containers
    "an element that is a list is changed": (
        "    rows = []\n    for i in tf.range(n):\n        rows.append([i, i])\n    rows[0][1] = n * 100\n"
        "    return rows[0][1]\n", (3, 1), PICKED),
    "each element that is a list is changed in a loop": (
        "    rows = []\n    for i in tf.range(n):\n        rows.append([i, i])\n    for row in rows:\n"
        "        row[0] = row[0] + 100\n    return rows[0][0]\n", (3, 1), PICKED),
    "a list is changed that was an element before": (
        "    row = [n]\n    rows = [row]\n    for i in tf.range(n):\n        rows.append([i])\n    row[0] = n * 50\n"
        "    return rows[0][0]\n", (3, 0), ABSORBED),
    "a new list is changed, then becomes an element": (
        "    rows = []\n    for i in tf.range(n):\n        row = [i, i]\n        row[1] = i * 2\n        rows.append(row)\n"
        "    return rows[-1][1] + rows[0][0]\n", (3, 1), ""),
    # Indices that are out of range
    "the first of no elements is taken out": (FILLED + "    xs.pop(0)\n    return len(xs)\n", (0, 2), ""),
    "an element that is not there is taken out": (FILLED + "    xs.pop(1)\n    return len(xs)\n", (0, 1, 3), ""),
    "an element that is not there is deleted": (FILLED + "    del xs[2]\n    return len(xs)\n", (0, 2, 3), ""),
    # Which element is it?
    "what a list holds is found by identity first": (
        "    m = n * 2\n    xs = [n, m, n]\n    k = xs.index(n), [m].count(m), xs.index(n, 2), m in xs\n    xs.remove(n)\n"
        "    try: xs[:0].remove(m)\n    except ValueError as error: return k, len(xs), 'not in list' in str(error)\n", (5, 0), ""),
    "a vector is found among vectors": (
        "    v = tf.stack([n, n * 2])\n    return v in [v, v + 1], [v, v + 1].index(v)\n", (5, 0), ""),
    "what is not a number is found by identity": (
        "    x = tf.cast(n, tf.float32) / 0.0\n    return x in [1.0, x], x in (x,), x - x in [x]\n", (5, 0), ""),
    "a tensor behind others is looked for": (
        "    return [n, n * 2].index(n * 2)\n", (5, 0), "whether they are equal is known only when the graph runs"),
    # Types
    "numbers of Python's in a list of which a loop sets items": (
        "    xs = [0, 0, 0]\n    for i in tf.range(n):\n        xs[i % 3] += i\n    return xs\n", (5, 0), ""),
    "a list is compared with an empty one": (FILLED + "    return xs == [], xs != [], [] == xs\n", (0, 2), ""),
    "two lists of unknown length are compared": (
        FILLED + "    ys = [n * 0]\n    return 1 if xs == ys else 0\n", (1, 2), "is compared: compare its length"),
    "a loop while a list is not the empty one": (
        FILLED + "    s = n\n    while xs != []: s += xs.pop() * 3\n    return s\n", (0, 4), ""),
    "a list that an expression has made is compared with an empty one": (
        "    return [] == ([] if n > 1 else [n]), ([] if n > 1 else [n]) == [], (xs := [n][1:] if n > 1 else [n]) != []\n",
        (0, 2), ""),
    "a list that a function has made is compared with an empty one": (
        "    def g():\n        xs = []\n        for i in tf.range(n): xs.append(i)\n        return xs\n\n"
        "    return g() == [], [] != g(), g()[1:] == []\n", (0, 1, 2), ""),
    "a list of unknown length is ordered before an empty one": (
        FILLED + "    return [] < xs\n", (0, 1), "is compared: compare its length"),
    "a list of unknown length is ordered in a chain": (
        FILLED + "    return [] <= xs <= []\n", (0, 1), "is compared: compare its length"),
    "a list of unknown length in a tuple that is compared": (
        FILLED + "    return (xs, 1) == ([], 1)\n", (0, 1), "is compared: compare its length"),
}  # fmt: skip


def source(body: str) -> str:
    return f"def f(n):\n    n = pad(n)\n{body}"


@pytest.mark.parametrize("title", PROGRAMS)
def test_in_a_graph_of_the_users(title: str) -> None:
    body, given, refusal = PROGRAMS[title]
    text = "import tensorflow as tf\n" + PADDING + source(body)
    eager, staged = plain(text).f, tf.function(enabled(text).f)
    for n in map(tf.constant, given):
        if refusal:
            with pytest.raises(StagingError, match=refusal):
                staged(n)
            continue
        expected: Any
        try:
            expected = numbers(eager(n))
        except IndexError:
            with pytest.raises(tf.errors.OpError):
                staged(n)
        else:
            assert numbers(staged(n)) == expected


@pytest.mark.parametrize("title", PROGRAMS)
def test_staged_by_itself(title: str) -> None:
    body, given, _ = PROGRAMS[title]
    program = Program(source(body))
    for n in [given[0], *given]:
        program.both(lambda module, n=n: module.f(tf.constant(n)))
