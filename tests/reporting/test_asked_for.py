"""`--report` before the program begins: decisions, seconds and advice are in the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.ready import python

pytest.importorskip("tensorflow")

PROGRAM = """\
import tensorflow as tf

kept = {}

def work(x):
    for _ in range(16):
        x = tf.tanh(x) + 0.1
    return x

def step(x, i):
    x = work(x)
    kept[float(x[0])] = i
    return work(x)

x = tf.ones([8])
for i in range(200):
    x = step(x, i)
"""


def test_a_run_with_a_report_says_where_its_time_went_and_what_to_change(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    done = Project(tmp_path, python()).hooked("--no-cache", "--report=out.json", "program.py")
    assert not done.returncode, done.stderr
    report = json.loads((tmp_path / "out.json").read_text())
    functions = {function["qualname"]: function for function in report["modules"][0]["functions"]}
    step = functions["step"]
    assert step["end"] == 13 and step["status"] == "mixed", step
    assert step["seconds"]["tracing"] > 0 and step["seconds"]["staged"] > 0
    assert functions["work"]["seconds"]["plain"] > 0 and functions["work"]["lines"]
    kinds = {(each["line"], each["construct"]): each["decision"] for each in functions["work"]["statements"]}
    assert kinds[6, "for"] == "python"
    assert [entry["line"] for entry in report["advice"]][:1] == [12]
