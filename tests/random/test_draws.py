"""After `tf.random.set_seed` a staged function draws the numbers of the eager run, and leaves the stream where it would."""

from __future__ import annotations

import concurrent.futures
import random
import sys
import types
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.staging.programs import Program, outcome, same


def compared(program: Program, act: Any, calls: int = 4) -> None:
    """The same calls from the same seed; after them the eager stream goes on with the same number."""

    def run(module: Any) -> list[Any]:
        tf.random.set_seed(11)
        results = [outcome(act, module) for _ in range(calls)]
        return [*results, tf.random.normal([2]), tf.random.uniform([1])]

    for found, expected in zip(run(program.hooked), run(program.plain), strict=True):
        same(found, expected)


DRAWS = [
    "tf.random.normal([3, 5])",
    "tf.random.normal([4], 2.0, 0.5, tf.float64)",
    "tf.random.normal(tf.shape(x), dtype=tf.float16)",
    "tf.random.uniform([7], -1.0, 3.0)",
    "tf.random.uniform([70000])[-3:]",
    "tf.random.uniform([9], maxval=1000, dtype=tf.int32)",
    "tf.random.uniform([9], -5, 10**12, tf.int64)",
    "tf.random.truncated_normal([50])",
    "tf.random.categorical(tf.reshape(x, [1, 4]), 6)",
    "tf.random.categorical(tf.stack([x, -x]), 300, dtype=tf.int32)",
    "tf.random.gamma([3], 0.5)",
    "tf.random.gamma([2, 3], tf.abs(x) + 0.1, beta=2.0)",
    "tf.random.poisson([5], [0.5, 30.0])",
    "tf.random.poisson([5], tf.abs(x), dtype=tf.int32)",
    "tf.nn.dropout(x, 0.4)",
    "tf.image.random_crop(tf.reshape(tf.range(192.0), [8, 8, 3]), [4, 5, 3])",
    "tf.image.random_flip_left_right(tf.reshape(tf.range(192.0), [8, 8, 3]))",
    "tf.image.random_flip_up_down(tf.reshape(tf.range(384.0), [2, 8, 8, 3]))",
    "tf.image.random_brightness(tf.reshape(tf.range(192.0), [8, 8, 3]), 0.3)",
    "tf.image.random_contrast(tf.reshape(tf.range(192.0), [8, 8, 3]), 0.2, 1.5)",
    "tf.image.random_hue(tf.reshape(tf.range(192.0), [8, 8, 3]) / 192.0, 0.3)",
    "tf.image.random_saturation(tf.reshape(tf.range(192.0), [8, 8, 3]) / 192.0, 0.3, 2.0)",
    "tf.stack([tf.random.normal([2]) for _ in range(3)])",
    "tf.switch_case(tf.random.uniform([], maxval=2, dtype=tf.int32), [lambda: tf.random.normal([2]), lambda: tf.zeros(2)])",
    "tf.nn.dropout(x, 0.0) + tf.random.normal([4])",
    "tf.nn.dropout(tf.ones([3, 4]), rate=0.5, noise_shape=[3, 1])",
]


@pytest.mark.parametrize("draw", DRAWS)
def test_a_staged_draw_gives_the_bits_of_the_eager_one(draw: str) -> None:
    program = Program(f"def f(x):\n    return pad(x), {draw}, {draw}\n")
    x = tf.constant([0.1, -0.2, 3.0, 0.4])
    compared(program, lambda m: m.f(x))
    program.assert_staged("f", calls=3)


def test_another_seed_needs_no_other_graph_and_zero_is_a_seed_too() -> None:
    program = Program("def f(x):\n    return pad(x) + tf.random.normal([2]), tf.random.categorical([[1.0, 2.0]], 5)\n")
    x = tf.zeros([2])

    def act(m: Any) -> Any:
        results = []
        for seed in (0, 1, -3, 2**31 - 1, 2**40 + 1):
            tf.random.set_seed(seed)
            results += [m.f(x), tf.random.normal([1]), m.f(x)]
        return results

    for _ in range(2):
        program.both(act)
    program.assert_staged("f", specializations=1)


BRANCHES = """
def f(x, limit):
    y = pad(x)
    first = tf.random.uniform([])
    if tf.reduce_sum(y) > limit:
        y = y + tf.random.normal([3])
        if first > 0.5:
            y = y * tf.random.uniform([3])
    else:
        y = y - tf.cast(tf.random.categorical([[1.0, 1.0, 1.0]], 3)[0], tf.float32)
    return y, tf.random.normal([2])
"""


