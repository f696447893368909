"""Elements of a Python list whose number is known only when the graph runs: one TensorList for each of their leaves.

The list that holds such :class:`Elements` is the user's own. It may hold others before and after them: the list is all
of its parts, one after the other. Only operators know how to read it; whoever else meets the elements is refused.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from autograph_hook.backends import protocol
from autograph_hook.backends.tensorflow import exact, values


class Spec(NamedTuple):
    """What one leaf of the elements is."""

    dtype: Any
    shape: Any
    number: Any
    """A Python number, where all of them are: it takes the dtype of what it meets."""


class Kind:
    """What the elements of a list have in common."""

    __slots__ = ("name", "specs", "structure")

    def __init__(self, structure: Any, specs: tuple[Spec, ...]) -> None:
        self.structure = structure
        self.specs = specs
        self.name = ""
        """Which list it is, and where it changes: for messages."""

    def same(self, other: Kind) -> bool:
        """Are lists of both kinds the same in a graph? A number may be another one."""
        return len(self.specs) == len(other.specs) and all(
            one.dtype == another.dtype and shape_text(one.shape) == shape_text(another.shape)
            for one, another in zip(self.specs, other.specs, strict=True)
        )


def shape_text(shape: Any) -> str:
    return str(shape)  # shapes with unknown dimensions are equal to nothing


def empty(spec: Spec) -> Any:
    """An empty TensorList."""
    return tf.raw_ops.EmptyTensorList(
        element_shape=sizes(spec), max_num_elements=tf.constant(-1), element_dtype=spec.dtype
    )


def sizes(spec: Spec) -> Any:
    """The shape of the elements, as the operations on TensorLists take it."""
    rank = spec.shape.rank
    known = -1 if rank is None else [-1 if size is None else size for size in spec.shape.as_list()]
    return tf.constant(known, tf.int32)


Origin = tuple[Any, int]


class Elements(protocol.Elements):
    """Some elements of a list: their TensorLists, or what makes them, and their number where it is known."""

    __slots__ = ("before", "handles", "kind", "length", "origin")

    def __init__(
        self, kind: Kind, handles: list[Any], length: int | None = None, origin: Origin | None = None
    ) -> None:
        self.kind = kind
        self.handles = handles
        self.length = length
        self.origin = origin or (object() if length is None else None, length or 0)
        """By how many these are more than others were: what a loop adds is known, where how many there were is not."""
        self.before = self.origin
        """The same, before it was found that paths differ."""
        protocol.Elements.alive.add(id(self))

    def __del__(self) -> None:
        protocol.Elements.alive.discard(id(self))

    def __repr__(self) -> str:
        return "<elements whose number is known only when the graph runs>"

    def count(self) -> Any:
        return tf.raw_ops.TensorListLength(input_handle=self.handle(0)) if self.length is None else self.length

    def handle(self, leaf: int) -> Any:
        made = self.handles[leaf]
        exact.require_graph(made, f"{self.kind.name or 'a list, which a branch or a loop of a graph changes'},")
        return values.as_tensor(made) if isinstance(made, values.Later) else made


def refused(what: str, kind: Kind | None = None) -> BaseException:
    """The error of code that takes a list of unknown length for an ordinary one."""
    which = "a list" if kind is None or not kind.name else kind.name
    return exact.refusal(
        f"{what} {which}: its length is known only when the graph runs, because a loop or a branch of the graph "
        "changes it. Make it a tensor with tf.stack(); code that is enabled can also use len(), indices, slices, loops "
        "and the methods of lists"
    )


def _refusing(name: str) -> Any:
    def refuse(self: Elements, *arguments: Any, **keywords: Any) -> Any:
        raise refused("code that is not enabled, or the caller of a graph, is given", self.kind)

    refuse.__name__ = refuse.__qualname__ = name
    return refuse


_REFUSED = """
    __bool__ __iter__ __len__ __getitem__ __setitem__ __contains__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __add__
    __radd__ __sub__ __rsub__ __mul__ __rmul__ __truediv__ __rtruediv__ __floordiv__ __rfloordiv__ __mod__ __rmod__
    __pow__ __rpow__ __matmul__ __rmatmul__ __neg__ __pos__ __abs__ __invert__ __int__ __float__ __index__ __array__
    __tf_tensor__ __call__ __reduce_ex__ __copy__ __deepcopy__ __format__
"""
for _name in _REFUSED.split():
    setattr(Elements, _name, _refusing(_name))
Elements.__hash__ = object.__hash__  # type: ignore[method-assign]
