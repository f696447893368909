"""Planets that pull at each other: arithmetic on floats in loops."""

import math


def make():
    return [
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 39.478],
        [4.841, -1.160, -0.104, 0.606, 2.812, -0.025, 0.0377],
        [8.343, 4.125, -0.404, -1.011, 1.826, 0.0084, 0.0113],
        [12.894, -15.111, -0.223, 1.083, 0.868, -0.011, 0.0017],
        [15.380, -25.919, 0.179, 0.979, 0.594, -0.035, 0.0020],
    ]


def advance(bodies, dt):
    for i, a in enumerate(bodies):
        for b in bodies[i + 1 :]:
            dx, dy, dz = a[0] - b[0], a[1] - b[1], a[2] - b[2]
            squared = dx * dx + dy * dy + dz * dz
            pull = dt / (squared * math.sqrt(squared))
            for axis, d in ((3, dx), (4, dy), (5, dz)):
                a[axis] -= d * b[6] * pull
                b[axis] += d * a[6] * pull
    for body in bodies:
        body[0] += dt * body[3]
        body[1] += dt * body[4]
        body[2] += dt * body[5]


def energy(bodies):
    total = 0.0
    for i, a in enumerate(bodies):
        total += 0.5 * a[6] * (a[3] ** 2 + a[4] ** 2 + a[5] ** 2)
        for b in bodies[i + 1 :]:
            total -= a[6] * b[6] / math.dist(a[:3], b[:3])
    return total


def run():
    bodies = make()
    for _ in range(1500):
        advance(bodies, 0.01)
    return energy(bodies)
