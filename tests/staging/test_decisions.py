"""When a function is staged: by counts, the outermost first, and only where it pays."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import tensorflow as tf

from autograph_hook.runtime.summary import modules
from autograph_hook.staging import known, specialization

from .programs import Program

X = tf.constant([1.0, -2.0, 3.0])


@pytest.mark.parametrize("warm_up", [0, 1, 2, 5])
def test_the_number_of_plain_calls_is_the_one_that_is_set(warm_up: int) -> None:
    program = Program("def f(x): return pad(x)", warm_up=warm_up)
    program.calls(9, lambda m: m.f(X))
    program.assert_staged("f", calls=9 - max(1, warm_up))


def test_counts_are_the_same_in_every_run() -> None:
    counts = []
    for _ in range(2):
        program = Program("def g(x): return pad(x)\ndef f(x): return g(x) * 2", warm_up="auto")
        for i in range(120):
            program.hooked.f(tf.ones([1 + i % 3]))
        counts.append([
            (staging.calls, staging.calls_plain, staging.calls_staged, len(staging.specializations))
            for staging in map(program.staging, ("f", "g", "pad"))
        ])
    assert counts[0] == counts[1]
    assert counts[0][0][2] > 0


def test_a_function_with_few_operations_is_plain() -> None:
    program = Program("def f(x): return x + 1")
    program.calls(4, lambda m: m.f(X))
    program.assert_plain("f", "too few operations to gain")


def test_a_function_whose_guards_keep_missing_is_plain() -> None:
    program = Program("def f(x, name): return pad(x) * len(name)")
    for n in range(known.MOST_SPECIALIZATIONS + 4):
        program.both(lambda m, n=n: m.f(X, "a" * n))
    staging = program.staging("f")
    assert staging.reason is not None
    assert staging.reason.startswith("more than 8 kinds of calls: name was 'a")
    assert staging.calls == staging.calls_plain + staging.calls_staged


def test_the_outermost_function_is_staged() -> None:
    program = Program("def g(x): return pad(x)\ndef f(x): return g(x) * 2")
    program.calls(5, lambda m: m.f(X))
    program.assert_staged("f")
    assert program.staging("g").calls_staged == 0
    assert program.staging("pad").calls_staged == 0


def test_an_inner_function_is_staged_when_the_outer_cannot_be() -> None:
    program = Program("""
        log = []
        def g(x): return pad(x)
        def f(x):
            log.append(id(x) > 0)
            return g(x) * 2
        def main(x):
            for _ in range(30): y = f(x)
            return y
    """)
    program.calls(3, lambda m: m.main(X))
    program.assert_plain("f", "calls id")
    program.assert_staged("g")
    program.both(lambda m: len(m.log))


def test_a_main_that_is_called_once_keeps_nothing_waiting() -> None:
    program = Program("""
        def step(x): return pad(x)
        def main(x):
            for _ in range(30): y = step(x)
            return float(y[0])
    """)
    program.calls(1, lambda m: m.main(X))
    program.assert_staged("step")


def test_a_function_that_calls_itself() -> None:
    program = Program("""
        def f(x, n):
            if n == 0: return pad(x)
            return f(x * 2, n - 1) + 1
    """)
    for n in (2, 2, 2, 0, 3, 2):
        program.both(lambda m, n=n: m.f(X, n))
    assert program.staging("f").reason is None


LAZY = """
    class Model:
        def __init__(self, value): self.value, self.built = value, set()
        def build(self):
            if "w" not in self.built:
                self.w = tf.Variable(self.value)
                self.built.add("w")
        def step(self, x):
            self.build()
            self.w.assign_add(tf.reduce_sum(pad(x)))
            return self.w * 2.0
    def f(model, x): return model.step(x)
