"""A small recurrent network, in plain Python. No framework is named: what the arrays are decides who computes."""


def squash(x):
    return x / (1.0 + abs(x))


def states(weights, inputs, h, upwards):
    """The last state; the states that pointed upwards on the way are added to `upwards`."""
    for x in inputs:
        h = squash(weights["across"] @ h + weights["inwards"] @ x)
        if h[0, 0] > 0.0:
            upwards = upwards + 1
        else:
            h = h * 0.5
    return h, upwards


def settle(weights, x, h, rounds):
    """Feed one input again and again until the state stays where it is; the rounds are added to `rounds`."""
    change = abs(h[0, 0]) + 1.0
    while change > 1e-6:
        following = squash(weights["across"] @ h + weights["inwards"] @ x)
        difference = abs(following - h)
        change = difference[0, 0] + difference[1, 0] + difference[2, 0]
        h = following
        rounds = rounds + 1
    return h, rounds
