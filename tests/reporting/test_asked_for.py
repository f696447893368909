"""`--report` before the program begins: decisions, seconds and advice are in the file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("tensorflow")
ROOT = Path(__file__).parents[2]

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
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "autograph_hook", "--no-cache", "--report=out.json", "program.py"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=300)
    report = json.loads((tmp_path / "out.json").read_text())
    functions = {function["qualname"]: function for function in report["modules"][0]["functions"]}
    step = functions["step"]
    assert step["end"] == 13 and step["status"] == "mixed", step
    assert step["seconds"]["tracing"] > 0 and step["seconds"]["staged"] > 0
    assert functions["work"]["seconds"]["plain"] > 0 and functions["work"]["lines"]
    kinds = {(each["line"], each["construct"]): each["decision"] for each in functions["work"]["statements"]}
    assert kinds[6, "for"] == "python"
    assert [entry["line"] for entry in report["advice"]][:1] == [12]
