"""Python lists whose length is known only when the graph runs: what their elements are, and reading them.

Such a list holds :class:`Elements` among its parts, and is all of its parts one after the other. What a branch or an
iteration does to the list stays Python's: `append` appends a part. Where two paths leave different lists, both become
lists of one part, a TensorList for each leaf of an element (the rule at the end of this file).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from autograph_hook.backends import identity
from autograph_hook.backends.tensorflow import nests, values
from autograph_hook.backends.tensorflow.elements import Elements, Kind, Origin, Spec, empty, refused, shape_text, sizes

Parts = Sequence[Any]


def is_staged(value: Any) -> bool:
    return type(value) is list and any(type(part) is Elements for part in value)


# What the elements are


def kind_of(parts: Parts) -> Kind | None:
    """What all elements have in common; None where that is not enough for a TensorList."""
    found = None
    for part in parts:
        kind = part.kind if type(part) is Elements else _kind_of_one(part)
        found = kind if found is None or kind is None else join(found, kind)
        if found is None:
            return None
    return found


def _kind_of_one(element: Any) -> Kind | None:
    structure, leaves = nests.flatten(element)
    if nests.may_change(structure):
        return None
    if not leaves or not all(_is_listable(leaf) for leaf in leaves):
        return None
    return Kind(structure, tuple(map(_spec, leaves)))


def holds_number(part: Any) -> bool:
    """Is a part of a list, or something in it, a number of Python's?"""
    kind = part.kind if type(part) is Elements else _kind_of_one(part)
    return kind is not None and any(spec.number is not None for spec in kind.specs)


def _is_listable(leaf: Any) -> bool:
    return isinstance(leaf, values.CARRIED) and not isinstance(leaf, tf.Variable)


def _spec(leaf: Any) -> Spec:
    number = leaf if isinstance(leaf, (bool, int, float, complex)) else None
    if isinstance(leaf, (tf.Tensor, values.Later)):
        return Spec(leaf.dtype, leaf.shape, None)
    tensor = tf.convert_to_tensor(leaf)
    return Spec(tensor.dtype, tensor.shape, number)


def join(one: Kind, other: Kind) -> Kind | None:
    """What elements of both kinds have in common."""
    structure = nests.merge(one.structure, other.structure)
    if structure is None:
        return None
    specs = []
    for mine, theirs in zip(one.specs, other.specs, strict=True):
        number = None
        if mine.number is not None and theirs.number is not None:
            if type(mine.number) is not type(theirs.number) and bool in (type(mine.number), type(theirs.number)):
                return None
            number = max(mine.number, theirs.number, key=lambda value: _NUMBERS.index(type(value)))
            dtype = values.dtype_of(number)
        elif mine.number is not None:
            dtype = _with_number(mine.number, theirs.dtype)
        elif theirs.number is not None:
            dtype = _with_number(theirs.number, mine.dtype)
        else:
            dtype = values.promote(mine.dtype, theirs.dtype)
        if dtype is None:
            return None
        specs.append(Spec(dtype, mine.shape.most_specific_compatible_shape(theirs.shape), number))
    return Kind(structure, tuple(specs))


_NUMBERS = (bool, int, float, complex)


def _with_number(number: Any, dtype: Any) -> Any:
    if isinstance(number, bool):
        return dtype if dtype == tf.bool else None
    return values.number_dtype(number, dtype)


# One part for all


_WHOLE = "_autograph_hook_lists"
"""The attribute of a graph that keeps the lists that were made one part in it: the list, what it held, and the part.
The graph must not outlive its use, so nothing else holds them."""


