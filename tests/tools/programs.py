"""A program that stages, and the tools that look at it, with the hook and without."""

from __future__ import annotations

from typing import Any

from tests.conftest import Project

MODEL = '''\
import tensorflow as tf

def pad(x):
    for _ in range(12):
        x = tf.tanh(x) + 0.5
    return x

def step(x, scale):
    """One step."""
    y = pad(x)
    if scale > 2:
        y = y * scale
    total = tf.reduce_sum(y)
    return total

def train(steps):
    found = []
    for i in range(steps):
        loss = step(tf.constant([1.0, 2.0]), i % 4)
        found.append(loss)
    return found
'''

MAIN = """\
import model
print([round(float(each), 4) for each in model.train(8)])
"""

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "AUTOGRAPH_HOOK_WARM_UP": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def written(project: Project, **files: str) -> Project:
    """The program in the project's directory, with these files besides."""
    project.write("model.py", MODEL)
    project.write("main.py", MAIN)
    for name, text in files.items():
        project.write(f"{name}.py", text)
    return project


def both(project: Project, *words: object, hook: tuple[str, ...] = ("--enable", "model"), **more: Any) -> list[str]:
    """What `python WORDS...` and `python -m autograph_hook WORDS...` print; both must end well."""
    environment = {**QUIET, **more.pop("env", {})}
    found = [
        project.python(*words, env=environment, **more), project.hooked(*hook, *words, env=environment, **more),
    ]
    for each in found:
        assert not each.returncode, each.stderr[-3000:]
    return [each.stdout for each in found]


STAGED = """
import autograph_hook
for module in autograph_hook.report().to_dict()["modules"]:
    for f in module["functions"]:
        print("calls staged", module["name"], f["qualname"], f["calls_staged"])
"""
