"""Inside a staged branch or loop of a speculative trace, nothing from before it is changed behind Python's back."""

from __future__ import annotations

import pytest

from tests.conftest import Project

pytest.importorskip("tensorflow")

PROGRAM = """
    import tensorflow as tf

    class Mark:
        def __init__(self):
            self.n = 0

        def set(self):
            self.n = 1
            return 3

    def heavy(x):
        for _ in range(20):
            x = x * 1.01 + 0.1
        return x

    def appends(x):
        r = [0]
        if tf.reduce_sum(x) > 0:
            r.append(1)
        return heavy(x), len(r)

    def extends(x):
        r = [0]
        if tf.reduce_sum(x) > 0:
            r += [1]
        return heavy(x), len(r)

    def calls(x):
        m = Mark()
        if tf.reduce_sum(x) > 0:
            m.set()
        return heavy(x), m.n

    def repeats(x):
        d = {}
        for i in tf.range(3):
            d.setdefault("a", []).append(1)
        return heavy(x), len(d["a"])

    def chooses(x):
        m = Mark()
        z = m.set() if tf.reduce_sum(x) > 0 else 2
        return heavy(x), m.n + z

    def takes(x):
        it = iter([1, 2, 3])
        if tf.reduce_sum(x) > 0:
            next(it)
        return heavy(x), next(it)

    def builds(x):
        r = [1]
        r.append(2)
        if tf.reduce_sum(x) > 0:
            s = [3]
            s.append(4)
            x = x + s[1]
        return heavy(x), len(r)

    for function in (appends, extends, calls, repeats, chooses, takes, builds):
        for i in range(30):
            results = [function(tf.constant([v, v])) for v in (1.0, -1.0)]
        print(function.__name__, [int(r[1]) for r in results], [float(r[0][0]) for r in results])
"""


def test_staged_functions_change_their_own_objects_as_the_eager_run_does(project: Project) -> None:
    project.write("program.py", PROGRAM)
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3"}
    eager = project.python("program.py", env=quiet)
    staged = project.hooked("--report=report.txt", "program.py", env=quiet)
    assert (staged.returncode, staged.stdout) == (0, eager.stdout), staged.stderr
    report = (project.path / "report.txt").read_text()
    lines = {line.split()[3]: line for line in report.splitlines() if " line " in line}
    for name in ("appends", "extends", "calls", "repeats", "chooses", "takes"):
        assert lines[name].split()[0] != "staged", lines[name]
    assert lines["builds"].split()[0] == "staged", lines["builds"]
