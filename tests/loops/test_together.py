"""`zip`, `enumerate`, `reversed` and iterators in traced loops take what Python takes, in Python's order."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest
import tensorflow as tf

from tests.twins.both import enabled, plain
from tests.twins.graphs import numbers, same_in_graph


def same(source: str, make: Any = None) -> Any:
    """Eagerly and traced, each with arguments of its own."""
    source = "import tensorflow as tf\n" + textwrap.dedent(source)
    arguments = make or (lambda: ())
    expected = numbers(plain(source).f(*arguments()))
    found = numbers(tf.function(enabled(source).f)(*arguments()))
    assert found == expected, (found, expected)
    return found


def iterators() -> tuple[Any, Any]:
    return iter(tf.data.Dataset.range(10, 20)), iter(tf.data.Dataset.range(3))


def test_zip_takes_one_more_from_those_before_the_exhausted_one_only() -> None:
    after = "    for x in a:\n        n = n * 100 + x\n    for x in b:\n        n = n * 100 + x\n    return n\n"
    head = "def f(a, b):\n    n = tf.constant(1, tf.int64)\n"
    for pair in ("zip(a, b)", "zip(b, a)", "zip(tf.range(2), a)", "zip(a, tf.range(2))", "zip(b, a, b)"):
        same(f"{head}    for _ in {pair}:\n        n = n + 1\n{after}", iterators)
    nested = "    for _, (x, (i, y)) in zip(tf.range(2), zip(a, enumerate(b))):\n        n = n + x * y\n"
    same(head + nested + after, iterators)


def test_zip_takes_nothing_after_a_break() -> None:
    same(
        """
        def f(a, b):
            n = tf.constant(0, tf.int64)
            for x, y in zip(a, b):
                n = n + x
                if y == 1:
                    break
            return n, next(a), next(b)
        """,
        iterators,
    )


def test_zip_of_python_ranges_and_datasets() -> None:
    same(
        """
        def f():
            n = tf.constant(0, tf.int64)
            for i, x in zip(range(3, 100), tf.data.Dataset.range(5)):
                n = n * 10 + x * tf.cast(i, tf.int64)
            return n
        """
    )


def test_strict_zip() -> None:
    source = """
        def f(x, y):
            n = 0
            for a, b in zip(x, y, strict=True):
                n = n * 10 + a * b
            return n
    """
    same_in_graph(source, (tf.constant([1, 2]), tf.constant([3, 4])))
    module = enabled("import tensorflow as tf\n" + textwrap.dedent(source))
    with pytest.raises(ValueError, match=r"zip\(\) argument 2 is shorter than argument 1"):
        tf.function(module.f, autograph=False)(tf.constant([1, 2]), tf.constant([3]))
    unknown = tf.TensorSpec([None], tf.int32)
    traced = tf.function(module.f, autograph=False, input_signature=[unknown, unknown])
    assert int(traced(tf.constant([1, 2]), tf.constant([3, 4]))) == 38
    with pytest.raises(tf.errors.InvalidArgumentError, match="strict=True"):
        traced(tf.constant([1, 2]), tf.constant([3]))


def test_reversed() -> None:
    same_in_graph(
        """
        def f(x, n):
            total = 0
            for i in reversed(range(n)):
                total = total * 10 + i
            for y in reversed(x):
                total = total * 10 + y
            for i in range(n, -n, -2):
                total = total * 3 + i
            return total
        """,
        (tf.constant([1, 2, 3]), 4),
    )


@pytest.mark.parametrize("name", ["enumerate(x)", "zip(x, x)", "map(abs, x)"])
def test_lazy_subjects_are_not_reversible(name: str) -> None:
    source = f"import tensorflow as tf\ndef f(x):\n    for y in reversed({name}):\n        x = x + 1\n    return x\n"
    with pytest.raises(TypeError, match=f"'{name.partition('(')[0]}' object is not reversible"):
        tf.function(enabled(source).f, autograph=False)(tf.constant([1, 2]))


def test_enumerate_with_a_start_and_nested() -> None:
    same_in_graph(
        """
        def f(x, n):
            total = 0
            for i, (a, b) in enumerate(zip(x, x * 2), n):
                total = total * 7 + i * a + b
            for i, (j, a) in enumerate(enumerate(x, start=5)):
                total = total + i * j * a
            return total
        """,
        (tf.constant([1, 2, 3]), 4),
    )


def test_views_of_dictionaries_that_hold_tensors() -> None:
    same_in_graph(
        """
        def f(x, n):
            d = {'a': x, 'b': x * 2, 'c': n}
            total = 0
            for k in d:
                total = total + tf.reduce_sum(d[k])
            for k, v in d.items():
                if tf.reduce_sum(v) > n:
                    total = total * 2 + len(k)
            for v in d.values():
                for e in tf.reshape(v, [-1]):
                    if e > 3:
                        break
                    total = total + e
            for k in d.keys():
                total = total + d[k][..., None][0]
            return tf.reduce_sum(total)
        """,
        (tf.constant([1, 2, 3]), 4),
        (tf.constant([1, 2, 3]), 100),
    )


def test_return_out_of_nested_loops() -> None:
    same_in_graph(
        """
        def f(x, n):
            for i in range(3):
                for y in x:
                    for z in tf.data.Dataset.range(4):
                        if y * tf.cast(z, tf.int32) + i == n:
                            return y * 100 + tf.cast(z, tf.int32) * 10 + i
                        if tf.cast(z, tf.int32) > y:
                            break
                else:
                    n = n + 0
            return n
        """,
        *[(tf.constant([1, 2, 3]), n) for n in (0, 3, 8, 11, 50)],
    )


def test_the_loops_variable_after_the_loop() -> None:
    source = "def f(x):\n    for y in x:\n        pass\n    return y\n"
    same_in_graph(source, (tf.constant([1, 2, 3]),))
    module = enabled("import tensorflow as tf\n" + source)
    traced = tf.function(module.f, autograph=False, input_signature=[tf.TensorSpec([None], tf.int32)])
    with pytest.raises(tf.errors.InvalidArgumentError, match="y"):
        traced(tf.constant([], tf.int32))
