"""When is a graph being built, and by whom."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import explaining, graph_writing, private


def tracing() -> bool:
    """Does this thread build a graph right now? False in `tf.init_scope` and `tf.py_function`, which run
    eagerly.
    """
    return not tf.executing_eagerly()


def watch(opened: Callable[[], object], closed: Callable[[], None]) -> None:
    """Call `opened` and `closed` around every stay in a graph.

    All graphs are entered by `Graph.as_default`: function graphs, too, extend that method. An eager program
    enters none, so it pays nothing.
    """
    explaining.hide_ours()
    original = tf.Graph.as_default

    @contextlib.contextmanager
    def stay(graph: Any) -> Iterator[Any]:
        """What `as_default` gives: as before, and counted. A generator ends its stay even where an interrupt comes
        between it and the block that it is for: it is closed when it is let go."""
        building = opened()
        try:
            with original(graph) as entered:
                yield entered
            graph_writing.left(graph)
        finally:
            del building
            closed()

    @functools.wraps(original)
    def as_default(self: Any) -> Any:
        return stay(self)

    tf.Graph.as_default = as_default
    if not tf.executing_eagerly():
        # The caller stands in a graph that was entered before, or eager execution is off for good.
        building = [opened()]

        def left() -> None:
            building.clear()
            closed()

        private.when_left(left)
