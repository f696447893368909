"""Graphs are written where TensorBoard shows them, named after the user's functions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Project
from tests.tools.programs import QUIET, written

tf = pytest.importorskip("tensorflow")

TRACED = """\
import model
import tensorflow as tf

@tf.function
def evaluate(x):
    if tf.reduce_sum(x) > 0:
        x = x + 1
    return x

model.train(8)
evaluate(tf.ones(3))
"""


def graph_in(directory: Path) -> set[str]:
    """The kinds of operations of the graph in the event files of one run."""
    kinds: set[str] = set()
    for file in directory.glob("events.*"):
        for event in tf.compat.v1.train.summary_iterator(str(file)):
            for value in event.summary.value:
                if value.metadata.plugin_data.plugin_name == "graphs":
                    graph = tf.compat.v1.GraphDef.FromString(value.tensor.string_val[0])
                    kinds |= {node.op for node in graph.node}
            if event.graph_def:
                graph = tf.compat.v1.GraphDef.FromString(event.graph_def)
                kinds |= {node.op for node in graph.node}
    return kinds


def test_each_specialization_and_trace_is_a_run_named_after_its_function(project: Project) -> None:
    written(project, traced=TRACED)
    done = project.hooked("--graphs", "graphs", "traced.py", env=QUIET)
    assert not done.returncode, done.stderr
    runs = project.path / "graphs"
    names = {path.name for path in runs.iterdir()}
    assert "evaluate" in names and names & {"train", "step"}
    assert {"If", "StatelessIf"} & graph_in(runs / "evaluate" / "1")
    staged = "step" if "step" in names else "train"
    assert "Tanh" in graph_in(runs / staged / "1")


def test_a_directory_that_cannot_be_written_is_a_warning(project: Project) -> None:
    written(project)
    project.write("graphs", "a file")
    done = project.hooked("--graphs", "graphs", "main.py", env=QUIET)
    assert not done.returncode, done.stderr
    assert "cannot be written to" in done.stderr and done.stdout.startswith("[")
