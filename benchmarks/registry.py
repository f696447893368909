"""Which benchmarks there are: what each shows, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    shows: str
    minutes: float
    """By itself, on two cores on which nothing else runs."""
    among_all: float | None = None
    """The same among all, if it takes less there; 0: it is not among them."""
    note: str = ""

    @property
    def share(self) -> float:
        return self.minutes if self.among_all is None else self.among_all


BENCHMARKS = {
    "importing": Entry("what the hook adds to importing, beside the import hooks of others", 3, 2),
    "transforming": Entry("how many lines a second the cold transform of the standard library takes", 1),
    "gates": Entry("what a shut gate adds to a call, and to programs that build no graph", 2),
    "first_call": Entry("the first call under tf.function: by hand, AutoGraph, an enabled module", 3),
    "calls": Entry("the way into a staged function, by how much it guards", 1),
    "memory": Entry("whether memory levels out, whatever staged functions are called with", 2),
    "scaling": Entry("how time and memory grow with lines, guards, graphs, depth and arguments", 14, 5),
    "example": Entry("examples/train_digits.py: plain, with the hook, with tf.function by hand", 3, 2),
    "paper": Entry("the six programs of the AutoGraph paper, against graphs written by hand", 10, 4),
    "scripts": Entry("eager programs as people write them: plain, with the hook, decorated by hand", 27, 12),
    "treelstm": Entry("Lantern trains a TreeLSTM: against PyTorch, C and NumPy", 2, 1),
    "lantern_programs": Entry("Lantern runs recursion and loops: against Python, numba, C and TensorFlow", 2),
    "transparency": Entry("CPython's own test files, or the tests of a PACKAGE, give the same with the hook", 2),
    "suites": Entry("test suites of TensorFlow libraries give the same, as quickly", 60, 0, "it installs libraries"),
}

ALL = tuple(name for name, entry in BENCHMARKS.items() if entry.share)


def listing() -> str:
    """
    >>> print(listing().splitlines()[0])
      importing         about 3 min   what the hook adds to importing, beside the import hooks of others
    """
    lines = []
    for name, entry in BENCHMARKS.items():
        apart = "" if entry.share else f" (not in all: {entry.note})"
        lines.append(f"  {name:17} about {entry.minutes:g} min".ljust(33) + f" {entry.shows}{apart}")
    return "\n".join(lines)
