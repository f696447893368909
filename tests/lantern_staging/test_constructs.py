"""Constructs of the language in a function that runs as native code."""

from __future__ import annotations

import numpy as np
import pytest

from .staged import agree

X = np.linspace(-1.0, 2.0, 4)

PROGRAMS = {
    "a number is iterated upon": ("def f(a):\n x = a\n for i in range(30):\n  x = 0.5 * (x + a / x)\n return x", 2.0),
    "while and if on integers": (
        """
        def f(n):
            steps = 0
            while n != 1:
                if n % 2 == 0:
                    n = n // 2
                else:
                    n = 3 * n + 1
                steps += 1
            return steps
        """,
        27,
    ),
    "an array is filled, seen by another name and by a view": (
        """
        def f(n):
            a = np.zeros(4)
            b = a
            row = a[1:3]
            for i in range(n):
                a[i] += i + 1.0
                b[0] -= 1
            row[0] = 7.0
            return a, b, row * 2
        """,
        4,
    ),
    "a table of dynamic programming": (
        """
        def f(cost):
            n, m = cost.shape
            best = np.zeros((n, m))
            for i in range(n):
                for j in range(m):
                    if i == 0 and j == 0:
                        b = 0.0
                    elif i == 0:
                        b = best[0, j - 1]
                    elif j == 0:
                        b = best[i - 1, 0]
                    else:
                        b = min(best[i - 1, j], best[i, j - 1])
                    best[i, j] = b + cost[i, j]
            return best[-1, -1], best
        """,
        np.arange(30.0).reshape(5, 6) % 7,
    ),
    "break, continue and else": (
        """
        def f(xs, limit):
            total = 0.0
            for k, x in enumerate(xs):
                if x < 0:
                    continue
                if total > limit:
                    break
                total += x * k
            else:
                return -1.0
            return total
        """,
        [1.0, -2.0, 3.0, 4.0, 5.0],
        10.0,
    ),
    "a return in a loop": (
        "def f(xs, y):\n for i in range(len(xs)):\n  if xs[i] == y:\n   return i\n return -1", [1, 2, 3, 9], 3,
    ),
    "a name that is None at first": (
        """
        def f(xs):
            best = None
            where = -1
            for i, x in enumerate(xs):
                if best is None or x > best:
                    best = x
                    where = i
            return best, where
        """,
        [1.0, 5.0, 2.0],
    ),
    "a stack": (
        """
        def f(codes, values):
            stack = []
            k = 0
            for c in codes:
                if c == 0:
                    stack.append(values[k])
                    k += 1
                elif c == 1:
                    b = stack.pop()
                    a = stack.pop()
                    stack.append(a + b)
                else:
                    b = stack.pop()
                    a = stack.pop()
                    stack.append(a * b)
            return stack.pop()
        """,
        [0, 0, 1, 0, 2],
        [1.0, 2.0, 3.0],
    ),
    "a list that grows": (
        "def f(n):\n xs = [0, 1]\n while len(xs) < n:\n  xs.append(xs[-1] + xs[-2])\n return xs", 20,
    ),
    "a list of arrays": (
        """
        def f(xs, U, V, h):
            out = []
            for x in xs:
                h = np.tanh(U @ x + V @ h)
                out.append(h)
            return h, out
        """,
        [X, X * 2, X - 1, X, X],
        np.eye(3, 4),
        np.full((3, 3), 0.1),
        np.zeros(3),
    ),
    "two lists side by side": (
        "def f(a, b):\n s = 0.0\n for x, y in zip(a, b):\n  s += x * y\n return s", [1.0, 2.0, 3.0], [4.0, 5.0, 6.0],
    ),
    "a list of tuples": (
        """
        def f(pairs):
            total = 0.0
            kept = []
            for n, x in pairs:
                total += n * x
                kept.append((x, n))
            return total, kept
        """,
        [(1, 2.0), (2, 0.5), (7, 1.5)],
    ),
    "rows of an array": (
        "def f(m):\n s = np.zeros(3)\n for row in m:\n  s = s + row * row[0]\n return s", np.arange(18.0).reshape(6, 3),
    ),
    "reversed and a step": (
        """
        def f(xs, n):
            t = 0
            for i in range(n, 0, -2):
                t = t * 3 + i
            for x in reversed(xs):
                t = t * 2 - x
            return t
        """,
        [3, 1, 2],
        9,
    ),
    "logic, chained comparisons and conditional expressions": (
        """
        def f(xs, lo, hi):
            n = 0
            for x in xs:
                inside = lo < x <= hi
                n += (2 if inside and not x == 2.0 else 0) + (1 if x < lo or x > hi else 0)
            return n, n > 3
        """,
        [1.0, 2.0, 2.5, 9.0, -1.0, 0.0],
        0.0,
        3.0,
    ),
    "integers": (
        """
        def f(a, b):
            k = a
            for i in range(6):
                k = k * 3 - i
            return (k // b, k % b, -k, abs(k), k ** 2, k / b, divmod(k, b), int(k / b), float(k), bool(k), k == b,
                    k > b, min(k, b), max(k, b, 7))
        """,
        -7,
        2,
    ),
    "float32 stays float32": (
        """
        def f(xs, w):
            h = np.zeros(3, dtype=np.float32)
            for x in xs:
                h = np.maximum(w @ x + h * 0.5, 0)
            return h, h.sum(), h[0], h.mean(), h * 2, h / 3
        """,
        [np.float32(X[:2])] * 5,
        np.float32(np.arange(6).reshape(3, 2) / 5),
    ),
    "an array that is stepped in place": (
        "def f(x, v, n):\n x = x.copy()\n for i in range(n):\n  x += 0.1 * v\n  v = v * 0.9\n return x, v", X, X[::-1], 7,
    ),
    "functions that call functions": (
        """
        def sigmoid(x):
            return 1.0 / (1.0 + np.exp(-x))
        def layer(x, scale=2.0, *, shift):
            return sigmoid(x * scale) + shift
        def f(x, n):
            for i in range(n):
                x = layer(x, shift=0.25)
            return x
        """,
        X,
        5,
    ),
    "a global array, and a closure": (
        """
        W = np.arange(16.0).reshape(4, 4) / 10
        BIAS = [np.ones(4), np.zeros(4)]
        def f(x):
            def step(y):
                return np.tanh(W @ y + BIAS[0]) + x * BIAS[1]
            for i in range(6):
                x = step(x)
            return x
        """,
        X,
    ),
    "a lambda and a nested function that changes a name": (
        """
        def f(n):
            count = 0
            def more(k):
                nonlocal count
                count += k
                return (lambda a: a * 2)(count)
            total = 0
            for i in range(n):
                total += more(i)
            return total, count
        """,
        6,
    ),
    "comprehensions": (
        "def f(xs, n):\n ys = [x * n for x in xs]\n zs = [y for y in ys if y > 3.0]\n return ys, len(zs)", [1.0, 2.0, 3.0], 2,
    ),
    "several results in a tuple and a dict": (
        """
        def f(x, n):
            t = x
            for i in range(n):
                t = t * x + i
            return {"t": t, "pair": (t.sum(), n)}
        """,
        X,
        5,
    ),
    "math": (
        """
        def f(x):
            t = 0.0
            for i in range(20):
                t += math.exp(-x * i) + math.sqrt(x + i) + math.log(x + 1)
            return t
        """,
        0.5,
    ),
    "an assertion that holds": (
        "def f(xs):\n t = 0\n for x in xs:\n  assert x > 0, 'no'\n  t += x\n return t", [1, 2, 3, 4, 5, 6],
    ),
    "an int that is needed as a shape": (
        "def f(x, n):\n y = np.zeros((n, 4))\n for i in range(n):\n  y[i] = x * i\n return y, y.T @ y", X, 3,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_gives_what_python_gives(name: str) -> None:
    source, *arguments = PROGRAMS[name]
    if name == "several results in a tuple and a dict":
        source = source.replace('return {"t": t, "pair": (t.sum(), n)}', "return t, (t.sum(), n)")
    agree(source, *arguments)


ARRAYS = """
    x + y, x - y, x * y, x / y, x // y, x % y, x ** 2, -x, abs(x), x @ y, x < y, x >= y, x == y, (x > 0) & (y > 1)
    (x > 0) | ~(y > 1), x[1], x[-1], x[1:3] * 1, x[::-1] + 0, x[::2] * 2, x[None, :] + 1, m[..., 1] * 3
    x[np.array([0, 2])], np.exp(x), np.log(y), np.tanh(x), np.sqrt(y), np.maximum(x, y), np.minimum(x, 0.5)
    np.where(x > 0, x, y), np.where(x > 0, 1, 0), x.sum(), np.sum(m, axis=0), m.mean(axis=1), m.max(), m.min(axis=0)
    m.sum(axis=1, keepdims=True), np.argmax(x), m.argmin(axis=1), np.dot(x, y), np.dot(m, x), m @ m.T, np.outer(x, y)
    np.concatenate([x, y]), np.concatenate([m, m], axis=1), np.stack([x, y]), np.stack([x, y], axis=1)
    np.reshape(m, (2, 6)) + 1, m.reshape(-1) * 2, m.T + 1, np.transpose(m) * 2, np.zeros(3), np.ones((2, 2))
    np.zeros_like(m), np.ones_like(x), np.full(3, 2.5), np.clip(x, 0, 1), np.arange(4) * x, np.eye(3) @ m
    np.array([1.0, 2.0]), np.array([x[0], y[1]]), np.any(x > 0), np.all(y > 0), np.hstack([x, y]), np.vstack([x, y])
    np.expand_dims(x, 1) + 1, np.squeeze(x[None]) * 2, x.astype(np.float32), m.shape, m.ndim, len(m), x.dtype
    np.float32(x[0]), float(x[1]), int(y[1]), bool(x[0] > 0), m[1, 2], m[1] + 1, m[:, 1] * 2, m[0:2, 1:] - 1, m[1][2]
    np.linalg.norm(x), np.sign(x), np.square(x), sum(x), max(x), x.size, np.cumsum(x), np.isnan(x), np.log1p(y)
"""


def _expressions() -> list[str]:
    """The text split at commas and line ends outside of brackets."""
    found, depth, part = [], 0, ""
    for c in ARRAYS.strip().replace("\n", ","):
        depth += (c in "([") - (c in ")]")
        if c == "," and not depth:
            found.append(part.strip())
            part = ""
        else:
            part += c
    return [e for e in (*found, part.strip()) if e]


def test_every_expression_on_arrays() -> None:
    """Ten at a time in one function: a module each would take long."""
    all_of_them = _expressions()
    assert len(all_of_them) > 80
    x, y = np.array([-0.5, 1.5, 0.25, 2.0]), np.array([1.0, 2.5, 0.5, 3.0])
    m = np.array([[1.0, -2.0, 3.0, 0.5], [0.1, 5.0, -1.0, 2.0], [2.0, 0.0, 1.0, -3.0]])
    for k in range(0, len(all_of_them), 10):
        lines = [f"    t{i} = {e}" for i, e in enumerate(all_of_them[k : k + 10])]
        names = ", ".join(f"t{i}" for i in range(len(lines)))
        loop = "    for i in range(9):\n        x = x * 1.0"
        agree("def f(x, y, m):\n" + "\n".join([loop, *lines]) + f"\n    return {names}", x, y, m)


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.float32, np.float64, np.bool_])
def test_dtypes_are_numpys(dtype: type) -> None:
    x = np.array([0, 1, 3]).astype(dtype)
    whole = "x * 2.5, x + 1, x / 2, x * x[1], x.sum(), x.mean(), x.max(), x[1] + 1, x > 0, np.exp(x), -x, x // 2"
    if dtype is np.bool_:
        whole = "x * 2.5, x + 1, x / 2, x.sum(), x.mean(), x & x, x | True, ~x, x == True, np.where(x, 1.0, 2.0)"
    agree(f"def f(x):\n    for i in range(9):\n        pass\n    y = x[0]\n    return {whole}", x)
