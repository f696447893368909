"""What keeps a program that calls many functions a few times as quick, and as right, as it is without the hook."""

from __future__ import annotations

import ast
import sys
import types
from typing import Any

import pytest

pytest.importorskip("tensorflow")

from autograph_hook.backends.registry import registry
from autograph_hook.runtime import entry, recursion
from autograph_hook.staging import candidates, pieces
from autograph_hook.staging.known import CALLS_THAT_PAY, CALLS_WORTH_KEEPING, Staging
from autograph_hook.transpiler.gates import insert_gates
from autograph_hook.transpiler.mixed import mix
from autograph_hook.transpiler.pieces import Mixed
from benchmarks.suites import Outcome, differences, table
from benchmarks.suites.libraries import LIBRARIES
from benchmarks.suites.outcomes import of_file, worst_files
from tests.pieces.scripts import same_script
from tests.staging.programs import Program
from tests.twins.both import enabled
from tests.twins.graphs import tf


def passed_over(staging: Staging) -> int:
    """Calls until the next trace."""
    count = 0
    while staging.rests():
        count += 1
    return count


def test_each_trace_that_has_not_paid_makes_the_next_one_wait_longer() -> None:
    staging = Staging()
    waits = []
    for traces in range(4):
        staging.traces = traces
        waits.append(passed_over(staging))
    assert waits == [0, 1, 3, 7]


def test_traces_that_have_paid_keep_no_other_waiting() -> None:
    staging = Staging()
    staging.traces, staging.calls_staged = 3, 3 * CALLS_THAT_PAY
    assert passed_over(staging) == 0


def test_objects_in_use_for_a_few_calls_each_are_not_traced_one_by_one() -> None:
    program = Program(
        """
        class Scale:
            def __init__(self, by): self.by = by
            def __call__(self, x): return pad(x * self.by)
        def use(scale, x):
            for _ in range(3): y = scale(x)
            return y
        """,
        warm_up="auto",
    )
    for number in range(40):
        program.both(lambda m, number=number: m.use(m.Scale(tf.constant(float(number))), tf.constant([1.0, 2.0])))
    assert program.staging("Scale.__call__").traces <= 6


def test_the_gate_of_a_function_of_which_nothing_can_become_a_graph_shuts() -> None:
    module = same_script("""
        def f(x):
            import math
            return x
        kept = [f(tf.constant(1.0)) for _ in range(8)]
    """)
    assert [len(gate) for gate in module.gates if gate.function[0] == "f"] == [0]


def parts_of(source: str, by_counts: bool = True) -> pieces.Parts:
    tree = ast.parse(source)
    mixed = mix(tree, insert_gates(tree)[0], "short.py")
    return pieces.Parts(mixed, mixed.groups[0], by_counts)


def given_up() -> Staging:
    staging = Staging()
    staging.give_up("calls what nobody knows")
    return staging


