"""programs/main_once.py with the step in a decorated function."""

import numpy as np
import tensorflow as tf


def main():
    steps, batch, users, items, rank = 1600, 256, 300, 200, 8
    rng = np.random.default_rng(9)
    truth = rng.normal(0, 1, (users, 4)) @ rng.normal(0, 1, (4, items))

    user_vectors = tf.Variable(rng.normal(0, 0.3, (users, rank)), dtype=tf.float32)
    item_vectors = tf.Variable(rng.normal(0, 0.3, (items, rank)), dtype=tf.float32)
    user_biases = tf.Variable(tf.zeros([users]))
    item_biases = tf.Variable(tf.zeros([items]))
    parameters = [user_vectors, item_vectors, user_biases, item_biases]
    best = float("inf")
    losses = []

    @tf.function
    def train_step(u, i, ratings, rate):
        with tf.GradientTape() as tape:
            p = tf.gather(user_vectors, u)
            q = tf.gather(item_vectors, i)
            predicted = tf.reduce_sum(p * q, axis=1) + tf.gather(user_biases, u) + tf.gather(item_biases, i)
            error = tf.reduce_mean(tf.square(predicted - ratings))
            penalty = tf.reduce_mean(p * p) + tf.reduce_mean(q * q)
            loss = error + 0.01 * penalty
        gradients = tape.gradient(loss, parameters)
        for parameter, gradient in zip(parameters, gradients):
            parameter.assign_sub(rate * tf.convert_to_tensor(gradient))
        return error

    for step in range(1, steps + 1):
        u = rng.integers(0, users, batch)
        i = rng.integers(0, items, batch)
        ratings = tf.constant(truth[u, i], tf.float32)
        rate = 8.0 / (1.0 + 3.0 * step / steps)
        error = train_step(tf.constant(u), tf.constant(i), ratings, tf.constant(rate))
        losses.append(float(error))
        if step % 80 == 0:
            mean = np.mean(losses)
            losses.clear()
            best = min(best, mean)
            print(f"step {step:4}  error {mean:.4f}  best {best:.4f}")


if __name__ == "__main__":
    main()
