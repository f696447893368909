"""Logistic regressions with crossed features, each fitted by L-BFGS."""

import numpy as np
import tensorflow as tf

PROBLEMS = 24
MEMORY = 6
MOST = 24


def loss_function(features, labels, penalty):
    def loss(weights):
        logits = tf.linalg.matvec(features, weights)
        cross = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
        return tf.reduce_mean(cross) + penalty * tf.reduce_sum(weights * weights)

    return loss


def value_and_gradient(features, labels, penalty, weights):
    with tf.GradientTape() as tape:
        tape.watch(weights)
        value = loss_function(features, labels, penalty)(weights)
    return value, tape.gradient(value, weights)


def direction(gradient, steps, changes):
    """The two-loop recursion."""
    q = gradient
    alphas = []
    for s, y in zip(reversed(steps), reversed(changes)):
        rho = 1.0 / tf.tensordot(y, s, 1)
        alpha = rho * tf.tensordot(s, q, 1)
        q = q - alpha * y
        alphas.append((alpha, rho))
    if steps:
        s, y = steps[-1], changes[-1]
        q = q * (tf.tensordot(s, y, 1) / tf.tensordot(y, y, 1))
    for (alpha, rho), s, y in zip(reversed(alphas), steps, changes):
        beta = rho * tf.tensordot(y, q, 1)
        q = q + s * (alpha - beta)
    return -q


def line_search(features, labels, penalty, weights, value, gradient, towards):
    """Halve the step until the value has fallen enough."""
    loss = loss_function(features, labels, penalty)
    slope = tf.tensordot(gradient, towards, 1)
    size = tf.constant(1.0)
    while loss(weights + size * towards) > value + 1e-4 * size * slope and size > 1e-6:
        size = size * 0.5
    return size


def minimize(features, labels, penalty):
    weights = tf.zeros([features.shape[1]])
    value, gradient = value_and_gradient(features, labels, penalty, weights)
    steps, changes = [], []
    iteration = 0
    while iteration < MOST and tf.norm(gradient) > 1e-4:
        towards = direction(gradient, steps, changes)
        size = line_search(features, labels, penalty, weights, value, gradient, towards)
        new_weights = weights + size * towards
        new_value, new_gradient = value_and_gradient(features, labels, penalty, new_weights)
        s, y = new_weights - weights, new_gradient - gradient
        if tf.tensordot(s, y, 1) > 1e-10:
            steps.append(s)
            changes.append(y)
            if len(steps) > MEMORY:
                steps.pop(0)
                changes.pop(0)
        weights, value, gradient = new_weights, new_value, new_gradient
        iteration += 1
    return weights, value, iteration


rng = np.random.default_rng(6)
done = 0
for problem in range(1, PROBLEMS + 1):
    points = rng.normal(0, 1, (200, 6))
    crossed = np.concatenate([points, points[:, :, None].repeat(6, 2).reshape(200, -1) * points.repeat(6, 1)], axis=1)
    truth = rng.normal(0, 1, crossed.shape[1])
    labels = rng.random(200) < 1 / (1 + np.exp(-crossed @ truth))
    features = tf.constant(crossed, tf.float32)
    weights, value, iterations = minimize(features, tf.constant(labels, tf.float32), 1e-3)
    done += iterations
    print(f"problem {problem:2}  loss {float(value):.5f}  norm {float(tf.norm(weights)):.3f}  iterations {done}")
