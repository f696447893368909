"""Run an entry in every way there is, and say what was seen.

The eager run of the plain function is the measure. Against it stand the twin on Python values, a `tf.function` of the
enabled function, and a module that is staged by itself, from its second call on.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import re
import sys
import textwrap
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from autograph_hook.runtime import operators
from autograph_hook.settings import ModuleOptions
from autograph_hook.staging import specialization
from tests.language.entry import Call, Entry, made
from tests.staging import programs
from tests.twins.both import enabled, plain
from tests.twins.graphs import np

CONTROL_FLOW = {
    "If": "If", "StatelessIf": "If", "Case": "Case", "StatelessCase": "Case",
    "While": "While", "StatelessWhile": "While", "ReduceDataset": "ReduceDataset",
    "MapDataset": "MapDataset", "ParallelMapDatasetV2": "MapDataset", "ScanDataset": "ScanDataset",
    "Select": "Select", "SelectV2": "Select", "Assert": "Assert", "EagerPyFunc": "EagerPyFunc", "PrintV2": "PrintV2",
}  # fmt: skip
"""The operations that the table names, and under which name."""

HEADER = "import tensorflow as tf\nimport numpy as np\n"
LINES_BEFORE = HEADER.count("\n")
LINES_BEFORE_OWN = LINES_BEFORE + programs.PADDING.count("\n")
"""How many lines stand before an entry's program in the modules that are made of it."""

PLACE = r"(?:\S*/)?(?:(?:enabled|plain)_\d+\.py|<program \d+>):(\d+)(?:, in [\w.<>]+)?"
VARIES = (
    (re.compile(rf"(^|: ){PLACE}: "), r"\1"),
    (re.compile(PLACE), r"line \1"),
    (re.compile(r"\b(enabled_\d+|hooked_program)\."), ""),
    (re.compile(r" at 0x[0-9a-f]+"), ""),
    (re.compile(r"(maximum recursion depth exceeded).*"), r"\1"),
    (re.compile(r" You can attempt the following.*"), ""),
    (re.compile(r"\biterable argument is empty"), "arg is an empty sequence"),
)
"""What differs from run to run in a message, or from Python to Python, or is TensorFlow's advice, and what the table
says for it."""

LENGTH = 400
"""No message in the table is longer."""


@dataclass(frozen=True)
class Seen:
    """What came of the calls of one column."""

    text: str = ""
    """For the table."""
    refused: str = ""
    """The error of a trace where the eager run gives a value."""
    wrong: str = ""
    """How it differs, where that is no refusal."""


def observe(entry: Entry) -> dict[str, Seen]:
    """By column: `python`, `tensors`, `mixtures`, `own`. A column without calls is not there."""
    program = textwrap.dedent(entry.source).strip() + "\n"
    source = HEADER + program
    calls = entry.calls()
    seen = {}
    if calls["python"]:
        seen["python"] = as_twin(source, calls["python"])
    graph = InGraph(source, entry)
    for column in ("tensors", "mixtures"):
        if calls[column]:
            seen[column] = graph.seen(calls[column])
    own = [*calls["tensors"], *calls["mixtures"]]
    if own:
        seen["own"] = by_itself(program, own, entry.recursion)
    return seen


@dataclass(frozen=True)
class Outcome:
    """What a call returned or raised, and what it printed."""

    value: Any
    error: Exception | None
    printed: str


def outcome(function: Any, call: Call) -> Outcome:
    arguments = made(call, tf)
    printed = io.StringIO()
    value, error = None, None
    with contextlib.redirect_stdout(printed):
        try:
            value = function(*arguments)
        except Exception as raised:
            error = raised
    return Outcome(value, error, printed.getvalue())


class Lines:
    """What `linecache` asks for the source of a module that has no file."""

    def __init__(self, source: str) -> None:
        self.source = source

    def get_source(self, name: str) -> str:
        return self.source


def with_source(module: types.ModuleType, source: str, path: str = "") -> types.ModuleType:
    """The module, where tracebacks and TensorFlow's own conversion look for it and its lines."""
    path = path or str(module.__file__)
    sys.modules.setdefault(module.__name__, module)
    module.__dict__["__loader__"] = Lines(source)
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    return module


def as_twin(source: str, calls: Sequence[Call]) -> Seen:
    """The twin, called outside any trace, must do what Python does, exceptions and prints included."""
    one, other = with_source(plain(source), source), with_source(enabled(source), source)
    for call in calls:
        expected = outcome(one.f, call)
        found = outcome(lambda *arguments: operators.call(other.f, *arguments), call)
        both = repr(values(expected.value)), repr(values(found.value))
        texts = [repr(expected.error), repr(found.error)]
        if both[0] != both[1] or texts[0] != texts[1] or expected.printed != found.printed:
            return Seen(wrong=f"{call}: {found} where Python gives {expected}")
    return Seen("as Python")


