"""Random numbers in a graph of our own after `tf.random.set_seed`: those of the eager run.

Each draw of the graph becomes a stateless operation, with the seeds that the eager draw would have had as key and
counter. At the top of the graph the draws are numbered while it is traced. From the first one in a branch or a loop
on, a counter numbers them while the graph runs, and leaves it with its results, so that the eager stream goes on
behind the last number that was used.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import exact, private

SCOPE = "autograph_hook_draw"
"""In the names of the operations that count draws and pick seeds."""


class _Thread(threading.local):
    draws: Draws | None = None


_thread = _Thread()


def is_of_ours(operation: Any) -> bool:
    """Does this operation count draws or pick a seed? What it changes is set anew by each call, and it never fails."""
    return SCOPE in operation.name


def are_carried() -> bool:
    """Does the graph that is being built draw the numbers of the eager run?"""
    return _thread.draws is not None and _thread.draws.are_seeded


def is_counter(tensor: Any) -> bool:
    """Is it what counts the draws of the graph that is being built?"""
    draws = _thread.draws
    if draws is None or draws.top is None or draws.counter is None:
        return False
    return tensor is draws.counter or tensor is private.captured_inside(draws.top, draws.counter)


class Draw(int):
    """Stands for the operation seed of a draw. An operation that no stateless one stands for gets it as its seed,
    which `compile.seeded` finds."""

    place: Any
    """Which draw it is: an int, or a tensor."""

    def __new__(cls, place: Any) -> Draw:
        draw = super().__new__(cls, 1)
        draw.place = place
        return draw


class Draws:
    """The draws of one graph, and the inputs that it takes for them: seeds for operations that use them as they are,
    and for operations that scramble them."""

    def __init__(self) -> None:
        self.are_seeded = private.global_seed() is not None
        self.top: Any = None

    def begin(self, seeds: Any, scrambled: Any) -> None:
        self.seeds, self.scrambled = seeds, scrambled
        self.top = tf.compat.v1.get_default_graph()
        self.numbered = 0
        """Draws at the top before the counter was needed."""
        self.sites = 0
        """Places in the graph that draw."""
        self.counter: Any = None
        self.repeats = False
        """May one place draw more than once?"""
        self.scrambles = False
        self._key: Any = None

    @contextlib.contextmanager
    def asked(self) -> Iterator[None]:
        """Inside, what draws in this thread asks here."""
        _install()
        before = _thread.draws
        try:
            _thread.draws = self
            yield
        finally:
            _thread.draws = before

    def draw(self) -> Draw | None:
        """The next draw; None where a graph is being built that its caller may not know of."""
        inside = private.enclosing_graphs()
        if self.top not in inside:
            return None
        inside = inside[: inside.index(self.top)]
        if not all(map(private.is_construct, inside)):
            return None
        self.sites += 1
        self.repeats = self.repeats or any(map(private.is_loop, inside))
        if not inside and self.counter is None:
            self.numbered += 1
            with tf.name_scope(SCOPE):
                tf.no_op()  # so that it can be seen that something was drawn here
            return Draw(self.numbered - 1)
        if self.counter is None:
            self._begin_to_count()
        with tf.name_scope(SCOPE):
            place = self.count()
            tf.raw_ops.AssignAddVariableOp(resource=self.counter, value=tf.constant(1, tf.int64))
            return Draw(tf.minimum(place, self.limit() - 1))

    def _begin_to_count(self) -> None:
        with tf.init_scope():
            self.counter = private.anonymous_variable(tf.int64)
        with self.top.as_default(), tf.control_dependencies(None), tf.name_scope(SCOPE):
            start = tf.constant(self.numbered, tf.int64)
            tf.raw_ops.AssignVariableOp(resource=self.counter, value=start)

    def count(self) -> Any:
        """How many draws there were so far."""
        return tf.raw_ops.ReadVariableOp(resource=self.counter, dtype=tf.int64)

    def limit(self) -> Any:
        """For how many draws the graph was given seeds."""
        return tf.shape(self.seeds, tf.int64)[0] // 2

    def key_and_counter(self, draw: Draw) -> tuple[Any, Any]:
        if self._key is None:
            with self.top.as_default(), tf.control_dependencies(None), tf.name_scope(SCOPE):
                self._key = tf.slice(self.seeds, [0], [1])
        with tf.name_scope(SCOPE):
            return self._key, tf.slice(self.seeds, [1 + 2 * draw.place], [2])

    def seed(self, draw: Draw) -> Any:
        self.scrambles = True
        with tf.name_scope(SCOPE):
            return tf.reshape(tf.slice(self.scrambled, [draw.place, 0], [1, 2]), [2])


Build = Callable[..., Any]


def _by_key(operation: Callable[..., Any]) -> Build:
    """For operations on a shape and a dtype."""

    def build(draws: Draws, draw: Draw, shape: Any, dtype: Any, name: Any = None) -> Any:
        key, counter = draws.key_and_counter(draw)
        return operation(shape=shape, key=key, counter=counter, alg=_PHILOX, dtype=dtype, name=name)

    return build


_PHILOX = 1


def _uniform_int(draws: Draws, draw: Draw, shape: Any, minval: Any, maxval: Any, name: Any = None) -> Any:
    key, counter = draws.key_and_counter(draw)
    return tf.raw_ops.StatelessRandomUniformIntV2(
        shape=shape, key=key, counter=counter, alg=_PHILOX, minval=minval, maxval=maxval, name=name
    )


def _gamma(draws: Draws, draw: Draw, shape: Any, alpha: Any, name: Any = None) -> Any:
    key, counter = draws.key_and_counter(draw)
    return tf.raw_ops.StatelessRandomGammaV3(
        shape=_whole(shape, alpha), key=key, counter=counter, alg=_PHILOX, alpha=alpha, name=name
    )


def _poisson(draws: Draws, draw: Draw, shape: Any, rate: Any, dtype: Any = tf.int64, name: Any = None) -> Any:
    rate = tf.convert_to_tensor(rate)
    return tf.raw_ops.StatelessRandomPoisson(
        shape=_whole(shape, rate), seed=draws.seed(draw), lam=rate, dtype=dtype, name=name
    )


def _multinomial(
    draws: Draws, draw: Draw, logits: Any, num_samples: Any, output_dtype: Any = tf.int64, name: Any = None
) -> Any:
    return tf.raw_ops.StatelessMultinomial(
        logits=logits, num_samples=num_samples, seed=draws.seed(draw), output_dtype=output_dtype, name=name
    )


def _whole(shape: Any, parameter: Any) -> Any:
    """The shape of samples for each element of a parameter."""
    shape = tf.convert_to_tensor(shape)
    return tf.concat([shape, tf.shape(parameter, shape.dtype)], 0)


# Functions of TensorFlow's that make an operation which draws, and what makes the stateless one with the same bits.
TABLE: dict[str, Build] = {
    "random_standard_normal": _by_key(tf.raw_ops.StatelessRandomNormalV2),
    "random_uniform": _by_key(tf.raw_ops.StatelessRandomUniformV2),
    "truncated_normal": _by_key(tf.raw_ops.StatelessTruncatedNormalV2),
    "random_uniform_int": _uniform_int,
    "random_gamma": _gamma,
    "random_poisson_v2": _poisson,
    "multinomial": _multinomial,
}
KINDS = (
    "RandomStandardNormal", "RandomUniform", "TruncatedNormal", "RandomUniformInt", "RandomGamma", "RandomPoissonV2",
    "Multinomial",
)  # fmt: skip
"""The operations that these functions make."""


@functools.lru_cache(maxsize=1)
def _install() -> None:
    private.watch_seeds(_seeds)
    for name, build in TABLE.items():
        private.watch_draws(name, functools.partial(_drawn, build))


def _seeds(given: Any) -> tuple[int, int] | None:
    """What TensorFlow takes for its two seeds, in a trace of ours; None for its own."""
    draws = _thread.draws
    if draws is None:
        return None
    if tf.executing_eagerly():
        if given is not None or draws.are_seeded:
            raise exact.Inexact("draws random numbers outside the graph")
        return None
    if given is not None or not draws.are_seeded:
        return None
    draw = draws.draw()
    return None if draw is None else (1, draw)


def _drawn(build: Build, original: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    draw = options.get("seed2")
    if type(draw) is not Draw or _thread.draws is None:
        return original(*arguments, **options)
    del options["seed"], options["seed2"]
    return build(_thread.draws, draw, *arguments, **options)


def inputs() -> list[Any]:
    """What the two inputs are like."""
    return [tf.TensorSpec([None], tf.uint64), tf.TensorSpec([None, 2], tf.int64)]

