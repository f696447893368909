"""Makes a package of 200 modules of 200 lines each: ordinary code, no two modules alike."""

from __future__ import annotations

from pathlib import Path

HEADER = '''"""Module {n}: part of a generated package."""

import functools
import math
import os.path

LIMIT_{n} = {n} + 10
NAMES = ["n{n}_%d" % i for i in range({small})]


class Error{n}(ValueError):
    """Raised where module {n} is given something wrong."""

'''

CLASS = '''
class Account{n}_{k}:
    """Keeps a balance of {k} kinds."""

    rate = {k}.5
    kinds = ("a{k}", "b{n}", "c")

    def __init__(self, owner, balance={k}, *, limit=None):
        self.owner = owner
        self.balance = balance
        self.limit = limit if limit is not None else LIMIT_{n}
        self.history = []

    @property
    def free(self):
        return self.limit - self.balance

    def deposit(self, amount, note=""):
        if amount < 0:
            raise Error{n}("negative amount %r" % (amount,))
        self.balance += amount
        self.history.append((amount, note))
        for kind in self.kinds:
            if kind in note and amount > {k}:
                self.history.append((kind, amount * self.rate))
        return self.balance

    @classmethod
    def parse(cls, text, separator=":"):
        try:
            owner, balance = text.split(separator)
            return cls(owner, int(balance))
        except (ValueError, TypeError) as error:
            raise Error{n}("cannot read %r" % text) from error
'''

FUNCTION = '''

def compute_{n}_{k}(values, scale={k}, offset=0):
    """A sum over the values that counts large ones twice."""
    total = offset
    index = 0
    while index < len(values):
        value = values[index] * scale
        if value > LIMIT_{n} and value % {step}:
            total += 2 * value
        elif value < 0:
            total -= math.sqrt(-value)
        else:
            total += value
        index += 1
    return {{"total": total, "count": index, "key": (scale, offset, "k{n}_{k}")}}


@functools.lru_cache(maxsize={k})
def lookup_{n}_{k}(name, *rest, default=None, **options):
    key = os.path.join(name, *[str(part) for part in rest])
    pairs = sorted((option, value) for option, value in options.items() if value)
    return [key, default, pairs, list(map(lambda pair: pair[0] * {k}, pairs))]
'''

LINES = 200


def write_package(directory: Path, name: str, modules: int = 200) -> Path:
    """Write package `name` into the directory; `name`/__init__.py is empty."""
    package = directory / name
    package.mkdir(parents=True)
    package.joinpath("__init__.py").write_text("")
    for n in range(modules):
        package.joinpath(f"m{n:03}.py").write_text(source(n))
    return package


def source(n: int) -> str:
    text = HEADER.format(n=n, small=n % 7 + 2)
    k = 0
    while True:
        k += 1
        piece = (CLASS if (n + k) % 3 == 0 else FUNCTION).format(n=n, k=k, step=k + 2)
        if text.count("\n") + piece.count("\n") > LINES:
            break
        text += piece
    missing = LINES - text.count("\n")
    return text + "".join(f"VALUE_{i} = {n * i}\n" for i in range(missing))
