"""The TensorFlow backend. Importing it imports TensorFlow: the registry does so only where a program has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

import tensorflow as tf

from autograph_hook.backends.protocol import Body, Location, State
from autograph_hook.backends.tensorflow import (
    branching,
    builtin_functions,
    calls,
    combined_walks,
    datasets,
    deciding,
    effects,
    elements,
    exact,
    explaining,
    failures,
    gradients,
    graph_writing,
    inputs,
    library_objects,
    library_state,
    list_functions,
    list_methods,
    lists,
    looping,
    maybe,
    modules,
    operators,
    printing,
    private,
    recursion,
    recursion_gradient,  # noqa: F401  (it registers itself)
    recursion_seeking,
    rolled_calls,
    rolling,
    staging,
    subjects,
    traces,
    updates,
    values,
    verifying,
)

STAGED = (*values.STAGED, combined_walks.Lazy, maybe.Maybe)


class TensorFlow:
    """The interface of `backends.protocol`, group by group, and what does each part of it."""

    name = "tensorflow"
    framework = "tensorflow"
    graph_files: tuple[str, ...] = private.GRAPH_FILES
    only_by_name = False
    rounding = 0.0

    def __init__(self) -> None:
        self._staged: WeakKeyDictionary[type, bool] = WeakKeyDictionary()
        self._recognised: WeakKeyDictionary[type, bool] = WeakKeyDictionary()

    # Recognising.

    tracing = staticmethod(traces.tracing)
    watch = staticmethod(traces.watch)
    write_graphs = staticmethod(graph_writing.write_to)
    made = staticmethod(graph_writing.compiled)
    own = staticmethod(calls.own)
    meaning = staticmethod(explaining.meaning)
    said = staticmethod(explaining.said)
    shorten = staticmethod(explaining.shorten)

    def recognises(self, kind: type) -> bool:
        known = self._recognised.get(kind)
        if known is None:  # asked once of a type: some of these are protocols, which look at all its attributes
            # No class is registered as a CompositeTensor, and `issubclass` would ask the hundreds that are derived.
            known = issubclass(kind, STAGED) or private.CompositeTensor in kind.__mro__
            known = self._recognised[kind] = known and not library_objects.families(kind)
        return known

    def is_staged(self, value: Any) -> bool:
        kind = type(value)
        known = self._staged.get(kind)
        if known is None:
            known = self._staged[kind] = issubclass(kind, STAGED)
        return known

    def is_reference(self, value: Any) -> bool:
        return isinstance(value, tf.Variable)

    # Control flow.

    def cond(self, predicate: Any, body: Body, orelse: Body, state: State, where: Location) -> None:
        def run(one: Body, other: Body) -> None:
            exact.staged(lambda s: branching.cond(predicate, one, other, s, where), state, 1)

        if recursion_seeking.seeking():
            recursion_seeking.cond(run, body, orelse, state)
        else:
            run(body, orelse)

    def select(
        self, predicate: Any, body: Callable[[], Any], orelse: Callable[[], Any], where: Location
    ) -> Any:
        def run(one: Any, other: Any) -> Any:
            return exact.selected(lambda *both: branching.select(predicate, both[0], both[1], where), (one, other))

        if recursion_seeking.seeking():
            return recursion_seeking.select(run, body, orelse, lambda branch: branch())
        return run(body, orelse)

    def while_loop(self, test: Callable[[], Any], body: Body, state: State, where: Location) -> None:
        recursion_seeking.loop(
            lambda: exact.staged(lambda s: looping.while_loop(test, body, s, where), state, 0), state
        )

    is_iterable = staticmethod(subjects.is_iterable)
    subject = staticmethod(subjects.begun)

    def for_each(
        self,
        subject: Any,
        body: Callable[[Any], None],
        test: Callable[[], Any] | None,
        state: State,
        where: Location,
    ) -> None:
        recursion_seeking.loop(
            lambda: exact.staged(lambda s: subjects.for_each(subject, body, test, s, where), state, 0), state
        )

    check = staticmethod(operators.check)
    mark = staticmethod(failures.mark)
    acted_since = staticmethod(failures.acted_since)

    # Rolled loops.

    operations = staticmethod(rolling.operations)
    weight = staticmethod(rolling.weight)
    roll = staticmethod(rolling.roll)
    with_index = staticmethod(rolled_calls.with_index)
    is_traceable = staticmethod(rolled_calls.is_traceable)

    # Operators.

    def not_(self, value: Any) -> Any:
        return exact.truth(operators.not_(value))

    def contains(self, container: Any, element: Any) -> Any:
        return exact.truth(operators.contains(container, element))

    def get_item(self, subject: Any, key: Any) -> Any:
        if lists.is_staged(subject):
            return list_methods.get_item(subject, key)
        exact.check_item(subject, key)
        return operators.get_item(subject, key)

    def set_item(self, subject: Any, key: Any, value: Any) -> Any:
        if isinstance(subject, tf.Tensor):
            return updates.updated(subject, key, value)
        exact.note_choice()
        list_methods.set_item(subject, key, value)
        return subject

    del_item = staticmethod(list_methods.del_item)
    method = staticmethod(list_methods.method)
    unpack = staticmethod(operators.unpack)
    iterate = staticmethod(operators.iterate)
    builtin = staticmethod(builtin_functions.builtin)

    # Calls.

    def call(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        if elements.Elements.alive and (any(map(list_functions.holds_list, (*args, *kwargs.values())))):
            return list_functions.call(function, args, kwargs)
        return recursion_seeking.call(function, args, kwargs)

    leave = staticmethod(list_functions.leave)
    graph_codes = staticmethod(recursion_seeking.graph_codes)
    recurse = staticmethod(recursion.recurse)

    # Staging.

    environment = staticmethod(staging.environment)
    compile = staticmethod(staging.compile)
    is_symbolic = staticmethod(staging.is_symbolic)
    is_tensor = staticmethod(staging.is_tensor)
    tensor_test = staticmethod(staging.tensor_test)
    shape_of = staticmethod(inputs.shape_of)
    relaxed_test = staticmethod(inputs.relaxed_test)
    add_input = staticmethod(inputs.add_input)
    tensor_of = staticmethod(inputs.tensor_of)
    tensor_of_array = staticmethod(inputs.tensor_of_array)
    eagerly = staticmethod(inputs.eagerly)
    place_of = staticmethod(inputs.place_of)
    is_uniform = staticmethod(inputs.is_uniform)
    takes_numbers = staticmethod(inputs.takes_numbers)
    takes_arrays = staticmethod(inputs.takes_arrays)
    makes_constant = staticmethod(inputs.makes_constant)
    require_plain_uses = staticmethod(inputs.require_plain_uses)
    item_of = staticmethod(inputs.item)
    may_read_ahead = staticmethod(datasets.may_read_ahead)
    is_truth = staticmethod(exact.is_truth)
    is_watched = staticmethod(gradients.is_watched)
    provides = staticmethod(staging.provides)
    sets_plainly = staticmethod(staging.sets_plainly)
    is_constant = staticmethod(effects.is_constant)
    sizes = staticmethod(effects.sizes)
    effect = staticmethod(effects.effect)
    is_option = staticmethod(effects.is_option)
    objects = staticmethod(library_state.LibraryState)
    may_read = staticmethod(library_objects.may_read)
    is_object = staticmethod(library_objects.is_watched)
    undecorated = staticmethod(library_objects.undecorated)
    same_variables = staticmethod(modules.SameVariables)
    holds_symbols = staticmethod(effects.holds_symbols)
    refusal = staticmethod(effects.refusal)
    foreign = staticmethod(effects.foreign)
    is_safe_context = staticmethod(effects.is_safe_context)
    content = staticmethod(staging.content)
    decided = staticmethod(deciding.decided)

    # Printing.

    at_top = staticmethod(printing.at_top)
    hand_out = staticmethod(printing.hand_out)
    readable = staticmethod(printing.readable)
    value_of = staticmethod(printing.value_of)
    stand_ins = staticmethod(printing.stand_ins)

    # Verifying.

    repeats = staticmethod(verifying.repeats)
    variables = staticmethod(verifying.variables)
    name_of = staticmethod(verifying.name_of)
    held = staticmethod(verifying.held)
    hold = staticmethod(verifying.hold)
    keeps_state = staticmethod(verifying.keeps_state)
    random_state = staticmethod(verifying.random_state)
    put_random_state = staticmethod(verifying.put_random_state)
    same_random_state = staticmethod(verifying.same_random_state)
    difference = staticmethod(verifying.difference)


BACKEND = TensorFlow()
elements.Elements.backend = BACKEND
