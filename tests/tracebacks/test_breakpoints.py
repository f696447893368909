"""A debugger stops on the user's lines, inside staged constructs too, and shows the user's names."""

from __future__ import annotations

import re

from tests.conftest import Project

STEPS = """
# autograph: enable
import tensorflow as tf

def callee(y):
    z = y * 2
    return z

@tf.function(autograph=False)
def step(x):
    total = x
    if x > 0:
        total = total + 1
    for i in tf.range(3):
        total = total + i
    while total < 50:
        total = callee(total)
    return total
"""
SCRIPT = """
import tensorflow as tf
import steps
print("result", steps.step(tf.constant(2)).numpy())
"""


def debugged(project: Project, *commands: str) -> str:
    """What pdb prints for these commands, `steps` in them standing for the path of the module."""
    path = project.write("steps.py", STEPS.lstrip("\n"))
    project.write("script.py", SCRIPT)
    text = "\n".join([*(command.replace("steps:", f"{path}:") for command in commands), "q", ""])
    result = project.hooked("-m", "pdb", "script.py", stdin=text, env={"TF_CPP_MIN_LOG_LEVEL": "3"})  # type: ignore[arg-type]
    return result.stdout + result.stderr


def test_breakpoints_in_a_branch_loops_and_a_callee(project: Project) -> None:
    out = debugged(
        project,
        "b steps:12", "b steps:14", "tbreak steps:5",
        "c", "p 'A', total.dtype.name", "c", "p 'B', i.dtype.name, total.dtype.name", "c", "p 'C', y.dtype.name", "c",
    )  # fmt: skip
    assert "('A', 'int32')" in out and "('B', 'int32', 'int32')" in out and "('C', 'int32')" in out, out
    stops = re.findall(r"> \S*steps\.py\((\d+)\)(\w+)\(\)\n-> (.*)", out)
    assert ("12", "step", "total = total + 1") in stops, out
    assert ("14", "step", "total = total + i") in stops, out
    assert ("5", "callee", "z = y * 2") in stops, out
    assert stops.count(("12", "step", "total = total + 1")) == 1 and "result 96" in out, out