def whole(value: list[Any]) -> Elements:
    """The list as one part, in the graph that is being built."""
    if len(value) == 1 and type(value[0]) is Elements:
        return value[0]
    graph = tf.compat.v1.get_default_graph()
    known = getattr(graph, _WHOLE, None)
    if known is None:
        known = {}
        setattr(graph, _WHOLE, known)
    before = known.get(id(value))
    if before is not None and before[0] is value and values.unchanged(before[1], value):
        return before[2]  # type: ignore[no-any-return]
    kind = kind_of(value)
    if kind is None:
        raise refused("the elements have no common type in")
    made = as_elements(value, kind)
    made = Elements(kind, [made.handle(leaf) for leaf in range(len(kind.specs))], made.length)
    known[id(value)] = value, list(value), made
    return made


def as_elements(parts: Parts, kind: Kind) -> Elements:
    """The parts as one; what is not there yet is made in the graph that needs it."""
    if len(parts) == 1 and type(parts[0]) is Elements and parts[0].kind.same(kind):
        return Elements(kind, parts[0].handles, parts[0].length, parts[0].origin)
    parts = list(parts)
    handles = [_later(parts, kind, leaf) for leaf in range(len(kind.specs))]
    origin = origin_of(parts)
    known = origin is not None and origin[0] is None
    return Elements(kind, handles, origin[1] if origin is not None and known else None, origin)


def _later(parts: list[Any], kind: Kind, leaf: int) -> values.Later:
    make, nothing = functools.partial(_handle, parts, kind, leaf), functools.partial(empty, kind.specs[leaf])
    return values.Later(make, tf.variant, tf.TensorShape([]), nothing)


def _handle(parts: list[Any], kind: Kind, leaf: int) -> Any:
    """One TensorList with one leaf of all parts."""
    spec = kind.specs[leaf]
    count = next((i for i, part in enumerate(parts) if type(part) is Elements), len(parts))
    first, rest = [leaf_of(part, kind, leaf) for part in parts[:count]], parts[count:]
    if len(first) > 1 and spec.shape.is_fully_defined():
        stacked = tf.stack([values.as_tensor(value, spec.dtype) for value in first])
        made = tf.raw_ops.TensorListFromTensor(tensor=stacked, element_shape=sizes(spec))
    elif first or not rest:
        made = empty(spec)
        for value in first:
            made = push(made, value, spec)
    else:
        made = _converted(rest.pop(0), spec, leaf)
    for part in rest:
        if type(part) is Elements:
            made = _extended(made, spec, part, leaf)
        else:
            made = push(made, leaf_of(part, kind, leaf), spec)
    return made


def leaf_of(element: Any, kind: Kind, leaf: int) -> Any:
    return nests.align(kind.structure, *nests.flatten(element))[leaf]


def push(handle: Any, value: Any, spec: Spec) -> Any:
    return tf.raw_ops.TensorListPushBack(input_handle=handle, tensor=values.as_tensor(value, spec.dtype))


def _converted(part: Elements, spec: Spec, leaf: int) -> Any:
    own = part.kind.specs[leaf]
    if own.dtype == spec.dtype and shape_text(own.shape) == shape_text(spec.shape):
        return part.handle(leaf)
    return _extended(empty(spec), spec, part, leaf)


def _extended(handle: Any, spec: Spec, part: Elements, leaf: int, indices: Any = None) -> Any:
    """A list with those of a part after its own elements: all, or those with these indices."""
    source, own = part.handle(leaf), part.kind.specs[leaf]
    count = tf.raw_ops.TensorListLength(input_handle=source) if indices is None else tf.size(indices)

    def one_more(i: Any, made: Any) -> Any:
        item = item_of(source, i if indices is None else indices[i], own)
        return i + 1, push(made, item, spec)

    start = (tf.constant(0), handle)
    return tf.while_loop(lambda i, made: i < count, one_more, start, parallel_iterations=1)[1]


def origin_of(parts: Parts) -> Origin | None:
    """By how many the parts are more than those of some other list; than none, where their number is known."""
    root, count = None, 0
    for part in parts:
        if type(part) is not Elements:
            count += 1
            continue
        of_part, more = part.origin
        if of_part is not None and root is not None:
            return None
        root, count = of_part or root, count + more
    return root, count


