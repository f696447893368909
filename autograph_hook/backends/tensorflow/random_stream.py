"""The stream of operation seeds that eager random operations draw from after `tf.random.set_seed`.

Each eager draw takes the next number of a generator that TensorFlow's context keeps. It is a seed: with the global
seed it is key and counter of Philox, from which the operation makes its numbers. A graph that draws is given the seeds
that its draws would have taken, and takes them off the stream only if the call succeeds.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections import deque
from typing import Any

import numpy as np

from autograph_hook.backends.tensorflow import private

_LARGEST = 2**31 - 1


class Stream:
    """The context's generator, and numbers of it that were taken too early: they come first."""

    __slots__ = ("_lock", "generator", "waiting")

    def __init__(self, generator: Any) -> None:
        self.generator = generator
        self.waiting: deque[int] = deque()
        self._lock = allocate_lock()

    def randint(self, low: int, high: int) -> int:
        """What an eager draw takes."""
        try:
            return self.waiting.popleft()
        except IndexError:
            return self.generator.randint(low, high)  # type: ignore[no-any-return]

    def take(self, count: int) -> list[int]:
        with self._lock:
            return [self.randint(0, _LARGEST) for _ in range(count)]

    def put_back(self, numbers: list[int]) -> None:
        """These come next, in this order."""
        with self._lock:
            self.waiting.extendleft(reversed(numbers))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.generator, name)


def current() -> Stream:
    """The stream that eager draws take from now. `set_seed` begins another."""
    generator = private.seed_generator()
    if type(generator) is Stream:
        return generator
    stream = Stream(generator)
    private.set_seed_generator(stream)
    return stream


def seeds(numbers: list[int]) -> np.ndarray[Any, Any]:
    """Key and counters as the operations use them: the key, and for each number a counter of two words."""
    key = int(private.global_seed()) % _LARGEST
    found = np.zeros(1 + 2 * len(numbers), np.uint64)
    found[0] = key
    found[2::2] = _truncated(key, numbers)
    return found


def scrambled(numbers: list[int]) -> np.ndarray[Any, Any]:
    """The same for operations that first scramble the two words that they are given as a seed."""
    key = int(private.global_seed()) % _LARGEST
    return np.array([_unscrambled(key, number) for number in _truncated(key, numbers)], np.uint64).view(np.int64)


def _truncated(key: int, numbers: list[int]) -> list[int]:
    """To zero and zero, which would stand for no seed, TensorFlow gives another number."""
    return [number % _LARGEST or (0 if key else _LARGEST) for number in numbers]


_WORD = 2**32 - 1
_FIRST, _SECOND = 0xD2511F53, 0xCD9E8D57
_FIRST_INVERSE, _SECOND_INVERSE = pow(_FIRST, -1, 2**32), pow(_SECOND, -1, 2**32)
_KEY = (0x3EC8F720, 0x02461E29)
_STEP = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10


def _unscrambled(key: int, counter: int) -> tuple[int, int]:
    """The seed of a stateless operation that leads to this key and this upper half of the counter.

    Such an operation runs its seed as the counter of Philox under a fixed key. For a fixed key Philox is a bijection:
    each round multiplies two words by odd numbers and mixes the halves of the products into the others.
    """
    a, b, c, d = key & _WORD, key >> 32, counter & _WORD, counter >> 32
    for done in range(_ROUNDS - 1, -1, -1):
        first = d * _FIRST_INVERSE & _WORD
        second = b * _SECOND_INVERSE & _WORD
        one = a ^ (_SECOND * second >> 32) ^ (_KEY[0] + done * _STEP[0] & _WORD)
        other = c ^ (_FIRST * first >> 32) ^ (_KEY[1] + done * _STEP[1] & _WORD)
        a, b, c, d = first, one, second, other
    return a | b << 32, c | d << 32
