"""What a function that calls itself is given, and what it returns: tensors of known types, all else fixed.

    >>> one, _ = Signature.of({"n": tf.constant(3.0), "times": 2})
    >>> other, _ = Signature.of({"n": tf.constant(4.0), "times": 1})
    >>> one.differs_from(other), one.common(other)
    ('in a number', {'n': float32[], 'times': int32[]})
"""

from __future__ import annotations

import types
from collections.abc import Sequence
from typing import Any, Literal

import tensorflow as tf

from autograph_hook.backends.tensorflow import nests, values
from autograph_hook.errors import StagingError

Difference = Literal["", "in a number", "in a shape", "in kind"]
_KINDS: tuple[Difference, ...] = ("", "in a number", "in a shape", "in kind")
_NUMBERS = (bool, int, float, complex)


class Type:
    """A tensor of this dtype and shape."""

    __slots__ = ("dtype", "shape")

    def __init__(self, dtype: Any, shape: Any) -> None:
        self.dtype = dtype
        self.shape = shape

    def __repr__(self) -> str:
        shape = self.shape if self.shape.rank is None else self.shape.as_list()
        return f"{self.dtype.name}{'[?]' if self.shape.rank is None else shape}"

    def spec(self) -> Any:
        return tf.TensorSpec(self.shape, self.dtype)


class Signature:
    """A nest whose leaves are types of tensors and fixed values."""

    __slots__ = ("leaves", "structure")

    def __init__(self, structure: nests.Structure, leaves: Sequence[Any]) -> None:
        self.structure = structure
        self.leaves = list(leaves)

    @classmethod
    def of(cls, value: Any) -> tuple[Signature, list[Any]]:
        """The signature of a value, and its leaves."""
        structure, leaves = nests.flatten(value)
        kinds = [Type(leaf.dtype, leaf.shape) if isinstance(leaf, tf.Tensor) else leaf for leaf in leaves]
        return cls(structure, kinds), leaves

    def __repr__(self) -> str:
        return repr(nests.pack(self.structure, iter(self.leaves)))

    def pack(self, leaves: Sequence[Any]) -> Any:
        return nests.pack(self.structure, iter(leaves))

    def types(self) -> list[Type]:
        return [leaf for leaf in self.leaves if isinstance(leaf, Type)]

    def tensors(self, leaves: Sequence[Any]) -> list[Any]:
        """Of the leaves of a value, those that are tensors here, as such."""
        return [
            values.as_tensor(leaf, kind.dtype)
            for kind, leaf in zip(self.leaves, leaves, strict=True)
            if isinstance(kind, Type)
        ]

    def whole(self, tensors: Sequence[Any]) -> Any:
        """The value with these tensors; what is fixed is as it was."""
        given = iter(tensors)
        return self.pack([next(given) if isinstance(kind, Type) else kind for kind in self.leaves])

    def differs_from(self, other: Signature) -> Difference:
        """How, at most? Numbers and shapes may become those of tensors whose values and sizes are not known yet."""
        if nests.merge(self.structure, other.structure) is None or len(self.leaves) != len(other.leaves):
            return "in kind"
        found = [_difference(one, another) for one, another in zip(self.leaves, other.leaves, strict=True)]
        return max(found, key=_KINDS.index, default="")

    def with_types_of(self, other: Signature) -> Signature:
        """The same with a tensor for each number that can be what is one in the other."""
        if nests.merge(self.structure, other.structure) is None or len(self.leaves) != len(other.leaves):
            return self
        pairs = zip(self.leaves, other.leaves, strict=True)
        leaves = [wanted if isinstance(wanted, Type) and _accepts(wanted, leaf) and not isinstance(leaf, Type) else leaf
                  for leaf, wanted in pairs]  # fmt: skip
        return Signature(self.structure, leaves)

    def accepts(self, other: Signature) -> bool:
        """Can a value of the other signature be given where this one is wanted, whatever the sizes of tensors?"""
        if nests.merge(self.structure, other.structure) is None or len(self.leaves) != len(other.leaves):
            return False
        return all(map(_accepts, self.leaves, other.leaves))

    def common(self, other: Signature) -> Signature:
        """The signature of values of both; raises Unlike where there is none."""
        structure = nests.merge(self.structure, other.structure)
        if structure is None or len(self.leaves) != len(other.leaves):
            raise Unlike(self, other)
        return Signature(structure, [_common(*pair) for pair in zip(self.leaves, other.leaves, strict=True)])


