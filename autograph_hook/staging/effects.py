"""What Python's own functions, classes and objects do: the tables that a speculative trace goes by.

What no table knows is taken to have an effect. What a framework provides is asked of its backend.
"""

from __future__ import annotations

import abc
import argparse
import collections
import dataclasses
import enum
import fnmatch
import functools
import itertools
import math
import operator
import re
import sys
import types
import typing
from typing import Any


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PRIMITIVES = (bool, int, float, complex, str, bytes, type(None))
CONTAINERS = (list, tuple, dict, set, frozenset)
VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()))

_ARITHMETIC = """
    abs add and_ eq floordiv ge gt index invert le lshift lt matmul mod mul ne neg or_ pos pow rshift sub truediv xor
"""

PURE_FUNCTIONS: dict[int, Any] = {
    id(function): function
    for function in (
        abs, all, any, bin, callable, chr, divmod, hex, issubclass, max, min, oct, ord, pow, round, sorted, sum,
        functools.reduce, *(getattr(operator, name) for name in _ARITHMETIC.split()),
        *(value for value in vars(math).values() if isinstance(value, types.BuiltinFunctionType)),
    )
}  # fmt: skip
"""Their result depends on their arguments alone. By identity, so that nothing of the caller's is asked to compare."""

NEED_VALUES = frozenset(
    id(function) for function in (all, any, bin, chr, divmod, hex, max, min, oct, ord, round, sorted)
)
"""Those that would make a Python value of a tensor, or compare tensors by truth."""

CONVERSIONS = (bool, int, float, complex, str, bytes)
OVER_ALL = frozenset({itertools.chain, itertools.zip_longest, itertools.product})
OVER_THE_FIRST = frozenset(
    {
        itertools.combinations, itertools.combinations_with_replacement, itertools.islice, itertools.pairwise,
        itertools.permutations,
    }
)  # fmt: skip
"""Iterators of Python's that go over what they are given, all of it or the first."""
SAFE_TYPES = frozenset(
    {*CONVERSIONS, list, tuple, dict, set, frozenset, range, slice, enumerate, zip, reversed, map, filter,
     itertools.repeat, *OVER_ALL, *OVER_THE_FIRST}
)  # fmt: skip

READING_METHODS: dict[type, frozenset[str]] = {
    list: frozenset({"count", "index", "copy"}),
    dict: frozenset({"get", "items", "keys", "values", "copy"}),
    set: frozenset({"union", "intersection", "difference", "issubset", "issuperset", "isdisjoint", "copy"}),
}
"""Methods of mutable containers that change nothing."""

NEW = frozenset({"copy", "union", "intersection", "difference", "split", "rsplit", "splitlines"})
"""Methods whose result is a new container."""

_IMMUTABLE_MODULES = frozenset(
    {"datetime", "fractions", "pathlib", "pathlib._local", "re", "uuid"}
)
_SINGLETONS = (type(Ellipsis), type(NotImplemented), range, property)
NAMESPACES = (types.SimpleNamespace, argparse.Namespace)
"""Their comparisons and texts read all of their attributes, and nothing else."""

_PLAIN_BASES = (object, abc.ABC, typing.Generic, typing.Protocol)

HARMLESS = _words(
    """
    __abstractmethods__ __annotations__ __annotate__ __annotate_func__ __annotations_cache__ __class_getitem__
    __classcell__ __dataclass_fields__ __dataclass_params__ __del__ __delattr__ __dict__ __doc__ __firstlineno__
    __getattr__ __getattribute__ __getnewargs__ __getstate__ __init__ __init_subclass__ __match_args__
    __module__ __new__ __orig_bases__ __parameters__ __post_init__ __prepare__ __qualname__ __reduce__
    __reduce_ex__ __replace__ __setattr__ __setstate__ __signature__ __slots__ __static_attributes__
    __subclasshook__ __type_params__ __weakref__
    """
)
"""Special names of a class that no operator on an instance runs. Making instances and setting are looked at apart."""

UNKNOWN = "calls {}, which is not enabled and not known to be safe"
VALUE = "calls {}, which needs the value of a tensor"
MUTATES = "calls {}, which changes an object that was there before"


_OF_TEXTS = frozenset(
    map(id, (re.compile, re.escape, re.findall, re.fullmatch, re.match, re.search, re.split, re.sub, re.subn))
)
_OF_PATTERNS: dict[type, frozenset[str]] = {
    re.Pattern: _words("findall fullmatch match search split sub subn"),
    re.Match: _words("end expand group groupdict groups span start"),
}


