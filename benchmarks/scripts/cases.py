"""The programs, and how their author would have decorated them by hand.

Where a function of the program is what a graph should be, the decorator is written above it; where the step stands in
a loop, the program with the step in a function of its own is in `by_hand/`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"
"""Some of the programs are examples."""
PLAIN = "@tf.function"
RELAXED = "@tf.function(reduce_retracing=True)"
"""For a function that is given other shapes from call to call."""


@dataclass(frozen=True)
class Case:
    """One program; its lines of output come at even distances within each phase."""

    name: str
    what: str
    phases: tuple[str, ...]
    """The beginnings of the lines that a phase of the program prints, as regular expressions."""
    decorated: dict[str, str] = field(default_factory=dict)
    """The functions that get a decorator by hand."""
    tiny: tuple[tuple[str, str], ...] = ()
    """What makes a run of a few steps of it, for tests."""
    file: str = ""
    at_least: float = 0.95
    draws: bool = False
    """Does it draw from TensorFlow's seeded stream? A graph made by tf.function draws other numbers."""

    @property
    def reaches(self) -> float:
        """What the quartiles of the ratio must reach: a step that the script's own loop takes costs a little more."""
        return 1.0 if self.at_least > 0.9 else self.at_least

    @property
    def path(self) -> Path:
        example = EXAMPLES / f"{self.name}.py"
        return example if example.exists() else HERE / "programs" / (self.file or f"{self.name}.py")

    def by_hand(self) -> str:
        """The source of the program as decorated by hand."""
        rewritten = HERE / "by_hand" / f"{self.name}.py"
        if rewritten.exists():
            return rewritten.read_text()
        source = self.path.read_text()
        for function, decorator in self.decorated.items():
            source, count = re.subn(rf"^( *)(def {function}\()", rf"\1{decorator}\n\1\2", source, flags=re.MULTILINE)
            if count != 1:
                raise SystemExit(f"{self.path} has {count} functions {function}, not one")
        return source

    def smaller(self, source: str) -> str:
        for old, new in self.tiny:
            if old not in source:
                raise SystemExit(f"{self.path} has no {old!r}")
            source = source.replace(old, new)
        return source


CASES = (
    Case(
        "script_loop",
        "a loop at the level of the script",
        ("step",),
        at_least=0.9,
        tiny=(("EPOCHS = 20", "EPOCHS = 1"), ("% 100 ==", "% 20 ==")),
    ),
    Case(
        "trainer_class",
        "a class with train_step and counters",
        ("step",),
        {"train_step": PLAIN},
        tiny=(("STEPS = 1200", "STEPS = 60"), ("% 60 ==", "% 20 =="), ("[-60:]", "[-20:]")),
    ),
    Case(
        "gan",
        "a GAN with two optimisers",
        ("step",),
        {"train_step": PLAIN},
        tiny=(("STEPS = 400", "STEPS = 40"), ("% 20 ==", "% 10 ==")),
        draws=True,
    ),
    Case(
        "cart_pole",
        "reinforcement learning in a Python environment",
        ("episode",),
        {"probabilities": PLAIN, "update": RELAXED},
        tiny=(("EPISODES = 120", "EPISODES = 18"),),
    ),
    Case(
        "rnn_lists",
        "a recurrent network with outputs in a list",
        ("step",),
        {"train_step": PLAIN},
        tiny=(("STEPS = 600", "STEPS = 40"), ("% 30 ==", "% 10 ==")),
    ),
    Case(
        "vae",
        "a variational autoencoder",
        ("epoch",),
        {"train_step": PLAIN, "compute_loss": PLAIN},
        tiny=(("EPOCHS = 16", "EPOCHS = 2"), ("40 * BATCH", "20 * BATCH")),
        draws=True,
    ),
    Case(
        "lbfgs",
        "L-BFGS with a line search",
        ("problem",),
        {"value_and_gradient": PLAIN, "direction": PLAIN, "line_search": PLAIN},
        tiny=(("PROBLEMS = 24", "PROBLEMS = 2"),),
    ),
    Case(
        "text_generation",
        "a character model, trained and sampled from",
        ("step", r"\."),
        {"train_step": PLAIN, "next_character": PLAIN},
        tiny=(("STEPS = 200", "STEPS = 40"), ("% 10 ==", "% 10 =="), ("WRITTEN = 1600", "WRITTEN = 400")),
        draws=True,
    ),
    Case(
        "keras_loop",
        "a Keras model, a loop and metrics",
        ("Epoch",),
        {"train_step": PLAIN, "test_step": PLAIN},
        tiny=(("EPOCHS = 8", "EPOCHS = 1"),),
    ),
    Case(
        "main_once",
        "a main() that is called once",
        ("step",),
        at_least=0.9,
        tiny=(
            ("steps, batch, users, items, rank = 1600,", "steps, batch, users, items, rank = 80,"),
            ("% 80 ==", "% 20 =="),
        ),
    ),
    Case(
        "model_beside",
        "a model in a module beside the script",
        ("step",),
        {"train_step": PLAIN},
        file="beside/train.py",
        tiny=(("default=240", "default=48"),),
    ),
)
