"""Programs in a form that TensorFlow's AutoGraph can convert, where it cannot convert the plain one.

Of dynamic_rnn that form, with a TensorArray in place of a list, is in `benchmarks/cases/imperative.py`.
"""

import tensorflow as tf

from benchmarks.paper.programs.maml import adapted, error


def train(model, dataset, steps, rate):
    """A name must have a value before the loop."""
    variables = [model.weights, model.bias]
    step = tf.constant(0)
    total = tf.constant(0.0)
    loss = tf.constant(0.0)
    for images, labels in dataset:
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, model(images))
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, variables)
        for variable, gradient in zip(variables, gradients):
            variable.assign_sub(rate * gradient)
        total += loss
        step += 1
        if step == steps:
            break
    return loss, total / tf.cast(step, tf.float32)


def meta_train(variables, dataset, inner_rate, outer_rate):
    """Tensors cannot be zipped."""
    total = tf.constant(0.0)
    last = tf.constant(0.0)
    for train_x, train_y, test_x, test_y in dataset:
        with tf.GradientTape() as tape:
            weights = [tf.convert_to_tensor(variable) for variable in variables]
            last = tf.constant(0.0)
            for i in tf.range(tf.shape(train_x)[0]):
                last += error(adapted(weights, train_x[i], train_y[i], inner_rate), test_x[i], test_y[i])
        for variable, gradient in zip(variables, tape.gradient(last, variables)):
            variable.assign_sub(outer_rate * gradient)
        total += last
    return last, total


def translate(model, source, target, state, teacher_forcing):
    """A list cannot be appended to."""
    for tokens in tf.transpose(source):
        state = model.encoder(tf.gather(model.embedding, tokens), state)
    target = tf.transpose(target)
    tokens = target[0]
    outputs = tf.TensorArray(
        tf.float32, tf.shape(target)[0] - 1, element_shape=[state.shape[0], model.output.shape[1]]
    )
    i = 0
    for following in target[1:]:
        state = model.decoder(tf.gather(model.embedding, tokens), state)
        logits = state @ model.output
        outputs = outputs.write(i, logits)
        i += 1  # noqa: SIM113
        if teacher_forcing:
            tokens = following
        else:
            tokens = tf.argmax(logits, axis=1, output_type=tokens.dtype)
    return tf.transpose(outputs.stack(), [1, 0, 2])