class Unlike(StagingError):
    """Two values that no tensor can stand for."""

    def __init__(self, one: Any, other: Any) -> None:
        super().__init__(f"{_described(one)} and {_described(other)}")


def _described(value: Any) -> str:
    if isinstance(value, Type):
        return f"a {value.dtype.name} tensor of shape {value.shape}"
    return repr(value) if isinstance(value, Signature) else values.describe(value)


def same_value(one: Any, other: Any) -> bool:
    """Is it the same object, or a Python value that nobody can tell from it?"""
    if values.same(one, other):
        return True
    if type(one) is types.MethodType and type(other) is types.MethodType:
        return one.__func__ is other.__func__ and one.__self__ is other.__self__
    return type(one) is type(other) and isinstance(one, (tf.DType, tf.TensorShape, range, slice)) and bool(one == other)


def _difference(one: Any, other: Any) -> Difference:
    if isinstance(one, Type) and isinstance(other, Type):
        if one.dtype != other.dtype:
            return "in kind"
        return "" if one.shape.rank == other.shape.rank and str(one.shape) == str(other.shape) else "in a shape"
    if isinstance(one, Type) or isinstance(other, Type):
        return "in kind"
    if same_value(one, other):
        return ""
    return "in a number" if type(one) in _NUMBERS and type(other) in _NUMBERS else "in kind"


def _accepts(wanted: Any, given: Any) -> bool:
    if not isinstance(wanted, Type):
        return not isinstance(given, Type) and same_value(wanted, given)
    if isinstance(given, Type):
        return bool(wanted.dtype == given.dtype)
    return type(given) in _NUMBERS and _with_number(given, wanted.dtype) == wanted.dtype


def _common(one: Any, other: Any) -> Any:
    if isinstance(one, Type) and isinstance(other, Type):
        dtype = values.promote(one.dtype, other.dtype)
        if dtype is None:
            raise Unlike(one, other)
        return Type(dtype, common_shape(one.shape, other.shape))
    if isinstance(one, Type) or isinstance(other, Type):
        kind, value = (one, other) if isinstance(one, Type) else (other, one)
        if not isinstance(value, values.CARRIED):
            raise Unlike(one, other)
        dtype = _with_number(value, kind.dtype)
        if dtype is None:
            raise Unlike(one, other)
        return Type(dtype, common_shape(kind.shape, tf.convert_to_tensor(value).shape))
    if same_value(one, other):
        return one
    if not isinstance(one, values.CARRIED) or not isinstance(other, values.CARRIED):
        raise Unlike(one, other)
    dtype = values.common_dtype(one, other)
    if dtype is None:
        raise Unlike(one, other)
    return Type(dtype, common_shape(tf.convert_to_tensor(one).shape, tf.convert_to_tensor(other).shape))


def _with_number(value: Any, dtype: Any) -> Any:
    """The dtype that a tensor has which may be this value or one of that dtype."""
    if values.is_python_number(value):
        return values.number_dtype(value, dtype)
    return values.promote(values.dtype_of(value), dtype)


def common_shape(one: Any, other: Any) -> Any:
    """
    >>> common_shape(tf.TensorShape([2, 3]), tf.TensorShape([4, 3]))
    TensorShape([None, 3])
    >>> common_shape(tf.TensorShape([2]), tf.TensorShape([]))
    TensorShape(None)
    """
    if one.rank is None or one.rank != other.rank:
        return tf.TensorShape(None)
    sizes = [size if size == another else None for size, another in zip(one.as_list(), other.as_list(), strict=True)]
    return tf.TensorShape(sizes)
