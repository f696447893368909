"""examples/script_loop.py with the step in a decorated function."""

import numpy as np
import tensorflow as tf

EPOCHS = 20
BATCH = 32
RATE = 0.1
MOMENTUM = 0.9

rng = np.random.default_rng(0)
angle = rng.uniform(0.5, 3.0, 3200) * np.pi
label = rng.integers(0, 2, 3200)
turned = angle + label * np.pi
points = np.stack([angle * np.cos(turned), angle * np.sin(turned)], axis=1) / 9.0
points += rng.normal(0, 0.02, points.shape)

dataset = tf.data.Dataset.from_tensor_slices((points.astype(np.float32), label.astype(np.int32)))
dataset = dataset.batch(BATCH, drop_remainder=True)

sizes = [2, 32, 32, 32, 2]
weights = []
for rows, columns in zip(sizes, sizes[1:]):
    weights.append(tf.Variable(rng.normal(0, np.sqrt(2 / rows), (rows, columns)), dtype=tf.float32))
    weights.append(tf.Variable(tf.zeros([columns])))
velocities = [tf.Variable(tf.zeros_like(weight)) for weight in weights]


@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        h = x
        for i in range(0, len(weights) - 2, 2):
            h = tf.nn.relu(h @ weights[i] + weights[i + 1])
        logits = h @ weights[-2] + weights[-1]
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    gradients = tape.gradient(loss, weights)
    for weight, velocity, gradient in zip(weights, velocities, gradients):
        velocity.assign(MOMENTUM * velocity - RATE * gradient)
        weight.assign_add(velocity)
    return loss, logits


step = 0
for epoch in range(EPOCHS):
    for x, y in dataset:
        loss, logits = train_step(x, y)
        step += 1
        if step % 100 == 0:
            hits = tf.cast(tf.argmax(logits, axis=1, output_type=tf.int32) == y, tf.float32)
            print(f"step {step:4}  loss {loss.numpy():.4f}  accuracy {tf.reduce_mean(hits).numpy():.3f}")
