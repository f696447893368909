"""Test runners: pytest rewrites assertions as ever, doctest finds and runs the same examples."""

from __future__ import annotations

import re

import pytest

from tests.conftest import Project
from tests.tools.programs import QUIET, both, written

pytest.importorskip("tensorflow")

FAILING = """\
import model
import tensorflow as tf

def test_sum():
    for _ in range(3):
        found = model.step(tf.constant([1.0, 2.0]), 1)
    wanted = {"loss": [1, 2, 3], "n": 3}
    assert {"loss": [1, 2, 4], "n": len(model.train(3))} == wanted, found.shape
"""


def test_pytest_explains_a_failed_assertion_as_without_us(project: Project) -> None:
    written(project, test_failing=FAILING)
    words = ("pytest", "-q", "-p", "no:cacheprovider", "test_failing.py")
    without = project.python("-m", *words, env=QUIET)
    with_hook = project.hooked("--enable", "model", "-m", *words, env=QUIET)
    assert with_hook.returncode == without.returncode == 1
    assert "At index 2 diff: 4 != 3" in without.stdout or "Differing items" in without.stdout
    shown = [re.sub(r"in [\d.]+s", "", each.stdout) for each in (without, with_hook)]
    assert shown[0] == shown[1]


DOCUMENTED = '''\
"""A module.

>>> [round(float(twice(tf.constant(2.0))), 1) for _ in range(4)]
[4.0, 4.0, 4.0, 4.0]
"""
import tensorflow as tf

def twice(x):
    """
    >>> print(float(twice(tf.constant(3.0))))
    6.0
    >>> twice(None)
    Traceback (most recent call last):
    TypeError: unsupported operand type(s) for *: 'NoneType' and 'int'
    """
    for _ in range(12):
        y = x * 2
    return y
'''


def test_doctest_runs_the_same_examples(project: Project) -> None:
    project.write("documented.py", DOCUMENTED)
    project.write("run.py", "import doctest, documented\nprint(doctest.testmod(documented, verbose=True))\n")
    without, with_hook = both(project, "run.py", hook=("--enable", "documented"))
    assert "TestResults(failed=0, attempted=3)" in without
    assert with_hook == without
