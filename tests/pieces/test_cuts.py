"""Which statements become Python, and how few traces it takes to find that out."""

from __future__ import annotations

import pytest

pytest.importorskip("tensorflow")

from autograph_hook.runtime.gate import Module
from autograph_hook.runtime.mixed import MixedFunction
from autograph_hook.staging.pieces import Part
from tests.pieces.scripts import same_script, staged_runs
from tests.pieces.test_programs import START

LOOP = """
history, step = [], 0
def items():
    yield from data * {times}
for x in items():
    step += 1
    with tf.GradientTape() as tape:
        loss = loss_of(x)
    g = tape.gradient(loss, w)
    w.assign_sub(0.1 * g)
    {then}
    b.assign_add(tf.ones([3]) * 0.001 + tf.sin(tf.reduce_sum(g)) * 0.01)
    {last}
print([round(float(x), 4) for x in w.numpy().ravel()])
"""


def run(then: str = "pass", last: str = "pass", times: int = 12) -> list[Part]:
    """The parts of the loop's body, when the script has ended."""
    module = same_script(START + LOOP.format(then=then, last=last, times=times))
    return parts_of(module)


def parts_of(module: Module) -> list[Part]:
    groups = [parts for gate in module.gates if isinstance(gate.mixed, MixedFunction) for parts in gate.mixed.parts]
    return list(max(groups, key=lambda parts: parts.runs).parts)


def traces(part: Part) -> int:
    return sum(staging.traces for _, staging in part.variants.values())


def reasons(parts: list[Part]) -> list[str | None]:
    return [part.reason for part in parts]


def test_what_is_printed_now_and_then_takes_no_trace() -> None:
    parts = run(last="if step % 7 == 0: print(step, loss.numpy())")
    assert reasons(parts) == [None, "prints now and then"]
    assert traces(parts[0]) == 1
    assert parts[0].staged_runs() > 60


def test_a_number_that_changed_while_warming_up_is_no_fact_of_the_first_trace() -> None:
    parts = run(then="w.assign_add(tf.ones([4, 3]) * (0.001 * step))")
    assert [traces(part) for part in parts] == [1]


def test_a_statement_that_reads_what_grows_becomes_python() -> None:
    parts = run(then="recent = sum(float(h) for h in history[-3:]); history.append(loss)", times=30)
    assert any("history was" in (reason or "") for reason in reasons(parts))
    assert all(traces(part) <= 2 and part.staged_runs() > 120 for part in parts if part.reason is None)


def test_a_branch_that_no_graph_takes_costs_two_traces_not_the_whole_step() -> None:
    parts = run(then="if step % 10 == 0: history.append(np.median(loss.numpy()))", times=20)
    assert any("numpy.median" in (reason or "") for reason in reasons(parts))
    assert max(part.staged_runs() for part in parts) > 60


def test_a_piece_without_tensors_is_left_alone() -> None:
    module = same_script(
        START
        + """
total, words = 0.0, []
for k in range(200):
    total = total + 0.5 * k
    words.append(str(k))
print(total, float(loss_of(data[0])))
"""
    )
    parts = parts_of(module)
    assert reasons(parts) == ["meets no tensor"]
    assert not any(map(traces, parts))


def test_the_body_of_an_inner_loop_waits_while_the_step_around_it_is_a_graph() -> None:
    module = same_script(
        START
        + """
for k, x in enumerate(data * 40):
    with tf.GradientTape() as tape:
        loss = loss_of(x)
    for v, g in zip([w, b], tape.gradient(loss, [w, b])):
        v.assign_sub(0.1 * tf.sin(g) + 0.01 * tf.cos(g) * g)
    if k % 50 == 49:
        print(np.median(loss.numpy()))
"""
    )
    groups = [parts for gate in module.gates if isinstance(gate.mixed, MixedFunction) for parts in gate.mixed.parts]
    inner = [part for parts in groups if parts.group.loop is not None and parts.runs < 240 for part in parts.parts]
    assert inner
    assert not any(map(traces, inner))


def test_a_function_that_is_refused_for_a_name_is_a_graph_beside_it() -> None:
    module = same_script("""
        import collections
        w = tf.Variable(tf.ones([4, 4]))
        kept = collections.deque([1.0], maxlen=3)
        def add(queue, n):
            queue.append(n)
        def step(x):
            add(kept, 2.0)
            y = x
            for _ in (1, 2, 3, 4): y = tf.tanh(y @ w) + tf.sin(y) * 0.5
            w.assign_sub(tf.reduce_mean(y) * 0.01 * w)
            return tf.reduce_sum(y)
        for i in range(40):
            last = float(step(tf.ones([4, 4]) * i))
        print(last, list(kept))
    """)
    assert any(runs > 10 for runs in staged_runs(module).values())
