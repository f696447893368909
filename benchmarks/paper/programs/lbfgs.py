"""L-BFGS with a backtracking line search."""

# autograph: enable

import tensorflow as tf


def rosenbrock(x):
    return tf.reduce_sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def value_and_gradient(function, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = function(x)
    return value, tape.gradient(value, x)


def dot(one, other):
    return tf.reduce_sum(one * other)


def minimize(function, x, memory, tolerance, limit):
    """The lowest point found, its value and the number of steps."""
    value, gradient = value_and_gradient(function, x)
    # The last steps and changes of the gradient, and their inverse products: zero while there is none.
    steps = [tf.zeros_like(x)] * memory
    changes = [tf.zeros_like(x)] * memory
    inverses = [tf.zeros_like(value)] * memory
    scale = tf.ones_like(value)
    count = tf.constant(0)
    while count < limit:
        if tf.norm(gradient) < tolerance:
            break
        direction = -inverse_hessian_times(gradient, steps, changes, inverses, scale)
        size = line_search(function, x, value, gradient, direction)
        step = size * direction
        x = x + step
        previous = gradient
        value, gradient = value_and_gradient(function, x)
        change = gradient - previous
        curvature = dot(step, change)
        if curvature > 1e-10:
            steps = [*steps[1:], step]
            changes = [*changes[1:], change]
            inverses = [*inverses[1:], 1.0 / curvature]
            scale = curvature / dot(change, change)
        count += 1
    return x, value, count


def inverse_hessian_times(gradient, steps, changes, inverses, scale):
    """The two-loop recursion."""
    direction = gradient
    factors = []
    for step, change, inverse in zip(reversed(steps), reversed(changes), reversed(inverses)):
        factor = inverse * dot(step, direction)
        direction = direction - factor * change
        factors.append(factor)
    direction = scale * direction
    for step, change, inverse in zip(steps, changes, inverses):
        factor = factors.pop()
        direction = direction + step * (factor - inverse * dot(change, direction))
    return direction


def line_search(function, x, value, gradient, direction):
    """The first of 1, 1/2, 1/4, ... with which the function falls enough."""
    slope = 1e-4 * dot(gradient, direction)
    size = tf.ones_like(value)
    while function(x + size * direction) > value + size * slope:
        size *= 0.5
        if size < 1e-8:
            break
    return size
