"""What a traced body leaves of a loop's variables, and the state after the loop that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.backends.protocol import UNDEFINED
from autograph_hook.backends.tensorflow import nests, values
from autograph_hook.backends.tensorflow.maybe import Conflict, Maybe
from autograph_hook.backends.tensorflow.stories import Story


class Fixed:
    """A leaf that the loop leaves as it was."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Outcome:
    """What a traced body leaves: the outputs for the plan's variables, and for those that it only writes."""

    def __init__(self, surely: bool) -> None:
        self.surely = surely
        """Is it known that there is an iteration?"""
        self.outputs: list[tuple[Any, Any]] = []  # (value, dtype to take in the body's graph)
        self.written: list[tuple[Any, Any]] = []
        self.recipes: list[tuple[Any, list[Any], Story | None]] = []
        """For each variable its structure and leaves; the story of one that has a value only if the loop ran."""

    def needs_iteration(self) -> bool:
        return any(story is not None for _, _, story in self.recipes)

    def add_constant(self, value: Any) -> None:
        self.recipes.append((None, [value], None))

    def add_nest(self, structure: nests.Structure, recipe: list[Any]) -> None:
        self.recipes.append((structure, recipe, None))

    def add_output(self, leaf: Any, dtype: Any, start: Any, untouched: bool) -> Any:
        index = len(self.outputs)
        self.outputs.append((leaf, dtype))
        return Fixed(start) if untouched else ("output", index)

    def add_written(self, label: str, value: Any, story: Story) -> None:
        if value is UNDEFINED or type(value) is Conflict:
            self.add_constant(value)
            return
        structure, leaves = nests.flatten(value)
        recipe: list[Any] = []
        for leaf in leaves:
            if isinstance(leaf, (tf.Tensor, values.Later)) and leaf.dtype != tf.resource:
                recipe.append(("written", len(self.written)))
                self.written.append((leaf, None))
            else:
                recipe.append(Fixed(leaf))
        self.recipes.append((structure, recipe, None if label.startswith("ag__") else story))

    def finish(self, results: Sequence[Any], ran: Callable[[], Any]) -> tuple[Any, ...]:
        """The state after the loop, from the results of the operation. `ran` makes the flag that the loop ran."""
        count = len(self.outputs)
        flag = None
        if self.needs_iteration():
            flag = True if self.surely else ran()
        state = []
        for structure, recipe, story in self.recipes:
            if structure is None:
                state.append(recipe[0])
                continue
            leaves = []
            for part in recipe:
                if isinstance(part, Fixed):
                    leaves.append(part.value)
                else:
                    source, index = part
                    leaves.append(results[index if source == "output" else count + index])
            if story is not None and flag is not True:
                state.append(Maybe(UNDEFINED, flag, structure, leaves, nests.pack, story))
            else:
                state.append(nests.pack(structure, iter(leaves)))
        return tuple(state)
