"""Python's builtins in a trace: those that would ask for a value, or go over one, have one of their own here."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np

from autograph_hook.backends.lantern import arithmetic, branching, iterating, lists, numpy_functions, trees
from autograph_hook.backends.lantern.arithmetic import binary, unary
from autograph_hook.backends.lantern.ir import F64, I64
from autograph_hook.backends.lantern.optional import Maybe
from autograph_hook.backends.lantern.symbols import PYTHON, Array, Number, Numeric, Symbol
from autograph_hook.backends.lantern.tracing import error, session


def is_staged(value: Any) -> bool:
    return isinstance(value, Symbol | Maybe) or (type(value) is list and lists.is_staged(value))


def _any_staged(values: Any) -> bool:
    return any(is_staged(v) or (type(v) in (list, tuple) and any(map(is_staged, v))) for v in values)


def len_(value: Any) -> Any:
    if type(value) is list:
        return lists.length(value)
    if isinstance(value, trees.Tree):
        return value.length()
    if isinstance(value, iterating.Range):
        return value.length()
    return len(value)


def _number(value: Any) -> Any:
    return value.number() if isinstance(value, trees.Tree) else value.read() if isinstance(value, Maybe) else value


def _to(name: str, kind: type) -> Callable[..., Any]:
    def convert(value: Any = 0) -> Any:
        value = _number(value)
        if not isinstance(value, Numeric):
            return kind(value)
        s = session()
        if value.shape and value.size != 1:
            raise error(f"{name}() of an array of several elements")
        if kind is bool:
            return Number(arithmetic.truth(value), s.frame, True)
        var = s.var(value)
        if isinstance(value, Array):
            var = s.op("reshape", var, shape=())
        target = I64 if kind is int else F64
        if var.type != target:
            var = s.op("cast", var, dtype=target)
        return Number(var, s.frame, True)

    return convert


def abs_(value: Any) -> Any:
    return unary("abs", _number(value))


def sum_(values: Any, start: Any = 0) -> Any:
    total = start
    for value in _elements(values):
        total = total + value
    return total


def _elements(values: Any) -> Any:
    if iterating.needs_walk(values) and not isinstance(values, Array):
        return _folded(values)
    return iterating.python_elements(values)


def _folded(values: Any) -> Any:
    raise error("goes over a number of elements that is known only when the code runs: write it as a loop")


def _least(name: str, test: str) -> Callable[..., Any]:
    plain = getattr(builtins, name)

    def choose(*given: Any, **named: Any) -> Any:
        if named:
            raise error(f"{name}() with key= or default= of values that are known only when the code runs")
        values = list(_elements(given[0])) if len(given) == 1 else list(given)
        values = [_number(v) for v in values]
        if not values:
            return plain(values)
        found = values[0]
        for value in values[1:]:
            if not isinstance(found, Numeric) and not isinstance(value, Numeric):
                found = plain(found, value)
                continue
            found = _one_of(binary(test, value, found), value, found)
        return found

    return choose


def _one_of(test: Any, value: Any, other: Any) -> Any:
    return branching.choose(test, lambda: value, lambda: other, "the smaller or larger one")


def _decided(decisive: bool) -> Callable[..., Any]:
    def decide(values: Any) -> Any:
        s = session()
        found = None
        for value in _elements(values):
            if not is_staged(value):
                if bool(value) is decisive:
                    return decisive
                continue
            one = branching.truth_of(value)
            found = one if found is None else s.op("or" if decisive else "and", found, one)
        return (not decisive) if found is None else Number(found, s.frame, True)

    return decide


def isinstance_(value: Any, kinds: Any) -> Any:
    if isinstance(value, trees.Tree):
        return value.is_instance(kinds)
    if isinstance(value, Number):
        kind = PYTHON.get(value.ir.dtype) if value.python else value.dtype.type
        return issubclass(kind or float, kinds)
    if isinstance(value, Array):
        return issubclass(np.ndarray, kinds)
    if isinstance(value, Maybe):
        raise error("isinstance() of a value that may be None: compare it with None")
    return isinstance(value, kinds)


def type_(value: Any) -> Any:
    if isinstance(value, trees.Tree):
        return trees.python_type(value.only_kind())
    if isinstance(value, Number):
        return PYTHON.get(value.ir.dtype) if value.python else value.dtype.type
    if isinstance(value, Array):
        return np.ndarray
    raise error(f"asks for the type of a {type(value).__name__}")


def list_(values: Any = ()) -> Any:
    if type(values) is list:
        return list.copy(values)
    return list(iterating.python_elements(values))


def tuple_(values: Any = ()) -> Any:
    return tuple(iterating.python_elements(values))


def print_(*values: Any, **named: Any) -> Any:
    raise error("prints a value that is known only when the compiled code runs")


def divmod_(a: Any, b: Any) -> Any:
    return a // b, a % b


def pow_(a: Any, b: Any, modulus: Any = None) -> Any:
    return a**b if modulus is None else (a**b) % modulus


def getattr_(owner: Any, name: str, *default: Any) -> Any:
    return trees.attribute(owner, name) if isinstance(owner, trees.Tree) else getattr(owner, name)


def hasattr_(owner: Any, name: str) -> Any:
    if isinstance(owner, trees.Tree):
        group = owner.group
        return owner.tags(
            k for k, kind in group.kinds.items() if name in kind.slots or (isinstance(k, type) and hasattr(k, name))
        )
    return hasattr(owner, name)


TABLE: dict[int, Callable[..., Any]] = {
    id(function): other
    for function, other in (
        (len, len_), (int, _to("int", int)), (float, _to("float", float)), (bool, _to("bool", bool)), (abs, abs_),
        (sum, sum_), (min, _least("min", "<")), (max, _least("max", ">")), (any, _decided(True)),
        (all, _decided(False)), (isinstance, isinstance_), (type, type_), (list, list_), (tuple, tuple_),
        (print, print_), (enumerate, iterating.enumerate_), (zip, iterating.zip_), (reversed, iterating.reversed_),
        (divmod, divmod_), (pow, pow_), (getattr, getattr_), (hasattr, hasattr_),
    )
}  # fmt: skip


def builtin(function: Any) -> Callable[..., Any] | None:
    if function is range:
        return iterating.range_
    return TABLE.get(id(function))


def standing_for(function: Any) -> Callable[..., Any] | None:
    """What is called in the place of a function of Python's or NumPy's, in a trace of ours."""
    if function is range:
        return iterating.range_
    other = TABLE.get(id(function))
    if other is None:
        numpy_functions.take_scipy()
        return numpy_functions.standing_for(function)
    return None


def for_arguments(function: Any, arguments: tuple[Any, ...]) -> Callable[..., Any] | None:
    """The same for one that is its own where it is given Python's values."""
    other = TABLE.get(id(function))
    return other if other is not None and _any_staged(arguments) else None
