"""Which variables a loop has: the tensors that its state is made of, and what a trace of the body says of
them.

What has no value before the loop, or is None, and has one after an iteration is carried with a flag (`Maybe`). What
no loop can carry is a `Conflict` in the body and after the loop: an error only where it is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.backends.protocol import UNDEFINED, Joined, Location
from autograph_hook.backends.tensorflow import exact, list_paths, nests, promotion, values
from autograph_hook.backends.tensorflow.maybe import Conflict, Maybe
from autograph_hook.backends.tensorflow.outcome import Fixed, Outcome
from autograph_hook.backends.tensorflow.stories import Story


class Revision(Exception):
    """The plan did not hold: trace again with this one."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan


class Added(Exception):
    """The body gives a dictionary a new key. Whether it is there can be asked, so only the first iteration adds it."""


class Variable:
    """A leaf of the state that is carried as a tensor."""

    __slots__ = ("dtype", "shape", "start")

    def __init__(self, start: Any, dtype: Any, shape: Any) -> None:
        self.start = start
        self.dtype = dtype
        self.shape = shape

    def copy(self) -> Variable:
        return Variable(self.start, self.dtype, self.shape)


class Slot:
    """One variable of the user's function: its structure, and for each leaf a Variable or the constant
    itself.
    """

    __slots__ = ("label", "leaves", "original", "structure")

    def __init__(self, label: str, original: Any) -> None:
        self.label = label
        self.original = original
        self.structure, leaves = nests.flatten(original)
        self.leaves: list[Any] = [_variable(leaf) if _is_carried(leaf) else leaf for leaf in leaves]

    def copy(self) -> Slot:
        other = object.__new__(Slot)
        other.label, other.original, other.structure = self.label, self.original, self.structure
        other.leaves = [leaf.copy() if isinstance(leaf, Variable) else leaf for leaf in self.leaves]
        return other

    def variables(self) -> Iterator[Variable]:
        return (leaf for leaf in self.leaves if isinstance(leaf, Variable))


def _is_carried(leaf: Any) -> bool:
    """Strings stay Python's until the body changes them; a tf.Variable is the object, not its value."""
    if isinstance(leaf, (Joined, tf.Variable, str, bytes)):
        return False
    return isinstance(leaf, values.CARRIED)


def _variable(leaf: Any) -> Variable:
    if isinstance(leaf, (tf.Tensor, values.Later)):
        return Variable(leaf, leaf.dtype, leaf.shape)
    tensor = tf.convert_to_tensor(leaf)
    return Variable(leaf, tensor.dtype, tensor.shape)


