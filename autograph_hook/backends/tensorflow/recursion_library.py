"""From graphs whose functions call themselves to functions that TensorFlow's runtime runs.

TensorFlow traces a function that calls itself only as far as a node `StatefulPartitionedCall(f=name)`, and would not
end in looking into such a function. What its runtime does run is a node *whose operation is the function's own name*.
So the definitions of a traced graph are copied, and each such node is replaced:

    y = StatefulPartitionedCall[f="fact"](left, n)         ->    y = fact(left, n)
    z = Mul(n, y:output:0)                                        z = Mul(n, y:out0:0)

All functions that the graph runs, branches and loop bodies, are copied with it under names of their own: TensorFlow
forgets its copies when the graphs are gone. None of them may be inlined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from autograph_hook.backends.tensorflow import private

CALLS = ("StatefulPartitionedCall", "PartitionedCall")


def tied(definition: Any, name: str, calls_itself: Callable[[str], bool]) -> list[Any]:
    """The definition as `name`, and those of all functions that it runs, as copies that can be registered.

    `calls_itself(name)`: is this one of the functions that are made here? Those are called by their own names.
    """
    found: dict[str, Any] = {}
    _collect(definition, found, calls_itself)
    names = {old: f"{name}__{old}" for old in found}
    names[definition.signature.name] = name
    copies = []
    for old, one in found.items():
        copy = private.new_definition(one)
        copy.signature.name = names[old]
        copy.attr["_noinline"].b = True
        _tie(copy, names, calls_itself)
        copies.append(copy)
    name_outputs(copies[0])
    return copies


def _collect(definition: Any, found: dict[str, Any], calls_itself: Callable[[str], bool]) -> None:
    waiting = [definition]
    while waiting:
        one = waiting.pop()
        found[one.signature.name] = one
        for name in _functions_of(one):
            if name not in found and not calls_itself(name):
                waiting.append(private.known_definition(name))
                found[name] = waiting[-1]


def _functions_of(definition: Any) -> Iterable[str]:
    for node in definition.node_def:
        for attribute in node.attr.values():
            if attribute.HasField("func"):
                yield attribute.func.name
            for function in attribute.list.func:
                yield function.name


def _tie(definition: Any, names: dict[str, str], calls_itself: Callable[[str], bool]) -> None:
    """Rename the functions in a definition, and replace the calls of those that call themselves."""
    direct = set()
    for node in definition.node_def:
        if node.op in CALLS and calls_itself(node.attr["f"].func.name):
            direct.add(node.name)
            node.op = node.attr["f"].func.name
            node.ClearField("attr")
            node.attr["_noinline"].b = True
            continue
        for attribute in node.attr.values():
            if attribute.HasField("func"):
                attribute.func.name = names.get(attribute.func.name, attribute.func.name)
            for function in attribute.list.func:
                function.name = names.get(function.name, function.name)
        if "_lower_using_switch_merge" in node.attr:
            node.attr["_lower_using_switch_merge"].b = False

    def output(reference: str) -> str:
        node, _, rest = reference.partition(":")
        return f"{node}:out{rest.rpartition(':')[2]}:0" if rest and node in direct else reference

    replace_references(definition, output)


def replace_references(definition: Any, replace: Callable[[str], str]) -> None:
    for node in definition.node_def:
        node.input[:] = [replace(reference) for reference in node.input]
    for key in list(definition.ret):
        definition.ret[key] = replace(definition.ret[key])


def name_outputs(definition: Any) -> None:
    """Call the outputs out0, out1, …, so that a call can name them before the function is made."""
    sources = [definition.ret[output.name] for output in definition.signature.output_arg]
    definition.ret.clear()
    for i, (output, source) in enumerate(zip(definition.signature.output_arg, sources, strict=True)):
        output.name = f"out{i}"
        definition.ret[output.name] = source


def register(definitions: Iterable[Any]) -> None:
    for definition in definitions:
        private.register_definition(definition)
