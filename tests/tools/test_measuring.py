"""Tools that count and measure say of the user's lines and functions what they say without us."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Project
from tests.tools.programs import QUIET, both, written

pytest.importorskip("tensorflow")

TESTS = """\
import model
import tensorflow as tf

def test_step():
    for _ in range(6):
        assert model.step(tf.constant([1.0, 2.0]), 1) > 0

def test_train():
    assert len(model.train(6)) == 6
"""


def figures(path: Path) -> Any:
    files = json.loads(path.read_text())["files"]
    kept = ("executed_lines", "missing_lines", "executed_branches", "missing_branches", "summary")
    return {name: {key: found[key] for key in kept} for name, found in files.items()}


def test_coverage_counts_the_same_lines_and_branches(project: Project) -> None:
    pytest.importorskip("coverage")
    written(project, test_model=TESTS)
    found = []
    for name, hook in (("plain", ()), ("hooked", ("autograph_hook", "--enable", "model", "-m"))):
        file = project.path / f"{name}.json"
        env = {**QUIET, "COVERAGE_FILE": str(project.path / name)}
        words = ("coverage", "run", "--branch", "--include=*model.py", "-m", "pytest", "-q", "-p", "no:cacheprovider")
        done = project.python("-m", *hook, *words, env=env)
        assert not done.returncode and "2 passed" in done.stdout, done.stdout + done.stderr
        project.python("-m", "coverage", "json", "-o", file, env=env)
        found.append(figures(file))
    assert found[0] == found[1]
    assert found[0]["model.py"]["executed_branches"]


PROFILED = """\
import cProfile, pstats
import model
model.train(2)
profile = cProfile.Profile()
profile.runcall(model.train, 2)
for (path, line, name), (calls, *_) in sorted(pstats.Stats(profile).stats.items()):
    if path.endswith("model.py"): print(name, line, calls)
"""


GENERATED = """\
import tensorflow as tf

def pad(x):
    for _ in range(12):
        x = tf.sin(tf.tanh(x))
    return x

def step(x, scale):
    y = pad(x)
    if scale > 2:
        y = tf.exp(y)
    return tf.square(y)

def train(steps):
    x = tf.constant(1.0)
    return [step(x, i % 4) for i in range(steps)]
"""
"""A model of operations that TensorFlow calls without its dispatcher. From 3.12 on the dispatcher, a bound method around
a builtin, is a return without a call to cProfile (https://github.com/python/cpython/issues/122029), which then loses
every function that is running. So of most programs with TensorFlow it shows little there, whatever runs them."""

LOSES_FUNCTIONS = sys.version_info >= (3, 12)


def test_cprofile_counts_the_calls_of_functions_that_are_warming_up(project: Project) -> None:
    written(project, model=GENERATED, profiled=PROFILED)
    without, with_hook = both(project, "profiled.py", env={"AUTOGRAPH_HOOK_WARM_UP": "100"})
    kept = [line for line in without.splitlines() if not line.startswith("<")]
    assert kept == ["pad 3 2", "step 8 2", "train 14 1"]
    assert with_hook == without


def test_cprofile_of_a_staged_program_ends_well_and_names_the_users_functions(project: Project) -> None:
    written(project, model=GENERATED)
    main = ("-s", "ncalls", "-m", "autograph_hook", "main.py")
    done = project.python("-m", "cProfile", *main, env=QUIET)
    assert not done.returncode, done.stderr
    assert "model.py:3(pad)" in done.stdout
    assert LOSES_FUNCTIONS or "model.py:14(train)" in done.stdout


ALLOCATED = """\
import tracemalloc
import model
model.train(8)
tracemalloc.start()
kept = model.train(8)
traces = tracemalloc.take_snapshot().traces
tracemalloc.stop()
print(len(kept), len(traces) > 0)
"""


def test_tracemalloc_runs_beside_staged_code(project: Project) -> None:
    written(project, allocated=ALLOCATED)
    without, with_hook = both(project, "allocated.py")
    assert with_hook == without == "8 True\n"


def test_importtime_lists_the_users_modules(project: Project) -> None:
    project.write("inner.py", "def f(x):\n    return x + 1\n")
    project.write("main.py", "import inner\nprint(inner.f(1))\n")
    done = project.python("-X", "importtime", "-m", "autograph_hook", "main.py")
    assert done.stdout == "2\n"
    names = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines()]
    assert "inner" in names and "tensorflow" not in names


SAMPLED = """\
import model, time
end = time.monotonic() + 3
while time.monotonic() < end:
    model.train(4)
"""


def test_py_spy_shows_the_users_functions(project: Project) -> None:
    spy = shutil.which("py-spy") or shutil.which("py-spy", path=str(Path(sys.executable).parent))
    if spy is None:
        pytest.skip("py-spy is not installed")
    written(project, sampled=SAMPLED)
    import subprocess

    from tests.conftest import clean_environment

    words = [spy, "record", "-f", "raw", "-o", "stacks.txt", "--", sys.executable, "-m", "autograph_hook", "sampled.py"]
    done = subprocess.run(
        words, cwd=project.path, env=clean_environment(**QUIET, AUTOGRAPH_HOOK_MODE="traced"), capture_output=True,
        text=True, timeout=120,
    )  # fmt: skip
    if "ermission" in done.stderr:
        pytest.skip("py-spy may not look at processes here")
    stacks = (project.path / "stacks.txt").read_text()
    assert "train (model.py:" in stacks and "step (model.py:" in stacks
