"""Enabled code under distribution strategies runs unchanged, with the results that it has without us."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from .processes import begin, end

PROGRAM = """
import os, sys, tensorflow as tf
kind = os.environ["KIND"]
if kind == "mirrored":
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
elif kind == "one device":
    strategy = tf.distribute.OneDeviceStrategy("CPU:0")
else:
    strategy = tf.distribute.MultiWorkerMirroredStrategy()

with strategy.scope():
    w = tf.Variable([[1.0], [-1.0], [0.5]])
    seen = tf.Variable(0.0, aggregation=tf.VariableAggregation.SUM)

def loss_of(x, y):
    p = tf.matmul(x, w)
    for i in range(3):
        if tf.reduce_sum(p) > 5.0:
            p = p / 2.0
        else:
            p = p + 0.1 * i
    return tf.reduce_sum((p - y) ** 2) / 8.0

def replica_step(x, y):
    with tf.GradientTape() as tape:
        loss = loss_of(x, y)
    gradient = tape.gradient(loss, w)
    context = tf.distribute.get_replica_context()
    gradient = context.all_reduce("sum", gradient)
    w.assign_sub(0.1 * gradient)
    return loss

@tf.function
def step(x, y):
    losses = strategy.run(replica_step, args=(x, y))
    return strategy.reduce("sum", losses, axis=None)

x = tf.reshape(tf.range(24.0), (8, 3)) / 24.0
y = tf.reduce_sum(x, axis=1, keepdims=True)
data = strategy.experimental_distribute_dataset(tf.data.Dataset.from_tensor_slices((x, y)).batch(8).repeat(5))
found = []
for batch in data:
    found.append(round(float(step(*batch)), 5))
for _ in range(12):
    value = loss_of(x, y)
if kind != "workers":
    for _ in range(12):
        found.append(round(float(strategy.reduce("sum", strategy.run(replica_step, args=(x, y)), axis=None)), 5))
print(found, round(float(value), 4))
"""


@pytest.mark.parametrize("kind", ["mirrored", "one device"])
def test_a_strategy(kind: str, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(PROGRAM)
    plain, hooked = begin(tmp_path / "train.py", KIND=kind), begin(tmp_path / "train.py", True, KIND=kind)
    assert end(hooked) == end(plain)


def _workers(path: Path, hooked: bool) -> list[str]:
    sockets = [socket.socket() for _ in range(2)]
    for each in sockets:
        each.bind(("localhost", 0))
    cluster = {"worker": [f"localhost:{each.getsockname()[1]}" for each in sockets]}
    for each in sockets:
        each.close()
    configurations = [json.dumps({"cluster": cluster, "task": {"type": "worker", "index": i}}) for i in range(2)]
    processes = [begin(path, hooked, KIND="workers", TF_CONFIG=configuration) for configuration in configurations]
    return [end(process) for process in processes]


def test_two_workers_over_grpc(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(PROGRAM)
    assert _workers(tmp_path / "train.py", True) == _workers(tmp_path / "train.py", False)