def test_the_branch_that_runs_takes_from_the_stream_what_it_draws() -> None:
    program = Program(BRANCHES)
    limits = [tf.constant(float(n)) for n in (-1, 1, 1, -1, -1, -1, 1, -1)]

    def act(m: Any) -> Any:
        tf.random.set_seed(5)
        return [(m.f(tf.zeros([3]), limit), tf.random.normal([1])) for limit in limits]

    program.calls(2, act)
    program.assert_staged("f")


LOOPS = """
def f(x, n):
    y = pad(x)
    total = tf.zeros([3])
    for i in tf.range(n):
        noise = tf.random.normal([3])
        total = total * 0.5 + noise
        if noise[0] > 0.0:
            total = total + tf.random.uniform([3])
    return y + total, tf.random.normal([2])

def walk(x):
    steps = tf.constant(0)
    pad(x)
    while tf.random.uniform([]) < 0.8:
        steps += 1
    return steps

def mapped(x):
    return pad(x), tf.map_fn(lambda row: row + tf.random.normal([]), x)

def sampled(x, n):
    y = pad(x)
    token = tf.zeros([1, 1], tf.int64)
    for i in tf.range(n):
        logits = tf.one_hot(token[0], 4) * 2.0 + y[0]
        token = tf.random.categorical(logits, 1)
    return token
"""


@pytest.mark.parametrize("call", ["f(x, n)", "walk(x)", "mapped(x)", "sampled(x, n)"])
def test_a_loop_of_the_graph_takes_from_the_stream_what_it_draws(call: str) -> None:
    program = Program(LOOPS)
    counts = [0, 1, 5, 200, 3, 90, 1]

    def act(m: Any) -> Any:
        tf.random.set_seed(3)
        given = dict(vars(m), x=tf.ones([3]))
        return [(eval(call, given, {"n": tf.constant(n)}), tf.random.normal([1])) for n in counts]

    program.calls(2, act)
    program.assert_staged(call.partition("(")[0])


def test_a_long_python_loop_that_draws_is_rolled_and_draws_the_same() -> None:
    program = Program(
        """
        def f(x):
            y = pad(x)
            for i in range(260):
                y = y * 0.9 + tf.random.normal([2]) - tf.random.uniform([2])
            return y
        """
    )
    compared(program, lambda m: m.f(tf.ones([2])))
    program.assert_staged("f")


def test_a_call_that_fails_leaves_the_stream_to_the_plain_run() -> None:
    program = Program(
        """
        def f(x, i):
            noise = tf.random.normal([4])
            tf.debugging.assert_less(i, 4)
            return pad(x) + noise
        """
    )
    places = iter([tf.constant(n) for n in (0, 1, 9, 2, 9, 3)] * 2)
    compared(program, lambda m: m.f(tf.zeros([4]), next(places)), calls=6)
    assert program.staging("f").calls_staged > 0
    assert program.staging("f").failures > 0


def test_what_no_graph_repeats_stays_plain_and_says_why() -> None:
    program = Program(
        """
        def shuffled(x):
            return pad(x), tf.random.shuffle(x)
        def own_seed(x):
            return pad(x), tf.random.normal([2], seed=5)
        """
    )
    x = tf.range(20.0)
    compared(program, lambda m: m.shuffled(x))
    compared(program, lambda m: m.own_seed(x))
    program.assert_plain("shuffled", "by an operation that a graph does not repeat (RandomShuffle)")
    program.assert_plain("own_seed", "with a seed of their own")


def test_draws_with_a_seed_of_their_own_go_on_from_call_to_call_without_a_global_seed() -> None:
    program = Program("def f(x):\n    return pad(x) + tf.random.normal([2], seed=5)\n")

    def act(m: Any) -> Any:
        tf.random.set_seed(None)
        return [m.f(tf.zeros([2])) for _ in range(3)]

    program.both(act)
    program.assert_plain("f", "with a seed of their own")


