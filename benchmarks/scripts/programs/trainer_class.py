"""A regression with Adam written out, in a class that keeps count of what it does."""

import numpy as np
import tensorflow as tf

STEPS = 1200
BATCH = 64


class Layer(tf.Module):
    def __init__(self, rng, inputs, outputs):
        super().__init__()
        self.w = tf.Variable(rng.normal(0, np.sqrt(1 / inputs), (inputs, outputs)), dtype=tf.float32)
        self.b = tf.Variable(tf.zeros([outputs]))

    def __call__(self, x):
        return x @ self.w + self.b


class Network(tf.Module):
    def __init__(self, rng, inputs, width, depth):
        super().__init__()
        self.first = Layer(rng, inputs, width)
        self.hidden = [Layer(rng, width, width) for _ in range(depth)]
        self.last = Layer(rng, width, 1)

    def __call__(self, x):
        x = tf.tanh(self.first(x))
        for layer in self.hidden:
            x = x + tf.tanh(layer(x))
        return tf.squeeze(self.last(x), axis=1)


class Trainer:
    def __init__(self, model, rate=1e-3, decay=0.9, second_decay=0.999, clip=5.0):
        self.model = model
        self.rate = rate
        self.decay = decay
        self.second_decay = second_decay
        self.clip = clip
        self.variables = model.trainable_variables
        self.means = [tf.Variable(tf.zeros_like(v)) for v in self.variables]
        self.squares = [tf.Variable(tf.zeros_like(v)) for v in self.variables]
        self.count = tf.Variable(0.0)
        self.steps = 0
        self.last_loss = None
        self.history = []

    def loss(self, x, y):
        error = self.model(x) - y
        return tf.reduce_mean(error * error)

    def train_step(self, x, y):
        with tf.GradientTape() as tape:
            loss = self.loss(x, y)
        gradients = tape.gradient(loss, self.variables)
        gradients, norm = tf.clip_by_global_norm(gradients, self.clip)
        self.count.assign_add(1.0)
        rate = self.rate * tf.sqrt(1 - self.second_decay**self.count) / (1 - self.decay**self.count)
        for v, m, s, g in zip(self.variables, self.means, self.squares, gradients):
            m.assign(self.decay * m + (1 - self.decay) * g)
            s.assign(self.second_decay * s + (1 - self.second_decay) * g * g)
            v.assign_sub(rate * m / (tf.sqrt(s) + 1e-7))
        self.steps += 1
        self.last_loss = loss
        return loss, norm

    def fit(self, batches):
        for x, y in batches:
            loss, norm = self.train_step(x, y)
            self.history.append(loss)
            if self.steps % 60 == 0:
                mean = tf.reduce_mean(tf.stack(self.history[-60:]))
                print(f"step {self.steps:5}  loss {float(mean):.5f}  gradient norm {float(norm):.4f}")


def batches(rng, truth):
    for _ in range(STEPS):
        x = rng.normal(0, 1, (BATCH, 8)).astype(np.float32)
        y = np.sin(x @ truth).sum(axis=1).astype(np.float32)
        yield tf.constant(x), tf.constant(y)


rng = np.random.default_rng(1)
truth = rng.normal(0, 0.5, (8, 4))
trainer = Trainer(Network(rng, 8, 32, 3))
trainer.fit(batches(rng, truth))
print(f"{trainer.steps} steps, last loss {float(trainer.last_loss):.5f}")
