"""A Keras model in a training loop of one's own, with metrics."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

EPOCHS = 8
BATCH = 32

keras.utils.set_random_seed(8)

inputs = keras.Input(shape=(20,), name="features")
x = keras.layers.Dense(32, activation="relu", name="dense_1")(inputs)
x = keras.layers.LayerNormalization(name="norm")(x)
x = keras.layers.Dense(32, activation="relu", name="dense_2")(x)
outputs = keras.layers.Dense(5, name="predictions")(x)
model = keras.Model(inputs=inputs, outputs=outputs)

optimizer = keras.optimizers.Adam(learning_rate=1e-3)
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
train_loss = keras.metrics.Mean()
train_accuracy = keras.metrics.SparseCategoricalAccuracy()
val_accuracy = keras.metrics.SparseCategoricalAccuracy()

rng = np.random.default_rng(8)
features = rng.normal(0, 1, (1920, 20)).astype("float32")
labels = np.argmax(np.tanh(features @ rng.normal(0, 1, (20, 10))) @ rng.normal(0, 1, (10, 5)), axis=1)
train_dataset = tf.data.Dataset.from_tensor_slices((features[:1600], labels[:1600]))
train_dataset = train_dataset.shuffle(1600, seed=8).batch(BATCH)
val_dataset = tf.data.Dataset.from_tensor_slices((features[1600:], labels[1600:])).batch(BATCH)


def train_step(x, y):
    with tf.GradientTape() as tape:
        logits = model(x, training=True)
        loss_value = loss_fn(y, logits)
    grads = tape.gradient(loss_value, model.trainable_weights)
    optimizer.apply_gradients(zip(grads, model.trainable_weights))
    train_loss.update_state(loss_value)
    train_accuracy.update_state(y, logits)
    return loss_value


def test_step(x, y):
    val_logits = model(x, training=False)
    val_accuracy.update_state(y, val_logits)


for epoch in range(EPOCHS):
    for step, (x_batch_train, y_batch_train) in enumerate(train_dataset):
        loss_value = train_step(x_batch_train, y_batch_train)
        if step == 25:
            print(f"Training loss (for one batch) at step {step}: {float(loss_value):.4f}")
    for x_batch_val, y_batch_val in val_dataset:
        test_step(x_batch_val, y_batch_val)
    print(
        f"Epoch {epoch + 1}: loss {float(train_loss.result()):.4f}"
        f"  accuracy {float(train_accuracy.result()):.4f}  validation {float(val_accuracy.result()):.4f}"
    )
    train_loss.reset_state()
    train_accuracy.reset_state()
    val_accuracy.reset_state()
