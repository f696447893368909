"""An encoder that learns to sort numbers; its layers are in attention.py."""

import argparse

import numpy as np
import tensorflow as tf
from attention import Encoder


def get_batch(rng, size, length, vocabulary):
    numbers = rng.integers(0, vocabulary, (size, length))
    return tf.constant(numbers), tf.constant(np.sort(numbers, axis=1))


def train_step(model, velocities, x, y, rate):
    with tf.GradientTape() as tape:
        logits = model(x)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    variables = model.trainable_variables
    gradients = tape.gradient(loss, variables)
    for variable, velocity, gradient in zip(variables, velocities, gradients):
        gradient = tf.convert_to_tensor(gradient)
        velocity.assign(0.9 * velocity + gradient)
        variable.assign_sub(rate * velocity)
    right = tf.reduce_mean(tf.cast(tf.argmax(logits, axis=-1) == y, tf.float32))
    return loss, right


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=240)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=0.05)
    options = parser.parse_args()

    rng = np.random.default_rng(10)
    model = Encoder(rng, vocabulary=10, length=8)
    velocities = [tf.Variable(tf.zeros_like(v)) for v in model.trainable_variables]
    for step in range(1, options.steps + 1):
        x, y = get_batch(rng, options.batch, 8, 10)
        loss, right = train_step(model, velocities, x, y, options.rate)
        if step % 12 == 0:
            print(f"step {step:4}  loss {loss.numpy():.4f}  right {100 * right.numpy():.1f} %")


if __name__ == "__main__":
    main()
