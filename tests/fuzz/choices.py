"""Where a writer's decisions come from: a generator with a seed, so that a program can be made again by its number.

Hypothesis would make many programs out of one by changing a part, and many twice; what shrinks one that fails is known
better from its syntax than from the choices that led to it, see `reduce.py`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Choices:
    def __init__(self, seed: int, number: int) -> None:
        self._random = random.Random(f"{seed} {number}")

    def below(self, count: int) -> int:
        return self._random.randrange(count)

    def pick(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def chance(self, percent: int) -> bool:
        return self.below(100) < percent
