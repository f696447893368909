"""Objects of a function that runs in pieces live as long as in the plain run, with Python's collector off."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

pytest.importorskip("tensorflow")

from autograph_hook.runtime.gate import Module
from autograph_hook.runtime.mixed import MixedFunction
from tests.pieces.scripts import same_script

START = """
gone = []
class Big:
    def __init__(self, name): self.name = name
    def __del__(self): gone.append(self.name)
data = [tf.ones([4]) * k for k in range(12)]
def loss_of(x): return tf.reduce_sum(tf.sin(x) * tf.cos(x) + tf.exp(x) * tf.tanh(x) - tf.sqrt(x + 1.0))
"""

PROGRAMS = {
    "a name of the function": """
def run(k, data):
    big = Big(k)
    for x in data:
        total = loss_of(x)
        print(end="")
    return total
for k in range(4): print(float(run(k, data)), gone)
""",
    "an object that is replaced and one that is deleted": """
def run(k, data):
    first, second = Big((k, 1)), Big((k, 2))
    for x in data:
        total = loss_of(x)
        first = Big((k, 3))
        print(len(gone), end=" ")
    del second
    print(gone[-1])
    return total
for k in range(3): run(k, data), print(gone)
""",
    "an exception that leaves the function": """
def run(k, data):
    big = Big(k)
    for i, x in enumerate(data):
        total = loss_of(x)
        if i == 9: raise ValueError(k)
    return total
for k in range(4):
    try: run(k, data)
    except ValueError as error: print(error, gone)
    print(gone)
""",
    "a function that outlives the call and uses its names": """
def run(k, data):
    big, total = Big(k), tf.constant(0.0)
    for x in data:
        total = total + loss_of(x)
        print(end="")
    def later(): return big.name, float(total)
    return later
kept = [run(k, data) for k in range(3)]
print(gone, [later() for later in kept])
del kept[1]
print(gone)
""",
    "a generator expression that is used up later": """
def run(k, data):
    big = Big(k)
    for x in data:
        total = loss_of(x)
        print(end="")
    return ((big.name, float(x[0])) for x in data)
for k in range(3):
    rest = run(k, data)
    print(next(rest), next(rest), gone)
    print(len(list(rest)), gone)
    del rest
    print(gone)
""",
    "calls inside each other": """
def run(k, data):
    big = Big(k)
    for x in data:
        total = loss_of(x)
        if k and x[0] == 3.0: run(k - 1, data); print(gone)
    return total
for k in range(3): run(k, data), print(gone)
""",
}


@pytest.fixture(autouse=True)
def _without_the_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("name", PROGRAMS)
def test_objects_go_when_they_go_in_the_plain_run(name: str) -> None:
    module = same_script(START + PROGRAMS[name])
    assert _ran_in_pieces(module)


def _ran_in_pieces(module: Module) -> bool:
    return any(isinstance(gate.mixed, MixedFunction) and gate.function[0] == "run" for gate in module.gates)