"""


@pytest.mark.parametrize("keeps", [False, True])
def test_objects_that_come_and_go_are_staged_one_after_the_other(keeps: bool) -> None:
    program = Program(LAZY, warm_up="auto")
    kept = []
    for number in range(3 * known.MOST_SPECIALIZATIONS):
        models = [module.Model(float(number)) for module in (program.plain, program.hooked)]
        for _ in range(4 * known.CALLS_THAT_PAY):
            outcomes = [module.f(model, X) for module, model in zip((program.plain, program.hooked), models, strict=True)]
            assert outcomes[0].numpy() == outcomes[1].numpy()
        kept += models if keeps and number % 2 else []
    staging = program.staging("f")
    assert staging.reason is None, staging.reason
    assert staging.calls_staged > 0.9 * (staging.calls_staged + staging.calls_plain)


def test_the_first_call_with_another_object_runs_as_it_is_written() -> None:
    program = Program(LAZY, warm_up="auto")
    for number in range(4):
        model = program.hooked.Model(float(number))
        for call in range(40):
            staged = program.staging("f").calls_staged
            program.hooked.f(model, X)
            assert call or program.staging("f").calls_staged == staged
    assert program.staging("f").refusals == 0


def test_kinds_of_calls_are_tried_again_when_those_that_are_staged_have_earned_it() -> None:
    program = Program("""
        def f(x, name):
            if name: id(x)
            return pad(x)
    """)
    program.calls(2, lambda m: m.f(X, ""))
    for name in "abcd"[: known.MOST_REFUSALS]:
        program.both(lambda m, name=name: m.f(X, name))
    staging = program.staging("f")
    assert staging.refuses_others(known.MOST_REFUSALS)
    for _ in range(known.CALLS_FOR_ANOTHER):
        program.hooked.f(X, "")
    assert not staging.refuses_others(known.MOST_REFUSALS)
    program.both(lambda m: m.f(X, "e"))
    assert staging.refuses_others(known.MOST_REFUSALS)
    program.assert_staged("f", specializations=1)


def test_in_mode_traced_nothing_is_staged() -> None:
    program = Program("def f(x): return pad(x)", mode="traced")
    program.calls(5, lambda m: m.f(X))
    assert program.staging("f").calls_staged == 0


def test_inside_a_trace_of_the_user_the_twin_runs() -> None:
    program = Program("def f(x):\n    if x[0] > 0: return pad(x)\n    return x * 2")
    program.calls(4, lambda m: m.f(X))
    staged = program.staging("f").calls_staged
    function = tf.function(program.hooked.f, autograph=False)
    for x in (X, -X):
        assert function(x).numpy().tolist() == program.plain.f(x).numpy().tolist()
    assert program.staging("f").calls_staged == staged
    program.calls(1, lambda m: m.f(X))


def test_functions_run_eagerly_when_the_user_says_so() -> None:
    program = Program("def f(x): return pad(x)")
    tf.config.run_functions_eagerly(True)
    try:
        program.calls(4, lambda m: m.f(X))
        assert program.staging("f").calls_staged == 0
    finally:
        tf.config.run_functions_eagerly(False)
    program.calls(2, lambda m: m.f(X))
    program.assert_staged("f")
    tf.config.run_functions_eagerly(True)
    try:
        before = program.staging("f").calls_staged
        program.calls(2, lambda m: m.f(X))
        assert program.staging("f").calls_staged == before
    finally:
        tf.config.run_functions_eagerly(False)


def test_under_a_distribution_strategy_functions_are_plain() -> None:
    program = Program("def f(x): return pad(x)")
    with tf.distribute.OneDeviceStrategy("CPU:0").scope():
        program.calls(4, lambda m: m.f(X))
    assert program.staging("f").calls_staged == 0


def test_device_scopes_have_specializations_of_their_own() -> None:
    program = Program("def f(x): return pad(x)")
    program.calls(3, lambda m: m.f(X))

    def on_device(m: Any) -> Any:
        with tf.device("CPU:0"):
            return m.f(X)

    program.calls(3, on_device)
    program.assert_staged("f", specializations=2)


def test_while_operations_are_watched_functions_are_plain() -> None:
    program = Program("def f(x):\n    x = pad(x)\n    return tf.math.log(x - 1.0)")
    program.calls(3, lambda m: m.f(X + 9))
    tf.debugging.enable_check_numerics()
    try:
        program.calls(2, lambda m: m.f(X))
    finally:
        tf.debugging.disable_check_numerics()


def test_under_a_tracer_functions_are_plain() -> None:
    program = Program("def f(x):\n    y = pad(x)\n    return y")
    lines: list[int] = []

    def tracer(frame: Any, event: str, argument: Any) -> Any:
        if event == "line" and frame.f_code.co_name == "f":
            lines.append(frame.f_lineno)
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        for _ in range(4):
            program.hooked.f(X)
    finally:
        sys.settrace(before)
    assert program.staging("f").calls_staged == 0
    assert len(lines) == 8


def test_a_mistake_of_ours_leaves_the_function_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(specialization, "Trace", broken)
    program = Program("def f(x): return pad(x)")
    program.calls(3, lambda m: m.f(X))
    program.assert_plain("f", "staging failed with ZeroDivisionError: ours")


def test_what_the_user_declares_safe_is_called() -> None:
    source = "import textwrap\ndef f(x): return pad(x), textwrap.dedent('  a')"
    program = Program(source, trace_safe=("textwrap.dedent",))
    program.calls(4, lambda m: m.f(X))
    program.assert_staged("f")


SCRIPT = """
    # An ordinary script: two functions, a loop, prints.
    import tensorflow as tf

    class Model(tf.Module):
        def __init__(self):
            self.w = tf.Variable(tf.ones([4, 1]))
            self.b = tf.Variable(tf.zeros([1]))
            self.steps = 0

        def __call__(self, x):
            return x @ self.w + self.b

    def step(model, x, y, rate=0.1):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(x) - y) ** 2)
        gradients = list(tape.gradient(loss, model.trainable_variables))
        norm = tf.linalg.global_norm(gradients)
        if norm > 1.0:
            gradients = [g / norm for g in gradients]
        for v, g in zip(model.trainable_variables, gradients):
            v.assign_sub(rate * g)
        return loss

    def main():
        model = Model()
        for i in range(150):
            model.steps += 1
            x = tf.reshape(tf.range(32, dtype=tf.float32), [8, 4]) / 32.0 + i % 3
            loss = step(model, x, tf.reduce_sum(x, axis=1, keepdims=True), 0.1 if i < 100 else 0.05)
            if i % 30 == 0:
                print(i, loss.numpy(), model.b.numpy(), flush=True)
        print(model.steps, [v.numpy().tolist() for v in model.trainable_variables])

    main()
