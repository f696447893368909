"""When is a graph being built, and by whom."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from types import TracebackType
from typing import Any

import tensorflow as tf

from autograph_hook.backends.tensorflow import explaining, graph_writing, private


def tracing() -> bool:
    """Does this thread build a graph right now? False in `tf.init_scope` and `tf.py_function`, which run
    eagerly.
    """
    return not tf.executing_eagerly()


def watch(opened: Callable[[], None], closed: Callable[[], None]) -> None:
    """Call `opened` and `closed` around every stay in a graph.

    All graphs are entered by `Graph.as_default`: function graphs, too, extend that method. An eager program
    enters none, so it pays nothing.
    """
    explaining.hide_ours()
    original = tf.Graph.as_default

    class Stay(contextlib.ContextDecorator):
        """What `as_default` gives: as before, and counted."""

        __slots__ = ("graph", "inner")

        def __init__(self, graph: Any) -> None:
            self.graph = graph

        def _recreate_cm(self) -> Stay:
            return Stay(self.graph)

        def __enter__(self) -> Any:
            opened()
            try:
                self.inner = original(self.graph)
                return self.inner.__enter__()
            except BaseException:
                closed()
                raise

        def __exit__(
            self,
            kind: type[BaseException] | None,
            error: BaseException | None,
            traceback: TracebackType | None,
        ) -> Any:
            try:
                ended = self.inner.__exit__(kind, error, traceback)
                if error is None:
                    graph_writing.left(self.graph)
                return ended
            finally:
                closed()

    @functools.wraps(original)
    def as_default(self: Any) -> Any:
        return Stay(self)

    tf.Graph.as_default = as_default
    if not tf.executing_eagerly():
        # The caller stands in a graph that was entered before, or eager execution is off for good.
        opened()
        private.when_left(closed)
