"""What verification asks of TensorFlow: variables, the stream of random numbers, and whether two values are equal."""

from __future__ import annotations

import gc
import random
from typing import Any

import numpy as np
import tensorflow as tf

from autograph_hook.backends.tensorflow import private, random_stream

Difference = tuple[str, str, str, str]
"""Which element, what it is plain and staged, and by how much all of them differ."""


def repeats(compiled: Any) -> bool:
    return not any(
        kind.startswith("Random") or kind in ("Multinomial", "ParameterizedTruncatedNormal", "TruncatedNormal")
        for kind in compiled.stateful_ops
    )


def variables() -> list[Any]:
    """All variables that eager code can read."""
    known: dict[type, bool] = {}
    found = []
    for value in gc.get_objects():
        kind = type(value)
        is_variable = known.get(kind)
        if is_variable is None:
            is_variable = known[kind] = issubclass(kind, tf.Variable)
        if is_variable and held(value) is not None:
            found.append(value)
    return found


def name_of(variable: Any) -> str:
    return str(variable.name).partition(":")[0]


def held(variable: Any) -> Any:
    """What a variable holds; None where that cannot be read. Tapes are not told."""
    handle = getattr(variable, "handle", None)
    if not isinstance(handle, tf.__internal__.EagerTensor):
        return None
    with private.unrecorded():
        try:
            return tf.raw_ops.ReadVariableOp(resource=handle, dtype=variable.dtype)
        except tf.errors.FailedPreconditionError:
            return None


def hold(variable: Any, value: Any) -> None:
    with private.unrecorded():
        tf.raw_ops.AssignVariableOp(resource=variable.handle, value=value)


def keeps_state(value: Any) -> bool:
    """Is it an object of the framework in which the user, or Keras, keeps Python values?"""
    kind = type(value)
    if issubclass(kind, tf.Module):
        return True
    return str(kind.__module__).partition(".")[0] in ("keras", "tf_keras") and not hasattr(kind, "__array__")


def random_state() -> Any:
    """Where the stream of eager random numbers stands; None where nobody has begun one."""
    if private.global_seed() is None:
        return None
    stream = private.seed_generator()
    if type(stream) is random_stream.Stream:
        return stream, stream.generator.getstate(), tuple(stream.waiting)
    return stream, stream.getstate(), ()


def put_random_state(state: Any) -> None:
    if state is None:
        return
    stream, inner, waiting = state
    generator = stream.generator if type(stream) is random_stream.Stream else stream
    generator.setstate(inner)
    if type(stream) is random_stream.Stream:
        stream.waiting.clear()
        stream.waiting.extend(waiting)
    private.set_seed_generator(stream)


def same_random_state(one: Any, other: Any) -> bool:
    """Will the next numbers be the same? What waits in the one may still be ahead in the other."""
    return one is other or _ahead(one) == _ahead(other)


def _ahead(state: Any) -> list[int]:
    _, inner, waiting = state
    generator = random.Random()
    generator.setstate(inner)
    return [*waiting, *(generator.randint(0, 2**31 - 1) for _ in range(64))][:64]


def difference(plain: Any, staged: Any, tolerance: float) -> Difference | None:
    """The first element of two values of one type in which they differ, beyond what is tolerated."""
    if isinstance(plain, private.CompositeTensor):
        parts = [tf.nest.flatten(value, expand_composites=True) for value in (plain, staged)]
        found = (difference(one, other, tolerance) for one, other in zip(*parts, strict=True))
        return next((each for each in found if each is not None), None)
    if plain.dtype != staged.dtype:
        return "", _named(plain.dtype), _named(staged.dtype), ""
    if tuple(plain.shape) != tuple(staged.shape):
        return "", f"shape {tuple(plain.shape)}", f"shape {tuple(staged.shape)}", ""
    if getattr(plain, "dtype", None) in (tf.resource, tf.variant):
        return None
    return _of_arrays(np.asarray(plain), np.asarray(staged), tolerance)


def _named(dtype: Any) -> str:
    return str(getattr(dtype, "name", dtype))


def _of_arrays(plain: Any, staged: Any, tolerance: float) -> Difference | None:
    differs = _bits_differ(plain, staged)
    if not differs.any():
        return None
    extent = f"{int(differs.sum())} of {differs.size} elements differ" if differs.size > 1 else ""
    if plain.dtype.kind in "fiucV" and plain.dtype.names is None:
        wide = np.complex128 if plain.dtype.kind == "c" else np.float64
        one, other = plain.astype(wide), staged.astype(wide)
        with np.errstate(all="ignore"):
            by = np.abs(one - other)[differs]
            largest = np.nanmax(np.abs(one), initial=0.0)
        finite = by[np.isfinite(by)]
        if finite.size == by.size and tolerance and by.max() <= tolerance * largest:
            return None
        if finite.size:
            extent = f"{extent}, by {finite.max():.3g} at most" if extent else f"by {finite.max():.3g}"
    place = tuple(int(i[0]) for i in np.nonzero(differs)) if plain.ndim else ()
    element = f"element {place[0] if len(place) == 1 else list(place)}" if place else ""
    return element, _shown(plain[place]), _shown(staged[place]), extent


def _bits_differ(plain: Any, staged: Any) -> Any:
    """Where two arrays differ in a bit; what is no number equals what is no number."""
    if plain.dtype.kind in "OSU":
        return np.asarray(plain != staged)
    one, other = (np.ascontiguousarray(a).reshape(plain.shape).view(np.uint8) if a.size and a.ndim else a
                  for a in (plain, staged))  # fmt: skip
    if not plain.size or not plain.ndim:
        differs = np.asarray(plain.tobytes() != staged.tobytes())
    else:
        differs = (one != other).reshape(*plain.shape, -1).any(axis=-1)
    with np.errstate(all="ignore"):
        is_number = (plain == plain) | (staged == staged)
    return differs & np.asarray(is_number)


def _shown(value: Any) -> str:
    """An element as NumPy prints it: with as many digits as its dtype has."""
    return str(value) if isinstance(value, np.generic) and value.dtype.kind in "fciub" else repr(value)