def is_of_texts(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> bool:
    """Does it look for a pattern in texts, and is it given nothing that it would call?"""
    if isinstance(function, types.BuiltinFunctionType):
        if function.__name__ not in _OF_PATTERNS.get(type(function.__self__), ()):
            return False
    elif id(function) not in _OF_TEXTS:
        return False
    return all(type(value) in (*PRIMITIVES, re.Pattern, re.RegexFlag) for value in (*arguments, *keywords.values()))


def of_builtin(function: Any) -> str:
    """What a builtin function or a method of a builtin type does: "pure", "mutates" or "unknown"."""
    owner = getattr(function, "__self__", None)
    if owner is None or isinstance(owner, types.ModuleType):
        return "pure" if id(function) in PURE_FUNCTIONS else "unknown"
    kind = type(owner)
    if kind in PRIMITIVES or kind in (tuple, frozenset, range):
        return "pure"
    reading = READING_METHODS.get(kind)
    if reading is not None:
        return "pure" if function.__name__ in reading else "mutates"
    return "unknown"


def is_immutable(value: Any) -> bool:
    """An object of Python or NumPy that never changes, nor runs code of the caller's."""
    kind = type(value)
    if kind in _SINGLETONS:
        return True
    if isinstance(value, enum.Enum):
        return is_plain_member(value)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, (numpy.generic, numpy.dtype, numpy.ufunc, type(numpy.sum))):
        return kind.__module__.partition(".")[0] == "numpy" and not isinstance(value, numpy.void)
    return kind.__module__ in _IMMUTABLE_MODULES


_OF_MEMBERS = {"_value_", "_name_", "__objclass__", "_sort_order_", "_hashable_values_", "_unhashable_values_"}
MEMBER_VALUES = (bool, int, float, complex, str, bytes, type(None))


def is_plain_member(member: enum.Enum) -> bool:
    """A member of an enumeration that has a simple value and nothing else."""
    return type(member.value) in MEMBER_VALUES and set(vars(member)) <= _OF_MEMBERS


def is_array(value: Any) -> bool:
    """A NumPy array: the same object may hold other numbers next time."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


KINDS = "biufc"
"""Of the dtypes of NumPy's that become tensors as they are."""


def is_plain_array(value: Any) -> bool:
    """Is its class NumPy's own?"""
    numpy = sys.modules.get("numpy")
    return numpy is not None and type(value) is numpy.ndarray


def is_scalar(value: Any) -> bool:
    """A number of NumPy's, such as an element of an array."""
    numpy = sys.modules.get("numpy")
    kind = type(value)
    return (
        numpy is not None
        and isinstance(value, numpy.generic)
        and kind.__module__ == "numpy"
        and value.dtype.kind in KINDS
    )


def is_dtype(value: Any) -> bool:
    """Does it name a dtype to NumPy?"""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return False
    if isinstance(value, type):
        return value in (bool, int, float) or (issubclass(value, numpy.generic) and value.__module__ == "numpy")
    return isinstance(value, numpy.dtype) and value.kind in KINDS


def is_iterator(value: Any) -> bool:
    """Would reading it use it up?"""
    return hasattr(type(value), "__next__")


def is_attribute_dict(kind: type) -> bool:
    """A dictionary whose items are its attributes: a class with `__getattr__ = dict.__getitem__`, or `dict.get`."""
    own = [owner for owner in kind.__mro__ if owner not in (dict, object)]
    methods = {name for owner in own for name in vars(owner) if name not in HARMLESS}
    return (
        kind.__mro__[-2:-1] == (dict,)
        and getattr(kind, "__getattribute__") is _READ  # noqa: B009
        and getattr(kind, "__getattr__", None) in _ITEMS
        and not any(name.startswith("__") and name.endswith("__") for name in methods)
    )


_ITEMS: tuple[Any, ...] = (dict.__getitem__, dict.get)
_READ: Any = dict.__getattribute__


def is_named_tuple(kind: type) -> bool:
    """A tuple with names, as `collections.namedtuple` and `typing.NamedTuple` make them."""
    return (
        issubclass(kind, tuple)
        and "_fields" in vars(kind)
        and kind.__mro__[1] is tuple
        and not {"__iter__", "__getitem__", "__len__", "__eq__", "__add__", "__contains__"} & set(vars(kind))
    )


_MADE: Any = collections.namedtuple("_MADE", "a")


def makes_named_tuple(kind: type) -> bool:
    """Is an instance made by the code that `namedtuple` writes, and by nothing else?"""
    written = getattr(getattr(kind, "__new__"), "__code__", None)  # noqa: B009
    return is_named_tuple(kind) and written is not None and written.co_filename == _MADE.__new__.__code__.co_filename


