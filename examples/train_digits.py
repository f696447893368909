"""Handwritten digits, eager TensorFlow.

A small multi-layer perceptron learns scikit-learn's digits (1,797 images of 8 by 8) with momentum, clipped
gradients, and layers whose spectral norm is held below a bound.

    python train_digits.py
    python -m autograph_hook train_digits.py

Results go to standard output, the speed of each epoch to standard error.
"""

import sys
import time

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

EPOCHS = 10
BATCH = 32
RATE = 0.05
MOMENTUM = 0.9
DECAY = 1e-4
LIMIT = 1.0
BOUND = 3.0


class Dense:
    def __init__(self, random, inputs, outputs):
        scale = np.sqrt(2.0 / inputs)
        self.kernel = tf.Variable(random.normal(0.0, scale, (inputs, outputs)), dtype=tf.float32)
        self.bias = tf.Variable(tf.zeros([outputs]))

    def __call__(self, x):
        return x @ self.kernel + self.bias


class Model:
    """Three hidden layers with skip connections, and the momentum of every parameter."""

    def __init__(self, random, width=48):
        self.first = Dense(random, 64, width)
        self.hidden = [Dense(random, width, width), Dense(random, width, width)]
        self.last = Dense(random, width, 10)
        self.layers = [self.first, *self.hidden, self.last]
        self.parameters = [p for layer in self.layers for p in (layer.kernel, layer.bias)]
        self.velocities = [tf.Variable(tf.zeros_like(p)) for p in self.parameters]

    def __call__(self, x):
        x = tf.nn.relu(self.first(x))
        for layer in self.hidden:
            x = x + tf.nn.relu(layer(x))
        return self.last(x)


def loss_of(model, x, y):
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=model(x))
    penalty = tf.add_n([tf.reduce_sum(layer.kernel * layer.kernel) for layer in model.layers])
    return tf.reduce_mean(losses) + DECAY * penalty


def spectral_norm(matrix, tolerance=1e-3):
    """The largest singular value, by power iteration."""
    direction = tf.ones([matrix.shape[1], 1])
    norm = tf.constant(0.0)
    change = tf.constant(1.0)
    while change > tolerance * norm:
        image = matrix @ direction
        image = image / tf.norm(image)
        direction = tf.matmul(matrix, image, transpose_a=True)
        previous = norm
        norm = tf.norm(direction)
        direction = direction / norm
        change = tf.abs(norm - previous)
    return norm


def train_step(model, x, y):
    with tf.GradientTape() as tape:
        loss = loss_of(model, x, y)
    gradients = tape.gradient(loss, model.parameters)

    norm = tf.sqrt(tf.add_n([tf.reduce_sum(g * g) for g in gradients]))
    if norm > LIMIT:
        gradients = [g * (LIMIT / norm) for g in gradients]

    for parameter, velocity, gradient in zip(model.parameters, model.velocities, gradients, strict=True):
        velocity.assign(MOMENTUM * velocity - RATE * gradient)
        parameter.assign_add(velocity)

    for layer in model.layers:
        largest = spectral_norm(layer.kernel)
        if largest > BOUND:
            layer.kernel.assign(layer.kernel * (BOUND / largest))
    return loss, norm


def evaluate(model, x, y):
    hits = tf.argmax(model(x), axis=1, output_type=tf.int32) == y
    return tf.reduce_mean(tf.cast(hits, tf.float32))


def main():
    random = np.random.default_rng(0)
    images, labels = load_digits(return_X_y=True)
    order = random.permutation(len(images))
    images = (images[order] / 16.0).astype(np.float32)
    labels = labels[order].astype(np.int32)
    train_x, train_y = images[:1500], labels[:1500]
    test_x, test_y = tf.constant(images[1500:]), tf.constant(labels[1500:])

    model = Model(random)
    for epoch in range(1, EPOCHS + 1):
        order = random.permutation(len(train_x))
        start = time.perf_counter()
        losses = []
        norms = []
        for i in range(0, len(order) - BATCH + 1, BATCH):
            batch = order[i : i + BATCH]
            loss, norm = train_step(model, tf.constant(train_x[batch]), tf.constant(train_y[batch]))
            losses.append(float(loss))
            norms.append(float(norm))
        seconds = time.perf_counter() - start

        accuracy = float(evaluate(model, test_x, test_y))
        print(
            f"epoch {epoch:2}  loss {np.mean(losses):.4f}  gradient norm {np.mean(norms):.4f}"
            f"  test accuracy {accuracy:.4f}"
        )
        print(f"epoch {epoch:2}  {len(losses) / seconds:.1f} steps per second", file=sys.stderr)


if __name__ == "__main__":
    main()