class Plan:
    def __init__(
        self, labels: Sequence[str], before: Sequence[Any], where: Location, body: Any = None, surely: bool = False
    ) -> None:
        self.where = where
        self.body = body
        self.surely = surely
        """Is it known that there is an iteration?"""
        self.slots = [Slot(label, value) for label, value in zip(labels, before, strict=True)]
        self.tried = 0
        self.given: tuple[Any, ...] = ()

    def copy(self) -> Plan:
        other = object.__new__(Plan)
        other.where, other.body, other.surely = self.where, self.body, self.surely
        other.tried, other.given = self.tried, ()
        other.slots = [slot.copy() for slot in self.slots]
        return other

    def variables(self) -> list[Variable]:
        return [variable for slot in self.slots for variable in slot.variables()]

    def starts(self) -> list[Any]:
        for slot in self.slots:
            for variable in slot.variables():
                exact.require_graph(variable.start, slot.label, f"{self.where}: ")
        return [values.as_tensor(variable.start, variable.dtype) for variable in self.variables()]

    def signature(self) -> list[Any]:
        return [tf.TensorSpec(variable.shape, variable.dtype) for variable in self.variables()]

    def values(self, tensors: Sequence[Any]) -> tuple[Any, ...]:
        """The state in which these are the variables."""
        given = iter(tensors)
        state = []
        for slot in self.slots:
            leaves = [next(given) if isinstance(leaf, Variable) else leaf for leaf in slot.leaves]
            if nests.holds_nothing(slot.structure):
                state.append(leaves[0])
            elif not any(isinstance(leaf, Variable) for leaf in slot.leaves):
                state.append(slot.original)
            else:
                state.append(nests.pack(slot.structure, iter(leaves)))
        return tuple(state)

    # What a trace of the body says

    def compare(self, after: tuple[Any, ...]) -> Outcome:
        """What the body left; raises Revision where the plan must change."""
        outcome = Outcome(self.surely)
        given = iter(self.given)
        for index, (slot, value) in enumerate(zip(self.slots, after, strict=True)):
            inputs = [next(given) if isinstance(leaf, Variable) else leaf for leaf in slot.leaves]
            self._compare_slot(index, slot, inputs, value, outcome)
        return outcome

    def _compare_slot(self, index: int, slot: Slot, inputs: list[Any], value: Any, outcome: Outcome) -> None:
        if type(slot.original) is Conflict:
            outcome.add_constant(slot.original)
            return
        if slot.original is UNDEFINED and value is not UNDEFINED and slot.label.endswith("]"):
            raise Added
        if slot.original is UNDEFINED and (type(value) is not Maybe or slot.label.startswith("ag__")):
            outcome.add_written(slot.label, value, self._story(slot, UNDEFINED, value))
            return
        if not any(isinstance(leaf, Variable) for leaf in slot.leaves) and values.same(value, slot.original):
            outcome.add_constant(slot.original)
            return
        structure, leaves = nests.flatten(value)
        merged = nests.merge(slot.structure, structure)
        if merged is None:
            structure, leaves = self._alike(index, slot, value)
            merged = nests.merge(slot.structure, structure)
            assert merged is not None
        leaves = nests.align(slot.structure, structure, leaves)
        recipe: list[Any] = []
        for position, (planned, leaf, given) in enumerate(zip(slot.leaves, leaves, inputs, strict=True)):
            if isinstance(planned, Variable):
                self._compare_leaf(index, position, planned, leaf, value)
                if self.surely and leaf is True and position < nests.flags(merged):
                    outcome.add_output(leaf, planned.dtype, planned.start, False)
                    recipe.append(Fixed(True))  # there is a value after every iteration
                    continue
                recipe.append(outcome.add_output(leaf, planned.dtype, planned.start, leaf is given))
            elif values.same(planned, leaf):
                recipe.append(Fixed(planned))
            elif isinstance(planned, values.CARRIED) and isinstance(leaf, values.CARRIED):
                plan = self.copy()
                plan.slots[index].leaves[position] = _variable(values.as_tensor(planned))
                raise Revision(plan)
            else:
                raise self._apart(index, value)
        slot.structure = merged
        if all(isinstance(part, Fixed) for part in recipe):
            outcome.add_constant(slot.original)
        else:
            outcome.add_nest(merged, recipe)

    def _alike(self, index: int, slot: Slot, value: Any) -> tuple[nests.Structure, list[Any]]:
        """What the body left, in the structure that the variable is planned with; raises Revision where that must be
        another one.
        """
        pair = promotion.alike(slot.original, value)
        if pair is None or type(value) is Conflict:
            raise self._apart(index, value)
        list_paths.name(pair, slot.label, self.where)
        before, after = pair
        if nests.merge(slot.structure, nests.flatten(before)[0]) is None:
            raise Revision(self.with_start(index, before, value))
        return nests.flatten(after)

    def with_start(self, index: int, start: Any, after: Any) -> Plan:
        """The plan in which one variable begins as this value, which stands for the one before the loop."""
        plan = self.copy()
        slot = plan.slots[index]
        if type(start) is Maybe and start.story is None:
            start.story = self._story(slot, slot.original, after)
        plan.slots[index] = Slot(slot.label, start)
        return plan

    def _apart(self, index: int, value: Any) -> Revision:
        """The plan in which no loop carries this variable: whoever reads it gets an error."""
        slot = self.slots[index]
        plan = self.copy()
        before = slot.original
        if type(before) is Maybe and before.story is not None and before.story.is_loop:
            before = before.absent  # what it was before this loop
        start = value if type(value) is Conflict else Conflict(self._story(slot, before, value))
        plan.slots[index] = Slot(slot.label, start)
        return Revision(plan)

    def _story(self, slot: Slot, before: Any, after: Any) -> Story:
        return Story(slot.label, self.where, (before, after), (None, self.body), is_loop=True)

    def _compare_leaf(self, index: int, position: int, planned: Variable, leaf: Any, value: Any) -> None:
        if isinstance(leaf, Joined) or not isinstance(leaf, values.CARRIED):
            raise self._apart(index, value)
        dtype = _dtype_after(planned.dtype, leaf)
        if dtype is None:
            dtype = (
                values.common_dtype(planned.start, leaf) if values.is_python_number(planned.start) else None
            )
        if dtype is None:
            raise self._apart(index, value)
        if dtype != planned.dtype:
            if exact.is_demanded() and isinstance(planned.start, (tf.Tensor, values.Later)):
                raise self._apart(index, value)  # eager, the first iteration has the other dtype
            plan = self.copy()
            variable = plan.slots[index].leaves[position]
            variable.dtype = dtype
            raise Revision(plan)

    def check_shapes(self, outputs: Sequence[Any]) -> None:
        """Widen the shape of each variable whose shape an iteration changes."""
        wider = None
        for position, (variable, output) in enumerate(zip(self.variables(), outputs, strict=True)):
            if not variable.shape.is_fully_defined() or variable.shape != output.shape:
                shape = variable.shape.most_specific_compatible_shape(output.shape)
                if (
                    shape.as_list() != variable.shape.as_list()
                    if shape.rank is not None
                    else (variable.shape.rank is not None)
                ):
                    wider = wider or self.copy()
                    wider.variables()[position].shape = shape
        if wider is not None:
            raise Revision(wider)

    # What has no value before the first iteration

    def lacks(self) -> bool:
        return any(slot.original is None or slot.original is UNDEFINED for slot in self.slots)

    def may_be_none(self) -> bool:
        """Is a variable carried that is None before the first iteration?"""
        return any(type(slot.original) is Maybe and slot.original.absent is None for slot in self.slots)

    def with_later(self, after: tuple[Any, ...]) -> Plan | None:
        """The plan in which what lacks a value begins as one that is not there; None where that is no news."""
        plan: Plan = self
        for index, (slot, value) in enumerate(zip(self.slots, after, strict=True)):
            if (slot.original is None or slot.original is UNDEFINED) and not slot.label.startswith("ag__"):
                pair = None if value is slot.original else promotion.alike(slot.original, value)
                if pair is not None:
                    plan = plan.with_start(index, pair[0], value)
        return None if plan is self else plan

    # Other dtypes for Python numbers

    def has_numbers(self) -> bool:
        return any(values.is_python_number(variable.start) for variable in self.variables())

    def values_with_numbers(self) -> tuple[Any, ...]:
        """The state of a trial: tensors as placeholders, Python numbers as they are."""
        return self.values(
            [
                variable.start
                if values.is_python_number(variable.start)
                else tf.compat.v1.placeholder(variable.dtype, variable.shape)
                for variable in self.variables()
            ]
        )

    def learned(self, after: tuple[Any, ...]) -> Plan | None:
        """The plan with the dtypes that the numbers had after a trial; None where that is no news."""
        plan = self.copy()
        plan.tried = 1
        news = False
        for slot, value in zip(plan.slots, after, strict=True):
            if value is UNDEFINED:
                continue
            _, leaves = nests.flatten(value)
            if len(leaves) != len(slot.leaves):
                continue
            for planned, leaf in zip(slot.leaves, leaves, strict=True):
                if not isinstance(planned, Variable) or not isinstance(leaf, values.CARRIED):
                    continue
                if values.is_python_number(planned.start):
                    dtype = values.common_dtype(planned.start, leaf)
                    if dtype is not None and dtype != planned.dtype:
                        planned.dtype = dtype
                        news = True
        return plan if news else None

    def widened(self) -> Plan | None:
        """The plan with 64-bit Python numbers, where they had 32 bits."""
        plan = self.copy()
        plan.tried = 2
        wide = {tf.int32: tf.int64, tf.float32: tf.float64}
        news = False
        for variable in plan.variables():
            if values.is_python_number(variable.start) and variable.dtype in wide:
                variable.dtype = wide[variable.dtype]
                news = True
        return plan if news else None


def _dtype_after(planned: Any, leaf: Any) -> Any:
    """The dtype of a variable that has the planned dtype before and this value after an iteration."""
    if values.is_python_number(leaf):
        return values.number_dtype(leaf, planned)
    return values.promote(planned, values.dtype_of(leaf))