def test_no_piece_is_made_of_statements_that_run_a_few_times_only(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    piece = Mixed.piece

    def counted(self: Mixed, *arguments: Any) -> Any:
        made.append(arguments)
        return piece(self, *arguments)

    monkeypatch.setattr(Mixed, "piece", counted)
    loop = """
        kept = []
        for step in range({}):
            x = tf.sin(tf.constant(float(step)))
            kept.append(float(x * x + tf.cos(x)))
    """
    same_script(loop.format(pieces.UNLOOKED), warm_up="auto")
    assert not made
    same_script(loop.format(pieces.UNLOOKED + 1), warm_up="auto")
    assert made


def test_statements_whose_traces_are_thrown_away_wait_longer_for_each_further_one() -> None:
    parts = parts_of("def f(x):\n" + "".join(f"    x = g{i}(x)\n" for i in range(12)))
    waits = []
    for _ in range(pieces.FREE + 9):
        part = next(part for part in parts.parts if part.reason is None)
        parts.gave_up(part, given_up())
        before = parts.runs
        while parts.rests():
            parts.runs += 1
        waits.append(parts.runs - before)
    assert waits == [*[0] * pieces.FREE, 2, 4, 8, 16, 32, *[pieces.LONGEST_REST] * 4]


def test_a_warm_up_that_is_set_knows_no_other_wait() -> None:
    parts = parts_of("def f(x):\n" + "".join(f"    x = g{i}(x)\n" for i in range(12)), by_counts=False)
    for _ in range(pieces.FREE + 3):
        parts.gave_up(next(part for part in parts.parts if part.reason is None), given_up())
        assert not parts.rests()


def test_graphs_that_ran_a_few_times_only_are_not_remembered_for_the_next_run() -> None:
    staging = Staging()
    staging.traces, staging.specializations = 2, [None]  # type: ignore[list-item]
    staging.calls_staged = 2 * CALLS_WORTH_KEEPING - 1
    assert not staging.is_worth_keeping()
    staging.calls_staged += 1
    assert staging.is_worth_keeping()


def test_a_branch_that_never_runs_does_not_keep_the_others_in_pieces() -> None:
    module = same_script("""
        def f(x, rare):
            import math
            if rare:
                import os
                for k in range(3):
                    x = x + math.sin(k)
            return x
        kept = [f(tf.constant(1.0), False) for _ in range(80)]
    """)
    assert [len(gate) for gate in module.gates if gate.function[0] == "f"] == [0]


def test_statements_that_are_left_behind_an_ended_trace_without_a_tensor_are_python_in_the_end() -> None:
    module = same_script("""
        notes = open("/dev/null", "w")
        def f(x, n):
            import math
            notes.write(str(x.shape))
            a = n + 1
            b = [a, a * 2]
            return len(b)
        kept = [f(tf.constant(1.0), 3) for _ in range(200)]
        notes.close()
        del notes
    """)
    assert [len(gate) for gate in module.gates if gate.function[0] == "f"] == [0]


def test_an_object_whose_class_was_copied_with_its_dictionary_is_no_obstacle() -> None:
    class Original:
        pass

    copied = type("Copied", (), dict(vars(Original)))  # as TensorFlow does it to see whether a result is used
    assert candidates._attributes(copied()) == []


LISTS = """
import helper
def f(x):
    return helper.collected([x, x + 1.0])
"""

HELPER = """
def collected(items):
    found = []
    for item in items:
        found.append(item)
    return found
"""


def test_code_that_is_not_enabled_keeps_its_lists_in_the_graph_of_a_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    path = tmp_path / "helper.py"
    path.write_text(HELPER)
    helper = types.ModuleType("helper")
    exec(compile(HELPER, str(path), "exec"), vars(helper))
    monkeypatch.setitem(sys.modules, "helper", helper)
    entry.start()
    module = enabled(LISTS)
    found = tf.function(module.f)(tf.constant(1.0))
    assert [float(value) for value in found] == [1.0, 2.0]


def test_the_backends_in_use_are_looked_up_once_all_are_there() -> None:
    assert registry.in_use() is registry.in_use()


def test_what_is_looked_for_in_a_whole_stack_is_found_by_identity() -> None:
    codes = recursion._graphs()
    assert codes
    assert all(number == id(code) for number, (code, _) in codes.items())


def test_tests_that_end_otherwise_are_named_with_both_outcomes() -> None:
    plain = Outcome({"a": ["passed"], "b": ["passed"], "c": ["passed", "failed"]})
    hook = Outcome({"a": ["passed"], "b": ["failed"], "d": ["skipped"]}, status=-11)
    assert differences(plain, hook) == {
        "(exit status)": ("0", "-11"), "b": ("passed", "failed"), "c": ("passed failed", "missing"),
        "d": ("missing", "skipped"),
    }  # fmt: skip
    assert plain.counts == {"passed": 3, "failed": 1}


def test_files_are_told_by_the_time_that_they_lose() -> None:
    plain = of_file({"a.py::one": 1.0, "a.py::two": 1.0, "b.py::one": 4.0, "c.py::one": 1.0})
    hook = of_file({"a.py::one": 2.0, "a.py::two": 1.0, "b.py::one": 8.0, "c.py::one": 1.05})
    assert plain == {"a.py": 2.0, "b.py": 4.0, "c.py": 1.0}
    assert list(worst_files(plain, hook, 1.1).items()) == [("b.py", (4.0, 8.0)), ("a.py", (2.0, 3.0))]


def test_files_are_given_to_the_suite_that_has_them() -> None:
    assert LIBRARIES["sonnet"].has("sonnet/src/linear_test.py")
    assert LIBRARIES["tf_agents"].has("tf_agents/utils/common_test.py::SomeTest::test_it")
    assert LIBRARIES["gpflow"].has("tests/gpflow/test_base.py")
    assert not LIBRARIES["gpflow"].has("tf_agents/utils/common_test.py")


def test_the_table_of_suites_is_markdown() -> None:
    assert table([("suite", "ratio"), ("sonnet", "0.88")]) == "| suite | ratio |\n|---|---|\n| sonnet | 0.88 |"
