"""A recurrent network, unrolled in Python with its outputs in a list, that learns to add up what it has seen."""

import numpy as np
import tensorflow as tf

STEPS = 600
BATCH = 32
LENGTH = 12
HIDDEN = 24


class Gru(tf.Module):
    def __init__(self, rng, inputs, hidden):
        super().__init__()
        self.hidden = hidden

        def weight(rows, columns):
            return tf.Variable(rng.normal(0, np.sqrt(1 / rows), (rows, columns)), dtype=tf.float32)

        self.update = weight(inputs + hidden, hidden)
        self.reset = weight(inputs + hidden, hidden)
        self.candidate = weight(inputs + hidden, hidden)
        self.readout = weight(hidden, 1)

    def cell(self, x, state):
        both = tf.concat([x, state], axis=1)
        z = tf.sigmoid(both @ self.update)
        r = tf.sigmoid(both @ self.reset)
        new = tf.tanh(tf.concat([x, r * state], axis=1) @ self.candidate)
        return (1 - z) * state + z * new

    def __call__(self, sequence):
        state = tf.zeros([sequence.shape[0], self.hidden])
        outputs = []
        for t in range(sequence.shape[1]):
            state = self.cell(sequence[:, t], state)
            outputs.append(state @ self.readout)
        return tf.stack(outputs, axis=1)


def train_step(model, x, y, rate):
    with tf.GradientTape() as tape:
        predicted = model(x)
        loss = tf.reduce_mean(tf.square(predicted - y))
    gradients = tape.gradient(loss, model.trainable_variables)
    for variable, gradient in zip(model.trainable_variables, gradients):
        variable.assign_sub(rate * tf.clip_by_norm(gradient, 1.0))
    return loss


rng = np.random.default_rng(4)
model = Gru(rng, 2, HIDDEN)
rate = tf.constant(0.3)
for step in range(1, STEPS + 1):
    values = rng.uniform(-1, 1, (BATCH, LENGTH, 1))
    marks = rng.random((BATCH, LENGTH, 1)) < 0.3
    x = tf.constant(np.concatenate([values, marks], axis=2), tf.float32)
    y = tf.constant(np.cumsum(values * marks, axis=1), tf.float32)
    loss = train_step(model, x, y, rate)
    if step % 30 == 0:
        print(f"step {step:3}  loss {loss:.5f}")
