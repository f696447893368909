"""What the programs are given. `of` is the module whose classes trees are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def tree(of: Any, random: Any, size: int) -> Any:
    if size == 0:
        return None
    first = int(random.integers(0, size))
    return of.Tree(float(random.normal(1, 0.01)), tree(of, random, first), tree(of, random, size - 1 - first))


def weights(random: Any, **shapes: tuple[int, ...]) -> dict[str, Any]:
    return {name: random.normal(scale=0.1, size=shape) for name, shape in shapes.items()}


def sum_and_product(of: Any, random: Any) -> tuple[Any, ...]:
    return (tree(of, random, 500),)


def tree_network(of: Any, random: Any) -> tuple[Any, ...]:
    return weights(random, L=(32, 32), R=(32, 32), b=(32,), e=(32,)), tree(of, random, 500)


def fib(of: Any, random: Any) -> tuple[Any, ...]:
    return (22,)


def parse(of: Any, random: Any) -> tuple[Any, ...]:
    p = weights(random, W=(64, 100), b=(64,), L=(64, 64), R=(64, 64), c=(64,), v=(64,))
    sentence = [int(word) for word in random.integers(0, 1000, 62)]
    return p, random.normal(size=(1000, 100)), sentence, [0, 0, 1] + [0, 1] * 60


def network(of: Any, random: Any) -> tuple[Any, ...]:
    p = weights(random, U=(32, 32), w=(32,), v=(32,))
    return p, [[float(x) for x in random.normal(size=int(random.integers(5, 60)))] for _ in range(20)]


def newton(of: Any, random: Any) -> tuple[Any, ...]:
    return (random.uniform(1, 1000, 2000),)


def distance(of: Any, random: Any) -> tuple[Any, ...]:
    return random.integers(0, 4, 120), random.integers(0, 4, 130)


def march(of: Any, random: Any) -> tuple[Any, ...]:
    return 40, 30


PROGRAMS: dict[str, Callable[[Any, Any], tuple[Any, ...]]] = {
    one.__name__: one for one in (sum_and_product, tree_network, fib, parse, network, newton, distance, march)
}