class InGraph:
    """One `tf.function` of the enabled function for all calls of an entry."""

    def __init__(self, source: str, entry: Entry) -> None:
        options = ModuleOptions(mode="traced", recursion=entry.recursion)
        self.eager = getattr(with_source(plain(source), source), entry.measure or "f")
        self.staged = tf.function(with_source(enabled(source, options=options), source).f)
        self.more = "; more than eagerly, where it is an error" if entry.measure else ""

    def seen(self, calls: Sequence[Call]) -> Seen:
        kinds: dict[str, None] = {}
        raised: dict[str, None] = {}
        refused: dict[str, None] = {}
        for call in calls:
            expected, found = outcome(self.eager, call), outcome(self.staged, call)
            if expected.error is not None:
                if found.error is None:
                    return Seen(wrong=f"{call}: no error where Python gives {expected.error!r}")
                raised[_error_names(expected.error, found.error)] = None
            elif found.error is not None:
                refused[message(found.error)] = None
                continue
            elif (difference := unlike(found.value, expected.value)) is not None:
                return Seen(wrong=f"{call}: {difference}")
            with contextlib.suppress(Exception):
                kinds.update(dict.fromkeys(operations(self.staged.get_concrete_function(*made(call, tf)).graph)))
        if refused:
            return Seen(refused="; ".join(refused))
        return Seen("; ".join([graph_text(list(kinds)), *raised]) + self.more)


def _error_names(expected: Exception, found: Exception) -> str:
    if type(found).__qualname__ == type(expected).__qualname__:
        return f"raises `{type(expected).__name__}`, as Python does"
    return f"raises `{type(found).__name__}` for Python's `{type(expected).__name__}`"


def graph_text(kinds: Sequence[str]) -> str:
    if not kinds:
        return "straight-line graph"
    return "graph with " + ", ".join(f"`{kind}`" for kind in sorted(kinds))


def operations(graph: Any) -> Iterator[str]:
    """The kinds of the operations in a graph and in the functions that it uses, those that the table names."""
    definition = graph.as_graph_def()
    for nodes in (definition.node, *(function.node_def for function in definition.library.function)):
        for node in nodes:
            if node.op in CONTROL_FLOW:
                yield CONTROL_FLOW[node.op]


def by_itself(source: str, calls: Sequence[Call], recursion: bool) -> Seen:
    """Staged without decorators: equal in values, types, exceptions and prints, and staged or plain with a reason."""
    fewest, specialization.FEWEST_OPERATIONS = specialization.FEWEST_OPERATIONS, 0
    try:
        program = programs.Program(source, recursion=recursion)
        with_source(program.plain, HEADER + programs.PADDING + source, program.path)
        for call in [call for call in calls for _ in range(3)]:
            expected, found = outcome(program.plain.f, call), outcome(program.hooked.f, call)
            try:
                programs.same(_whole(found), _whole(expected))
            except AssertionError as error:
                return Seen(wrong=f"{call}: {str(error)[:LENGTH]}")
            if found.printed != expected.printed:
                return Seen(wrong=f"{call}: prints {found.printed!r} where Python prints {expected.printed!r}")
    finally:
        specialization.FEWEST_OPERATIONS = fewest
    return Seen(own_text(program))


def _whole(found: Outcome) -> Any:
    if found.error is None:
        return found.value
    kind = type(found.error)
    if kind.__module__.endswith("_program"):  # each module has a class of its own
        return kind.__qualname__, str(found.error)
    return programs.Raised(found.error)


def own_text(program: programs.Program) -> str:
    staging = program.staging("f")
    if staging.reason is not None:
        return f"plain: {message_text(staging.reason, LINES_BEFORE_OWN)}"
    if staging.refusal is not None:
        return f"staged; other kinds of calls plain: {message_text(staging.refusal, LINES_BEFORE_OWN)}"
    if staging.calls_staged:
        return "staged"
    if staging.failures:
        return "staged; the calls that raise are answered by plain ones"
    return "plain: no trace was tried"


def unlike(found: Any, expected: Any) -> str | None:
    """How a graph's result differs from the eager one, None where it does not.

    Where the eager result is a tensor the dtype counts; a Python value may come out of a graph as a tensor.
    """
    if isinstance(expected, tf.Tensor) and isinstance(found, tf.Tensor) and expected.dtype != found.dtype:
        return f"dtype {found.dtype.name}, not {expected.dtype.name}"
    if isinstance(expected, dict) and isinstance(found, dict) and list(found) == list(expected):
        pairs = [(found[key], expected[key]) for key in expected]
    elif isinstance(expected, (list, tuple)) and isinstance(found, (list, tuple)) and len(found) == len(expected):
        pairs = list(zip(found, expected, strict=True))
    else:
        one, other = values(found), values(expected)
        return None if repr(one) == repr(other) else f"{one!r}, not {other!r}"
    return next((difference for pair in pairs if (difference := unlike(*pair)) is not None), None)


def values(value: Any) -> Any:
    """A nest of tensors and Python values as Python values that can be compared by their texts."""
    if isinstance(value, dict):
        return {key: values(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [values(item) for item in value]
    if isinstance(value, tf.RaggedTensor):
        return value.to_list()
    if isinstance(value, (tf.Tensor, tf.Variable)):
        value = value.numpy()
    if isinstance(value, np.ndarray):
        value = value.tolist()
        return values(value) if isinstance(value, list) else value
    value = value.item() if isinstance(value, np.generic) else value
    return value.decode() if isinstance(value, bytes) else value


def message(error: Exception) -> str:
    """The stable part of an error: its kind and text, without the place where it stands."""
    return f"{type(error).__name__}: {message_text(str(error))}"


def message_text(text: str, lines_before: int = LINES_BEFORE) -> str:
    """The first line of a message, its line numbers those of the entry's program."""
    first = text.strip().split("\n")[0]
    for pattern, shown in VARIES:
        first = pattern.sub(shown, first)
    first = re.sub(r"\bline (\d+)", lambda found: f"line {int(found[1]) - lines_before}", first)
    return first if len(first) <= LENGTH else first[:LENGTH] + "…"