def test_gradients_go_through_draws_as_eagerly() -> None:
    program = Program(
        """
        def f(x, rate):
            with tf.GradientTape() as tape:
                tape.watch([x, rate])
                y = tf.nn.dropout(pad(x), 0.5) * tf.random.gamma([2], rate) + tf.random.normal([4])
                for i in tf.range(3):
                    y = y * tf.random.uniform([4])
                loss = tf.reduce_sum(y)
            return tape.gradient(loss, [x, rate])
        """
    )
    compared(program, lambda m: m.f(tf.ones([4]), tf.constant([0.5, 1.0, 2.0, 3.0])))
    program.assert_staged("f")


def test_updates_after_draws_in_a_branch_are_staged() -> None:
    program = Program(
        """
        v = tf.Variable([0.0, 0.0])
        def f(x):
            y = pad(x)
            if tf.random.uniform([]) < 0.5:
                y = y + tf.random.normal([2])
            v.assign_add(y)
            return v + tf.random.normal([2])
        def g(x):
            y = pad(x)
            for i in tf.range(100):
                y = y + tf.random.normal([2])
            v.assign_add(y)
            return v.read_value()
        """
    )
    compared(program, lambda m: m.f(tf.ones([2])))
    compared(program, lambda m: m.g(tf.ones([2])))
    program.assert_staged("f")
    program.assert_staged("g")


def test_draws_of_python_and_numpy_are_never_made_while_tracing() -> None:
    program = Program(
        """
        import random
        def f(x):
            return pad(x) * random.random()
        def g(x):
            return pad(x) * np.random.rand()
        """
    )
    def act(m: Any) -> Any:
        random.seed(1)
        np.random.seed(1)
        return [(m.f(tf.ones([2])), m.g(tf.ones([2]))) for _ in range(4)]

    program.calls(2, act)
    assert program.staging("f").calls_staged == program.staging("g").calls_staged == 0


def test_without_a_seed_draws_are_staged_and_are_other_numbers_each_time() -> None:
    program = Program("def f(x):\n    return pad(x) + tf.random.normal([8])\n")
    tf.random.set_seed(None)
    results = {program.hooked.f(tf.zeros([8])).numpy().tobytes() for _ in range(5)}
    assert len(results) == 5
    program.assert_staged("f", calls=4)


def test_prints_of_draws_in_a_loop_come_with_the_right_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    program = Program(
        """
        def f(x):
            y = pad(x)
            for i in tf.range(3):
                y = y + tf.random.normal([3])
                print('y', y)
            print('end', tf.random.uniform([]))
        """
    )
    compared(program, lambda m: (m.f(tf.ones([3])), capsys.readouterr().out)[1])
    program.assert_staged("f")


LIBRARY = """
import random
import numpy as np

def noisy(x):
    '''Of a library that the user says is safe to trace, and that is not.'''
    return x + random.random() + np.random.rand()
"""


def test_what_library_code_draws_while_it_is_traced_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    library = types.ModuleType("noisy_library")
    exec(LIBRARY, vars(library))
    monkeypatch.setitem(sys.modules, "noisy_library", library)
    program = Program("import noisy_library\ndef f(x):\n    return noisy_library.noisy(pad(x))\n", trace_safe=("noisy_library",))

    def act(m: Any) -> Any:
        random.seed(4)
        np.random.seed(4)
        return [*(m.f(tf.ones([2])) for _ in range(4)), random.random(), np.random.rand()]

    program.calls(2, act)
    program.assert_plain("f", "draws from a generator of Python's or NumPy's")


def test_two_threads_take_no_number_twice() -> None:
    program = Program("def f(x):\n    return pad(x) + tf.random.normal([64])\n")
    tf.random.set_seed(9)
    for _ in range(3):
        program.hooked.f(tf.zeros([64]))
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda _: program.hooked.f(tf.zeros([64])).numpy().tobytes(), range(60)))
    assert len(set(drawn)) == 60


def test_a_program_that_puts_the_seed_back_draws_the_same_again() -> None:
    program = Program("def f(x):\n    return pad(x) + tf.random.normal([3])\n")

    def act(m: Any) -> Any:
        first = []
        for _ in range(3):
            tf.random.set_seed(21)
            first += [m.f(tf.zeros([3])), tf.random.normal([2]), m.f(tf.zeros([3]))]
        return first

    program.calls(2, act)
    found = program.hooked
    tf.random.set_seed(21)
    assert found.f(tf.zeros([3])).numpy().tobytes() == program.both(act)[0].numpy().tobytes()
