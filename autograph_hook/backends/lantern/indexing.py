"""Indices and slices of arrays. What NumPy gives as a view is one here, too."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograph_hook.backends.lantern.arithmetic import as_symbol, cast_to, full, is_number, shape_of, var_of
from autograph_hook.backends.lantern.ir import I64, Scalar, Var
from autograph_hook.backends.lantern.symbols import Array, Number, Numeric, wrapped
from autograph_hook.backends.lantern.tracing import error, session

Region = dict[str, tuple[int, ...]]


def _is_index(key: Any) -> bool:
    if isinstance(key, Number):
        return key.ir.dtype[0] == "i"
    return isinstance(key, int | np.integer) and not isinstance(key, bool)


def get(array: Array, key: Any) -> Any:
    keys = _whole(array, key)
    if any(isinstance(k, Array) for k in keys):
        return _gathered(array, keys)
    leading = _leading(keys)
    if leading and all(k == slice(None) for k in keys[leading:] if isinstance(k, slice)) and None not in keys:
        return _at(array, keys[:leading])
    return _sliced(array, keys)


def _whole(array: Array, key: Any) -> list[Any]:
    """One key for each axis, and those that are None."""
    keys = list(key) if isinstance(key, tuple) else [key]
    keys = [as_symbol(k) if isinstance(k, np.ndarray) else k for k in keys]
    if any(isinstance(k, list) for k in keys):
        raise error("an index that is a list: make it an array")
    missing = array.ndim - sum(k is not None and k is not Ellipsis for k in keys)
    if missing < 0:
        raise error(f"too many indices for an array of {array.ndim} dimensions")
    if any(k is Ellipsis for k in keys) and not missing and all(k is Ellipsis or _is_index(k) for k in keys):
        raise error("an index with `...` that gives an array without dimensions")
    if any(k is Ellipsis for k in keys):
        place = next(i for i, k in enumerate(keys) if k is Ellipsis)
        keys[place : place + 1] = [slice(None)] * missing
    else:
        keys += [slice(None)] * missing
    for k in keys:
        if not (k is None or isinstance(k, slice) or _is_index(k) or isinstance(k, Array)):
            raise error(f"an index that is {type(k).__name__}")
    return keys


def _leading(keys: list[Any]) -> int:
    count = 0
    while count < len(keys) and _is_index(keys[count]):
        count += 1
    return count


def index(key: Any) -> Var:
    if isinstance(key, Number):
        return session().var(key)
    return session().lit(int(key), I64)


def _at(array: Array, keys: list[Any]) -> Any:
    def read(base: Array) -> tuple[Var, Any]:
        s = session()
        return s.op("idx", s.var(base), *[index(k) for k in keys]), s.frame

    def write(base: Array, value: Var) -> None:
        s = session()
        base.change(s.op("update", s.var(base), value, *[index(k) for k in keys]))

    var, _ = read(array)
    made = wrapped(var)
    return made if isinstance(made, Number) else made.of_base(array, read, write)


def _region(array: Array, keys: list[Any]) -> tuple[Region, list[int], list[Any]]:
    """The slice as the operation takes it, the shape that it has in the end, and dynamic leading indices."""
    start, size, step = [], [], []
    shape: list[int] = []
    axis = 0
    for key in keys:
        if key is None:
            shape.append(1)
            continue
        n = array.shape[axis]
        if isinstance(key, slice):
            for part in (key.start, key.stop, key.step):
                if isinstance(part, Numeric):
                    int(part)
            first, last, by = key.indices(n)
            count = len(range(first, last, by))
            start.append(first if count else 0)
            size.append(count)
            step.append(by)
            shape.append(count)
        else:
            if isinstance(key, Number):
                int(key)
            place = int(key) + (n if key < 0 else 0)
            if not 0 <= place < n:
                raise error(f"index {key} is out of bounds for axis {axis} with size {n}")
            start.append(place)
            size.append(1)
            step.append(1)
        axis += 1
    return {"start": tuple(start), "size": tuple(size), "step": tuple(step)}, shape, []


def _sliced(array: Array, keys: list[Any]) -> Any:
    leading = 0
    while leading < len(keys) and isinstance(keys[leading], Number):
        leading += 1
    if leading:
        inner = _at(array, keys[:leading])
        return inner if isinstance(inner, Number) else _sliced(inner, keys[leading:])
    dynamic = [k for k, key in enumerate(keys) if isinstance(key, Number)]
    if dynamic and None not in keys:
        return _moved(array, keys, dynamic)
    region, shape, _ = _region(array, keys)

    def read(base: Array) -> tuple[Var, Any]:
        s = session()
        var = s.op("slice", s.var(base), **region)  # type: ignore[arg-type]
        if tuple(shape) != region["size"]:
            var = s.op("reshape", var, shape=tuple(shape))
        return var, s.frame

    def write(base: Array, value: Var) -> None:
        s = session()
        if isinstance(value.type, Scalar) or value.type.shape != region["size"]:  # type: ignore[union-attr]
            value = s.op("reshape", value, shape=region["size"])
        base.change(_with_region(base, value, region))

    var, _ = read(array)
    made = wrapped(var)
    return made if isinstance(made, Number) else made.of_base(array, read, write)


def _moved(array: Array, keys: list[Any], dynamic: list[int]) -> Any:
    """`a[:, k]`: a copy, with the axes of the indices in front. NumPy gives a view: so it may not change."""
    from autograph_hook.backends.lantern import numpy_functions

    axes = [*dynamic, *[k for k in range(array.ndim) if k not in dynamic]]
    turned = numpy_functions.transpose(array, axes)
    made = get(turned, (*[keys[k] for k in dynamic], *[keys[k] for k in axes[len(dynamic) :]]))
    if isinstance(made, Array):
        made.base, made.fixed = None, "that is a view"
        made.value, made.frame = session().var(made), session().frame
    return made


def _with_region(base: Array, value: Var, region: Region) -> Var:
    """The content of an array with another one where a slice is."""
    s = session()
    if base.ir.dtype == "bool" or 0 in region["size"]:
        if 0 in region["size"]:
            return s.var(base)
        raise error("a slice of an array of bool is set")
    if region["size"] == base.shape and all(k == 1 for k in region["step"]):
        return value
    if region["size"][1:] == base.shape[1:] and region["step"] == (1,) * base.ndim:
        return _rows(base, value, region)
    one = s.lit(1.0 if base.ir.dtype[0] == "f" else 1, Scalar(base.ir.dtype))
    ones = s.op("broadcast", one, shape=region["size"])
    mask = s.op("place", ones, shape=base.shape, **region)  # type: ignore[arg-type]
    zero = s.lit(0.0 if base.ir.dtype[0] == "f" else 0, Scalar(base.ir.dtype))
    inside = s.op("!=", mask, zero)
    placed = s.op("place", value, shape=base.shape, **region)  # type: ignore[arg-type]
    return s.op("where", inside, placed, s.var(base))


def _rows(base: Array, value: Var, region: Region) -> Var:
    """Whole rows: parts put together."""
    s, old = session(), session().var(base)
    first, count, n = region["start"][0], region["size"][0], base.shape[0]
    rest = base.shape[1:]
    parts: list[Var | None] = []
    for start, size in ((0, first), (first + count, n - first - count)):
        if size:
            begin, sizes = (start, *[0] * len(rest)), (size, *rest)
            parts.append(s.op("slice", old, start=begin, size=sizes, step=(1,) * base.ndim))
        else:
            parts.append(None)
    found = [p for p in (parts[0], value, parts[1]) if p is not None]
    return s.op("concatenate", *found, axis=0)


def _gathered(array: Array, keys: list[Any]) -> Any:
    """`a[k]`, of integers: rows, put together."""
    first = keys[0]
    if not isinstance(first, Array) or any(k != slice(None) for k in keys[1:]) or first.ir.dtype[0] != "i":
        raise error("an index that is an array, of bool or together with others")
    if first.ndim != 1 or not 0 < first.shape[0] <= 64:
        raise error("an index that is an array of several dimensions, or of more than 64 elements")
    from autograph_hook.backends.lantern import numpy_functions

    return numpy_functions.stack([array[first[k]] for k in range(first.shape[0])])


def put(array: Array, key: Any, value: Any) -> None:
    """`array[key] = value`, broadcast and cast as NumPy does it."""
    keys = _whole(array, key)
    if any(isinstance(k, Array) for k in keys):
        raise error("sets items at indices that are an array")
    s = session()
    value = as_symbol(value)
    if not (isinstance(value, Numeric) or is_number(value)):
        from autograph_hook.backends.lantern import numpy_functions

        value = numpy_functions.array(value)
    leading = _leading(keys)
    dtype = array.ir.dtype
    if leading == array.ndim:
        if shape_of(value):
            raise error("sets an element to an array")
        given = var_of(value, dtype)
        array.change(s.op("update", s.var(array), given, *[index(k) for k in keys]))
        return
    target = get(array, tuple(keys))
    assert isinstance(target, Array)
    if isinstance(value, Numeric):
        value = cast_to(value, target.dtype)
        var = s.var(value)
        if value.shape != target.shape:
            var = s.op("broadcast", var, shape=target.shape)
    else:
        var = s.var(full(value, dtype, target.shape))
    if target.base is None:
        raise error("sets a slice at indices that are known only when the compiled code runs")
    target.change(var)
