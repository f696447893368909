"""verify: the plain run stands beside the first staged calls, and the first difference is named."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import pytest

tf = pytest.importorskip("tensorflow")

from autograph_hook.errors import VerificationError  # noqa: E402
from autograph_hook.runtime import beside  # noqa: E402
from autograph_hook.staging import outermost  # noqa: E402
from tests.conftest import Project  # noqa: E402
from tests.staging.programs import Program  # noqa: E402
from tests.tools.programs import QUIET  # noqa: E402

MODEL = """
class Model:
    def __init__(self):
        self.weight = tf.Variable(1.0, name="weight")
        self.steps = 0
        self.seen = []

    def step(self, x):
        self.steps += 1
        x = pad(x) * self.weight
        self.weight.assign_add(tf.reduce_sum(x))
        self.seen.append(tf.reduce_sum(x))
        print("sum", tf.reduce_sum(x))
        return {"x": x, "noise": tf.random.normal([2])}

model = Model()

def step():
    return model.step(tf.constant([1.0, 2.0, 3.0]))
"""


def verified(source: str, calls: int = 1, **options: Any) -> Program:
    tf.random.set_seed(4)
    return Program(source, verify=calls, **options)


def test_a_staged_call_that_does_what_the_plain_run_does_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    program = Program(MODEL, verify=2)
    found = []
    for module in (program.plain, program.hooked):
        tf.random.set_seed(4)
        results = [module.step() for _ in range(4)]
        model = module.model
        values = [each.numpy().tolist() for result in results for each in result.values()]
        seen = [each.numpy() for each in model.seen]
        found.append((values, model.steps, seen, model.weight.numpy(), capsys.readouterr().out))
    assert found[0] == found[1]
    program.assert_staged("step", calls=3)


def test_only_the_first_calls_of_a_specialization_run_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[Any] = []
    original = beside.Function.plain
    monkeypatch.setattr(beside.Function, "plain", lambda self: runs.append(self) or original(self))
    program = Program("def f(x):\n    return pad(x)\n", verify=2)
    for _ in range(6):
        program.hooked.f(tf.ones(2))
    program.hooked.f(tf.ones(3))
    assert len(runs) == 3


class Wrong:
    """A graph that does something else besides."""

    def __init__(self, compiled: Any, wrong: Callable[[list[Any]], None]) -> None:
        self.compiled = compiled
        self.wrong = wrong

    def __getattr__(self, name: str) -> Any:
        return getattr(self.compiled, name)

    def __call__(self, inputs: list[Any], *more: Any) -> list[Any]:
        outputs = list(self.compiled(inputs, *more))
        self.wrong(outputs)
        return outputs


def message(
    monkeypatch: pytest.MonkeyPatch, wrong: Callable[[list[Any], types.ModuleType], None], source: str = MODEL,
    **options: Any,
) -> str:
    """What is said of a specialization whose graph is wrong."""
    program = verified(source, **options)
    manner = outermost._SPECULATIVE

    def specialize(*arguments: Any) -> Any:
        made = manner.specialize(*arguments)
        made.compiled = Wrong(made.compiled, lambda outputs: wrong(outputs, program.hooked))
        return made

    monkeypatch.setattr(outermost, "_SPECULATIVE", manner._replace(specialize=specialize))
    program.hooked.step()
    with pytest.raises(VerificationError) as caught:
        program.hooked.step()
    text = str(caught.value)
    assert text.startswith(program.path)
    return text.removeprefix(program.path).partition(". What runs staged")[0]


def test_a_value_is_named_with_its_element_and_how_far_it_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(outputs: list[Any], module: types.ModuleType) -> None:
        i = next(i for i, output in enumerate(outputs) if output.shape == (3,))
        outputs[i] = outputs[i] + tf.constant([0.0, 0.25, 0.0])

    text = message(monkeypatch, wrong)
    assert text.endswith(
        "step returns element 1 of ['x']: 14.0 plain, 14.25 staged (1 of 3 elements differ, by 0.25 at most)"
    )


def test_last_bits_count(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(outputs: list[Any], module: types.ModuleType) -> None:
        i = next(i for i, output in enumerate(outputs) if output.shape == (3,))
        outputs[i] = outputs[i] * (1 + 1e-7)

    assert "3 of 3 elements differ, by 1.91e-06 at most" in message(monkeypatch, wrong)


def test_for_xla_last_bits_may_differ_and_the_message_says_by_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "def step():\n    return pad(tf.constant([1.0, 2.0]))\n"
    program = verified(source, jit_compile=True)
    program.calls(3, lambda module: module.step())
    program.assert_staged("step")

    def wrong(outputs: list[Any], module: types.ModuleType) -> None:
        outputs[0] = outputs[0] * 1.01

    text = message(monkeypatch, wrong, source, jit_compile=True)
    assert text.endswith("by 0.02 at most). For jit_compile a difference of 0.0001 is allowed")


def test_a_dtype_is_no_detail(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(outputs: list[Any], module: types.ModuleType) -> None:
        i = next(i for i, output in enumerate(outputs) if output.shape == (3,))
        outputs[i] = tf.cast(outputs[i], tf.float64)

    assert message(monkeypatch, wrong).endswith("returns ['x']: float32 plain, float64 staged")


def test_a_variable_is_named_and_holds_what_the_plain_run_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    held = []

    def wrong(outputs: list[Any], module: types.ModuleType) -> None:
        module.model.weight.assign_add(0.5)
        held.append(module.model.weight)

    assert message(monkeypatch, wrong).endswith("leaves model.weight: 49.0 plain, 49.5 staged (by 0.5)")
    assert held[0].numpy() == 49.0


def test_a_variable_that_only_the_graph_reaches_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    other = tf.Variable(1.0, name="elsewhere")
    text = message(monkeypatch, lambda outputs, module: other.assign(2.0))
    assert text.endswith("leaves variable 'elsewhere': 1.0 plain, 2.0 staged (by 1)")
    assert other.numpy() == 1.0


def test_a_store_that_is_done_otherwise_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(outputs: list[Any], module: types.ModuleType) -> None:
        module.model.seen.append("more")

    assert message(monkeypatch, wrong).endswith("leaves model.seen: 2 elements plain, 3 elements staged")


def test_what_is_printed_is_compared(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def wrong(outputs: list[Any], module: types.ModuleType) -> None:
        for i, output in enumerate(outputs):
            if output.shape == ():
                outputs[i] = output + 1

    source = "def step():\n    print('sum', tf.reduce_sum(pad(tf.ones(2))))\n"
    text = message(monkeypatch, wrong, source)
    assert "step prints line 1: 'sum tf.Tensor(2.0, shape=(), dtype=float32)' plain, 'sum tf.Tensor(3.0" in text
    assert "3.0" not in capsys.readouterr().out


def test_random_numbers_that_are_drawn_otherwise_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    text = message(monkeypatch, lambda outputs, module: tf.random.normal([2]))
    assert text.endswith("leaves the stream of random numbers elsewhere staged than plain")


def test_a_graph_that_changes_something_before_it_fails_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(outputs: list[Any], module: types.ModuleType) -> None:
        module.model.weight.assign(70.0)
        raise ValueError

    assert message(monkeypatch, wrong).endswith("changes model.weight before it raises ValueError staged")


def test_an_exception_that_only_the_plain_run_raises_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(outputs: list[Any], module: types.ModuleType) -> None:
        monkeypatch.setattr(tf, "tanh", lambda x: 1 / 0)

    source = "def step():\n    x = tf.constant(2.0)\n    return tf.tanh(pad(x))\n"
    assert message(monkeypatch, wrong, source).endswith("raises ZeroDivisionError plain (division by zero), returns staged")


def test_a_call_that_raises_in_both_raises_what_the_plain_run_raises() -> None:
    program = verified("def f(x, i):\n    return pad(x) + tf.gather(x, i)\n")
    program.calls(3, lambda module: module.f(tf.ones(2), tf.constant(1)))
    program.both(lambda module: module.f(tf.ones(2), tf.constant(5)))


def test_tensors_that_operations_print_are_printed_once(capfd: pytest.CaptureFixture[str]) -> None:
    program = verified("def f(x):\n    tf.print('now', x)\n    return pad(x)\n")
    for _ in range(3):
        program.hooked.f(tf.constant(3))
    assert capfd.readouterr().err.count("now 3") == 3
    program.assert_staged("f")


SCRIPT = """\
import tensorflow as tf
weight = tf.Variable(1.0)
total, losses = 0.0, []
for i in range(90):
    x = tf.fill([3], 0.5)
    for _ in range(12):
        x = tf.sin(tf.tanh(x * weight)) + 0.1
    loss = tf.reduce_sum(x)
    weight.assign_sub(loss * 0.01)
    losses.append(loss)
    total = total + loss
print(total.numpy(), len(losses), weight.numpy())
"""


def test_pieces_of_a_script_are_verified_too(project: Project) -> None:
    project.write("script.py", SCRIPT)
    found = [project.python("script.py", env=QUIET), project.hooked("-v", "--verify=3", "script.py", env=QUIET)]
    assert [each.returncode for each in found] == [0, 0], found[1].stderr
    assert found[0].stdout == found[1].stdout
    assert "staged, specialization 1" in found[1].stderr