def is_of_named_tuple(function: Any) -> bool:
    """Is it a method that every named tuple has: `_replace`, `_asdict`, `_make`?"""
    owner = function.__self__
    kind = owner if isinstance(owner, type) else type(owner)
    written = getattr(vars(_MADE).get(function.__name__), "__func__", vars(_MADE).get(function.__name__))
    code = getattr(written, "__code__", None)
    return is_named_tuple(kind) and makes_named_tuple(kind) and code is not None and function.__func__.__code__ is code


def makes_dataclass(kind: type) -> bool:
    """Does `dataclass` make the instances, with nothing of the caller's but `__post_init__`?"""
    initialise, store = (_first(kind, name) for name in ("__init__", "__setattr__"))
    if initialise is None or not is_generated(*initialise) or "__dataclass_fields__" not in vars(kind):
        return False
    if store is not None and store[0] is not object and not is_generated(*store):
        return False
    return all(
        field.default_factory is dataclasses.MISSING or field.default_factory in (list, dict, set)
        for field in dataclasses.fields(kind)
    )


def _first(kind: type, name: str) -> tuple[type, Any] | None:
    return next(((owner, vars(owner)[name]) for owner in kind.__mro__ if name in vars(owner)), None)


def special_methods(kind: type) -> list[tuple[type, str, Any]]:
    """What the operators on an instance may run, of the classes that neither Python nor a framework provides."""
    return [
        (owner, name, value)
        for owner in kind.__mro__
        if owner not in _PLAIN_BASES
        for name, value in list(vars(owner).items())
        if name.startswith("__") and name.endswith("__") and name not in HARMLESS and value is not None
    ]


def is_generated(owner: type, function: Any) -> bool:
    """A method that `dataclass` has written: it reads the fields, and nothing else."""
    wrapped = getattr(function, "__wrapped__", function)  # reprlib.recursive_repr
    code = getattr(wrapped, "__code__", None)
    return "__dataclass_fields__" in vars(owner) and code is not None and code.co_filename == "<string>"


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Is this dotted name, or what it lies in, named by the user as safe?"""
    return any(fnmatch.fnmatchcase(name, pattern) or name.startswith(f"{pattern}.") for pattern in patterns)


def path_of(function: Any) -> str:
    kind = function if isinstance(function, (type, types.FunctionType)) else type(function)
    if isinstance(function, types.MethodType):
        return path_of(function.__func__)
    return f"{kind.__module__}.{kind.__qualname__}"


def name_of(function: Any) -> str:
    """A function's name in a message. No code of the object's own is run."""
    module: str | None
    if isinstance(function, (types.FunctionType, types.MethodType, type)):
        module, name = function.__module__, function.__qualname__
    elif isinstance(function, (types.BuiltinFunctionType, types.MethodWrapperType)):
        owner = function.__self__
        named = owner is None or isinstance(owner, types.ModuleType)
        module, name = getattr(function, "__module__", None) if named else None, function.__qualname__
    elif is_of_cython(function):
        module, name = function.__module__, function.__qualname__
    elif is_immutable(function):
        module, name = type(function).__module__, getattr(function, "__name__", type(function).__qualname__)
    else:
        return f"a {described(function)}"
    return name if module in (None, "builtins") else f"{module}.{name}"


_INSIDE = ("tensorflow.python.", "autograph_hook.backends.", "autograph_hook.staging.")
_IN_WORDS = {
    "SymbolicTensor": "tensor",
    "EagerTensor": "tensor",
    "ResourceVariable": "tf.Variable",
    "Maybe": "value that is there on some paths only",
    "Conflict": "value that is another one on each path",
    "Elements": "list whose length is known only when the graph runs",
    "Deferred": "Python value of a tensor",
    "Array": "NumPy array",
    "Number": "Python number that varies",
}
"""What the user calls an object whose class has a name that nobody writes."""


def is_of_cython(function: Any) -> bool:
    """Is it a function that Cython has compiled?"""
    kind = type(function)
    return kind.__name__ == "cython_function_or_method" and kind.__module__.startswith("_cython")


def unknown(value: Any) -> str:
    """Why a trace does not take an object that is neither Python's nor of an enabled class."""
    name = name_of(value) if is_of_cython(value) else described(value)
    if name.startswith("numpy.random."):
        return f"uses {name}, which draws random numbers of NumPy's that a graph would keep"
    return f"uses {name}, of which it is not known how it changes"


def described(value: Any) -> str:
    """The class of a value, in a message."""
    kind = type(value)
    if kind.__module__.startswith(_INSIDE):
        return _IN_WORDS.get(kind.__name__, kind.__name__)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
