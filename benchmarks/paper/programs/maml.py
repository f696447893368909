"""Model-agnostic meta-learning of sine waves: gradients through a gradient step."""

# autograph: enable

import tensorflow as tf


def network(weights, x):
    *hidden, (last, bias) = zip(weights[::2], weights[1::2])
    for kernel, shift in hidden:
        x = tf.nn.relu(x @ kernel + shift)
    return x @ last + bias


def error(weights, x, y):
    return tf.reduce_mean((network(weights, x) - y) ** 2)


def adapted(weights, x, y, rate):
    """The weights after one gradient step on a task."""
    with tf.GradientTape() as tape:
        tape.watch(weights)
        loss = error(weights, x, y)
    return [weight - rate * gradient for weight, gradient in zip(weights, tape.gradient(loss, weights))]


def meta_train(variables, dataset, inner_rate, outer_rate):
    """One step for each batch of tasks in the dataset; the loss of the last one and the sum of all."""
    total = tf.constant(0.0)
    last = tf.constant(0.0)
    for train_x, train_y, test_x, test_y in dataset:
        with tf.GradientTape() as tape:
            weights = [tf.convert_to_tensor(variable) for variable in variables]
            last = tf.constant(0.0)
            for x, y, new_x, new_y in zip(train_x, train_y, test_x, test_y):
                last += error(adapted(weights, x, y, inner_rate), new_x, new_y)
        for variable, gradient in zip(variables, tape.gradient(last, variables)):
            variable.assign_sub(outer_rate * gradient)
        total += last
    return last, total
