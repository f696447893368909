# autograph: enable backend=tensorflow recursion=true
"""The programs that TensorFlow's operations can express, in the same words."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def fib(n: Any) -> Any:
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def newton(numbers: Any) -> tuple[Any, Any]:
    x = numbers * 0.5 + 1.0
    steps = tf.constant(0)
    change = tf.constant(1.0, tf.float64)
    while change > 1e-12:
        following = (2.0 * x + numbers / (x * x)) / 3.0
        change = tf.reduce_max(tf.abs(following - x))
        x = following
        steps += 1
    return x, steps


def network(p: dict[str, Any], values: Any, lengths: Any) -> Any:
    """The sequences one after the other, padded."""
    total = tf.constant(0.0, tf.float64)
    for k in tf.range(tf.shape(values)[0]):
        h = tf.zeros([32], tf.float64)
        for i in tf.range(lengths[k]):
            h = tf.tanh(tf.linalg.matvec(p["U"], h) + p["w"] * values[k, i])
        total += tf.reduce_sum(h * p["v"])
    return total