"""


def test_a_script_prints_the_same_and_is_staged(project: Any) -> None:
    project.write("train.py", SCRIPT)
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3"}
    plain = project.python("train.py", env=quiet)
    hooked = project.hooked("--report=report.json", "train.py", env=quiet)
    assert (plain.returncode, hooked.returncode) == (0, 0), hooked.stderr
    assert hooked.stdout == plain.stdout
    import json

    report = json.loads((project.path / "report.json").read_text())
    functions = {f["qualname"]: f for module in report["modules"] for f in module["functions"]}
    assert functions["step"]["status"] == "staged", functions["step"]


def test_the_report_says_that_staged_calls_failed_and_keeps_a_plain_function_plain() -> None:
    program = Program(
        "def f(x, i): return pad(x) * tf.gather(x, i)\n"
        "def inner(x): return pad(x)\n"
        "def outer(x):\n  inner(x)\n  id(x)\n  return x\n"
    )
    bad = tf.constant([99])
    for _ in range(4):
        program.both(lambda m: m.f(X, bad))
    program.calls(4, lambda m: m.outer(X))
    (described,) = [module for module in modules() if module["file"] == program.path]
    found = {function["qualname"]: function for function in described["functions"]}
    assert "staged calls failed" in found["f"]["reason"] and found["f"]["status"] == "plain"
    assert "calls id" in found["outer"]["reason"] and found["outer"]["status"] == "plain"
