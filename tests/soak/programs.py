"""The modules that are called: a steady one, one that is changed and loaded again, and new ones without end."""

from __future__ import annotations

STAGED = '''# autograph: enable
import tensorflow as tf

FACTOR = {factor}
weights = tf.Variable(tf.eye(4) * 0.5)


class State:
    def __init__(self, rate):
        self.rate = rate
        self.calls = 0


state = State(1.0)


def layer(x):
    for _ in range(3):
        x = tf.tanh(x @ weights) * 0.5 + x
    return tf.reduce_sum(x) * FACTOR


def shapes(x):
    return layer(x)


def numbers(x, n):
    return layer(x) * n


def texts(x, name):
    return layer(x) * len(name)


def make(n):
    def closure(x):
        return layer(x) * n
    return closure


def objects(x, given):
    given.calls += 1
    return layer(x) * given.rate


def guarded(x):
    return layer(x) * state.rate


def branched(x):
    y = layer(x)
    if y > 0:
        y = y * 2.0
    else:
        y = y * 3.0
    for k in tf.range(3):
        y = y + tf.cast(k, tf.float32)
    return y


def checked(x, limit):
    y = layer(x)
    if limit is None:
        raise ValueError("no limit")
    tf.debugging.assert_less(tf.abs(y), limit)
    return y
'''

BROKEN = "# autograph: enable\nimport tensorflow as tf\n\n\ndef f(x):\n    return x\n\n\nf(tf.constant(1.0))[7]\n"
"""Fails while it is imported."""