# Reading


def item_of(handle: Any, index: Any, spec: Spec) -> Any:
    item = tf.raw_ops.TensorListGetItem(
        input_handle=handle, index=index, element_shape=sizes(spec), element_dtype=spec.dtype
    )
    item.set_shape(spec.shape)
    return item


def element(part: Elements, index: Any) -> Any:
    """The element with an index that is not negative. The containers that it is made of are copies."""
    return identity.note_copied(taken(part, index), identity.PICKED)


def taken(part: Elements, index: Any) -> Any:
    """The same, for a list that no longer has it."""
    return element_of(part, [item_of(part.handle(leaf), index, spec) for leaf, spec in enumerate(part.kind.specs)])


def element_of(part: Elements, leaves: Sequence[Any]) -> Any:
    """An element that is made of these leaves."""
    return nests.pack(part.kind.structure, iter(leaves))


def of_tensor(tensor: Any) -> Elements:
    """The rows of a tensor."""
    spec = Spec(tensor.dtype, tensor.shape[1:], None)
    if not spec.shape.is_fully_defined():
        raise refused(f"a tensor of shape {tensor.shape}, whose rows have no known shape, is put into")
    handle = tf.raw_ops.TensorListFromTensor(tensor=tensor, element_shape=sizes(spec))
    return Elements(Kind(nests.LEAF, (spec,)), [handle])


def picked(part: Elements, indices: Any) -> Elements:
    """The elements with these indices, a tensor of them."""
    handles = []
    for leaf, spec in enumerate(part.kind.specs):
        if spec.shape.is_fully_defined():
            shape = sizes(spec)
            tensor = tf.raw_ops.TensorListGather(
                input_handle=part.handle(leaf), indices=indices, element_shape=shape, element_dtype=spec.dtype
            )
            handles.append(tf.raw_ops.TensorListFromTensor(tensor=tensor, element_shape=shape))
        else:
            handles.append(_extended(empty(spec), spec, part, leaf, indices))
    size = indices.shape[0]
    return Elements(part.kind, handles, size)


def stacked(part: Elements, leaf: int = 0) -> Any:
    """The elements as one tensor."""
    spec = part.kind.specs[leaf]
    tensor = tf.raw_ops.TensorListStack(
        input_handle=part.handle(leaf), element_shape=sizes(spec), element_dtype=spec.dtype,
        num_elements=-1 if part.length is None else part.length,
    )  # fmt: skip
    tensor.set_shape(tf.TensorShape([part.length]).concatenate(spec.shape))
    return tensor


def joined(part: Elements) -> Any:
    """The elements one after the other along their first dimension."""
    spec = part.kind.specs[0]
    tensor = tf.raw_ops.TensorListConcatV2(
        input_handle=part.handle(0), element_shape=sizes(spec), element_dtype=spec.dtype,
        leading_dims=tf.constant([], tf.int64),
    ).tensor  # fmt: skip
    if spec.shape.rank is not None:
        tensor.set_shape(tf.TensorShape([None]).concatenate(spec.shape[1:]))
    return tensor


def listed(value: list[Any]) -> list[Any] | None:
    """The elements as an ordinary list, where their number is known."""
    if any(type(part) is Elements and part.length is None for part in value):
        return None
    found = []
    for part in value:
        if type(part) is Elements:
            assert part.length is not None
            found += [element(part, index) for index in range(part.length)]
        else:
            found.append(part)
    return found


def length(value: list[Any]) -> Any:
    """How many elements there are: a Python int where that is known."""
    known, unknown = 0, None
    for part in value:
        count = part.count() if type(part) is Elements else 1
        if isinstance(count, int):
            known += count
        else:
            unknown = count if unknown is None else unknown + count
    if unknown is None:
        return known
    return unknown + known if known else unknown
