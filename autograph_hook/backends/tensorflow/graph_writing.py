"""The graphs that are made, written where TensorBoard shows them: one run for each, named after the user's function.

    graphs/train_step/1/events.out.tfevents...      the first specialization, or trace, of train_step
    graphs/train_step/2/events.out.tfevents...
"""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import Any
from weakref import WeakSet

import tensorflow as tf

from autograph_hook.backends.tensorflow import exact, private
from autograph_hook.errors import warn

_NOT_IN_NAMES = re.compile(r"[^\w.-]+")


class _Files:
    def __init__(self) -> None:
        self.directory = ""
        self.written: Counter[str] = Counter()
        self.is_writing = False
        self.done: WeakSet[Any] = WeakSet()


_files = _Files()


def write_to(directory: str) -> None:
    """From now on all graphs are written there."""
    _files.directory = directory


def compiled(made: Any, name: str) -> None:
    """A specialization of this function has been made."""
    if _files.directory:
        _write(made.concrete.graph, name)


def left(graph: Any) -> None:
    """A graph that somebody else builds was left. It is done if it is that of a function and knows what it returns."""
    if not _files.directory or exact.is_demanded() or _files.is_writing or not tf.executing_eagerly():
        return
    if private.is_function_graph(graph) and (graph.outputs or graph.control_outputs) and graph not in _files.done:
        _files.done.add(graph)
        _write(graph, graph.name)


def _write(graph: Any, name: str) -> None:
    name = _NOT_IN_NAMES.sub("_", name).strip("_.") or "function"  # a function may be called `..`
    _files.written[name] += 1
    path = os.path.join(_files.directory, name, str(_files.written[name]))
    _files.is_writing = True
    try:
        with tf.init_scope(), private.unrecorded():
            writer = tf.summary.create_file_writer(path)
            with writer.as_default(step=0):
                tf.summary.graph(graph.as_graph_def(add_shapes=True))
            writer.close()
    except (OSError, tf.errors.OpError) as error:
        warn(f"the graph of {name} cannot be written to {path}: {error}")
        _files.directory = ""
    finally:
        _files.is_writing = False
