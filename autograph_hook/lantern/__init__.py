"""Gradients and training with the Lantern backend.

    value_and_grad(f), grad(f)      the gradient of an enabled function, as compiled code
    sgd(f), momentum(f), adagrad(f), adam(f)      a step of training, in place

`f` is a function of an enabled module that returns one float. It is traced and compiled at the first call for each kind
of arguments.

    >>> import numpy as np
    >>> from autograph_hook import lantern
    >>> def loss(w, x, y): ...          # in a module with the marker `# autograph: enable backend=lantern`
    >>> step = lantern.sgd(loss, learning_rate=0.1)                                       # doctest: +SKIP
    >>> step(w, x, y)                   # returns the loss, and w is changed              # doctest: +SKIP
"""

from __future__ import annotations

from autograph_hook.lantern.gradients import grad, value_and_grad
from autograph_hook.lantern.training import Optimizer, adagrad, adam, momentum, sgd

__all__ = ["Optimizer", "adagrad", "adam", "grad", "momentum", "sgd", "value_and_grad"]
