"""Comprehensions: Python's over what Python knows, loops of the graph over what only the graph can count."""

from __future__ import annotations

from typing import Any

import pytest

from autograph_hook.errors import StagingError
from tests.twins.both import enabled, plain, same_in_python


def test_scopes_and_order_are_those_of_python() -> None:
    same_in_python(
        """
        def f(n):
            log = []
            def g(x):
                log.append(x)
                return x
            return (
                [g(k) for i in range(n) if g(i) and (k := i * 2) > 2],
                [(i, j) for i in range(n) if i for j in range(i) if j % 2],
                list((i, j) for i, j in enumerate(range(n)) if i),
                [h() for h in [lambda: i for i in range(n) if i or True]],
                [h() for i in range(n) for h in [lambda: i * 2]],
                [[j for j in range(i) if j] for i in range(n)],
                {i: [j for j in range(i) if j] for i in range(n) if i},
                {i % 2 for i in range(n) if i},
                [a for a, (b, *c) in [(1, (2, 3, 4))] if c],
                log,
            )
        """,
        (0,),
        (3,),
        (5,),
    )


def test_a_generator_expression_stays_lazy() -> None:
    same_in_python(
        """
        def f():
            log = []
            def g(x):
                log.append(x)
                return x
            some = (g(x) for x in [1, 0, 2, 3] if g(x * 10))
            every = (g(x) for x in [4, 5])
            log.append('made')
            return next(some), next(every), list(log), next(some), type(some).__name__, log
        """
    )


def test_what_cannot_be_iterated_raises_at_once() -> None:
    same_in_python("def f(x):\n    made = (y for y in x if y)\n    return 1\n", (5,), ([],))


def of_unknown_length(source: str, *arrays: list[float]) -> None:
    tf = pytest.importorskip("tensorflow")
    from tests.twins.graphs import numbers

    source = "import tensorflow as tf\n" + source
    staged = tf.function(enabled(source).f, input_signature=[tf.TensorSpec([None], tf.float32)])
    for array in arrays:
        given: Any = tf.constant(array, tf.float32)
        assert numbers(staged(given)) == numbers(plain(source).f(given))


@pytest.mark.parametrize(
    "text",
    [
        "tf.stack([y * 2 for y in x])",
        "tf.stack([y * 2 for y in x if y > 1])",
        "tf.stack([y * z for y in x for z in tf.range(2.) if y > z])",
        "sum(y * 2 for y in x)",
        "sum(y * 2 for y in x if y > 1)",
        "tf.stack([z for y in x if (z := y * 2) > 2])",
        "len([y for y in x if y > 1])",
        "tf.stack([y * 2 for y in [x[0], x[0] + 2.] if y > 1])",
        "tf.stack([tf.cast(d, tf.float32) * x[0] for d in tf.data.Dataset.range(5) if d > 1])",
    ],
)
def test_a_list_grows_in_a_loop_of_the_graph(text: str) -> None:
    of_unknown_length(f"def f(x):\n    return {text}\n", [1.0, 2.0, 3.0], [5.0])


@pytest.mark.parametrize(
    ("text", "what"), [("{y: 1 for y in tf.range(x)}", "a dictionary"), ("{1 for y in tf.range(x)}", "a set")]
)
def test_a_dictionary_or_set_of_unknown_size_is_refused(text: str, what: str) -> None:
    tf = pytest.importorskip("tensorflow")
    module = enabled(f"import tensorflow as tf\ndef f(x):\n    return {text}\n")
    with pytest.raises(StagingError, match=f":3, in f: {what} comprehension over a number of elements that is known"):
        tf.function(module.f)(tf.constant(3))


def test_a_known_number_of_tensors_is_unrolled_into_a_python_list() -> None:
    from tests.twins.graphs import same_in_graph

    same_in_graph("def f(x):\n    return [y * z for y in x for z in x], [y for y in x]\n", ((1.0, 2.0),))
