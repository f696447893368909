"""What a run has learnt is used by the next, and never decides what a program does."""

from __future__ import annotations

import textwrap
import types
from typing import Any

import pytest

pytest.importorskip("tensorflow")

from autograph_hook.runtime import memory
from autograph_hook.runtime.attach import attach
from autograph_hook.runtime.gate import MODULES, Module
from autograph_hook.settings import ModuleOptions
from autograph_hook.transpiler import transform
from tests.pieces.scripts import HEAD, staged_runs

SCRIPT = """
w = tf.Variable(tf.ones([4, 3]) * 0.1)
data = [tf.reshape(tf.range(8.0), (2, 4)) * (0.01 * k) for k in range(40)]
def step(x):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.nn.tanh(x @ w) ** 2) + tf.reduce_sum(w * w) * 0.01
    w.assign_sub(0.1 * tape.gradient(loss, w))
    return loss
notes = open("/dev/null", "w")
losses = []
for k, x in enumerate(data):
    loss = step(x) + tf.reduce_sum(tf.sin(x) * tf.cos(x))
    notes.write(str(k))
    norm = tf.norm(w) + tf.reduce_mean(tf.exp(x) * tf.tanh(x)) + tf.reduce_sum(x * x)
    losses.append((loss.numpy().item(), norm.numpy().item()))
notes.close()
"""


class Kept:
    """A memory that is kept here."""

    def __init__(self) -> None:
        self.content: Any = None

    def read(self) -> Any:
        return self.content

    def write(self, content: Any) -> bool:
        self.content = content
        return True


def run(kept: Any, source: str = SCRIPT, warm_up: Any = "auto") -> tuple[Module, dict[str, Any]]:
    """Run the script with a memory, and end the program."""
    text = (HEAD + textwrap.dedent(source)).encode()
    path = f"<remembered {id(kept)} {len(MODULES)}>"
    module = types.ModuleType("script")
    options = ModuleOptions(mode="auto", warm_up=warm_up)
    payload = transform(text, path).payload()
    code = attach(payload, "__main__", path, options, lambda: (text, frozenset()), kept)
    exec(code, vars(module))
    record = next(m for m in (r() for r in reversed(MODULES)) if m is not None and m.path == path)
    memory._keep()
    memory._learning.pop(record, None)
    return record, vars(module)


def staged(module: Module) -> int:
    return sum(staged_runs(module).values())


def test_the_next_run_begins_with_the_pieces_that_were_learnt() -> None:
    kept = Kept()
    first, names = run(kept)
    second, again = run(kept)
    assert staged(second) == 2 * 39 > staged(first)
    assert _close(again["losses"], names["losses"])


def _close(one: list[Any], other: list[Any]) -> bool:
    return all(a == pytest.approx(b, rel=2e-6) for a, b in zip(one, other, strict=True))


def test_two_runs_with_the_same_memory_decide_the_same() -> None:
    kept = Kept()
    run(kept)
    content = kept.content
    runs = []
    for _ in range(2):
        kept.content = content
        runs.append(sorted(staged_runs(run(kept)[0]).items()))
    assert runs[0] == runs[1]


def of_all(whole: str, parts: tuple[Any, ...]) -> dict[int, Any]:
    """Functions that are all as a whole so, and whose groups have these parts."""
    return dict.fromkeys(range(9), ((whole,), dict.fromkeys(range(9), parts)))


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: None,
        lambda content: (),
        lambda content: "nonsense",
        lambda content: (99, *content[1:]),
        lambda content: (*content[:4], {0: None, 1: ("a", {0: ((5, 2, None, True),)}), 2: (("staged",), 3)}),
        lambda content: (*content[:4], of_all("staged", ((0, 99, None, True),))),
        lambda content: (*content[:4], of_all("staged", ((0, 1, None, True), (1, 4, None, True)))),
        lambda content: (*content[:4], dict.fromkeys(range(9), (("plain", "as it says", None, None, False), None))),
    ],
)  # fmt: skip
def test_a_memory_that_is_wrong_changes_no_result(damage: Any) -> None:
    kept = Kept()
    _, names = run(kept)
    kept.content = damage(kept.content)
    _, again = run(kept)
    assert _close(again["losses"], names["losses"])


def test_what_was_learnt_before_a_neighbour_changed_is_learnt_anew() -> None:
    kept = Kept()
    first, _ = run(kept)
    form, around, options, _, functions = kept.content
    kept.content = form, around, options, (("/dev/null", 1, 1),), functions
    second, _ = run(kept)
    assert staged(second) == staged(first)


def test_a_warm_up_that_is_set_is_kept_to() -> None:
    kept = Kept()
    run(kept)
    module, _ = run(kept, warm_up=30)
    assert staged(module) <= 2 * 10


def test_a_memory_that_cannot_be_written_is_no_failure() -> None:
    class Broken(Kept):
        def write(self, content: Any) -> bool:
            raise OSError("no space left")

    run(Broken())
