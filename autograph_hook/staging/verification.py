"""`verify`: a staged call and the plain run side by side.

The graph runs first, and does all that it does again in each call: what it stores, prints and draws is looked at and
put back. Then the function runs as it is written, and that is what the program gets. If both did the same, the program
goes on; at the first difference VerificationError names it.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from autograph_hook.errors import VerificationError
from autograph_hook.staging.differing import Comparison, Difference, text
from autograph_hook.staging.reachable import Content, State

if TYPE_CHECKING:
    from autograph_hook.staging.asked import Beside, Call
    from autograph_hook.staging.specialization import Specialization

XLA_TOLERANCE = 1e-4
"""XLA joins operations and so rounds otherwise: a floating point number may differ by this part of the largest one."""


class Failed(Exception):
    """The staged call raised: the function runs plain, as it would without verification."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


def verified(call: Call, specialization: Specialization, inputs: list[Any]) -> Any:
    """The result of the plain run, which has done what the staged call does. Raises Failed, or VerificationError."""
    backend, beside = call.backend, call.beside()
    state = State(beside.roots(), backend, beside.is_enabled, backend.variables())
    stream = backend.random_state()
    try:
        staged, printed = _staged(beside, specialization, inputs)
        stored, drawn = state.look(), backend.random_state()
    except Exception as error:
        changed = state.changed()
        if changed:
            where = state.labels[changed[0]]
            raise _error(beside, f"changes {where} before it raises {type(error).__name__} staged") from error
        raise Failed(error) from error
    finally:
        state.put_back()
        backend.put_random_state(stream)
    out = io.StringIO()
    written = ""
    try:
        with _both(out), _written(specialization.compiled, again=True) as file:
            result = beside.plain()
        written = file()
    except Exception as error:
        raise _error(beside, f"raises {type(error).__name__} plain ({error}), returns staged") from error
    comparison = Comparison(state, XLA_TOLERANCE if call.options.jit_compile else backend.rounding)
    found = _difference(comparison, beside, (result, staged), (state.look(), stored))
    if found is None and (out.getvalue() + written) != printed:
        found = _of_texts(out.getvalue() + written, printed)
    if found is None and not backend.same_random_state(backend.random_state(), drawn):
        found = "leaves the stream of random numbers elsewhere staged than plain"
    if found is not None:
        if call.options.jit_compile:
            found += f". For jit_compile a difference of {comparison.tolerance:g} is allowed"
        raise _error(beside, found)
    return result


def _staged(beside: Beside, specialization: Specialization, inputs: list[Any]) -> tuple[Any, str]:
    """What the staged call returns, and all that it prints."""
    afterwards: Callable[[], None] | None = None
    with _written(specialization.compiled, again=False) as file:
        if specialization.printing is None:
            outputs = specialization.compiled(inputs)
        else:
            outputs, afterwards = specialization.printing.run(specialization.compiled, inputs)
    result = specialization.pack(outputs, inputs)
    beside.put(result)
    out = io.StringIO()
    if afterwards is not None:
        before, sys.stdout = sys.stdout, out
        try:
            afterwards()
        finally:
            sys.stdout = before
    return result, out.getvalue() + file()


def _difference(
    comparison: Comparison, beside: Beside, results: tuple[Any, Any],
    stored: tuple[dict[int, Content], dict[int, Content]],
) -> str | None:
    found = comparison.value(*results) if beside.returns else None
    if found is not None:
        return f"returns {found}"
    state = comparison.state
    ignored = beside.ignored()
    for identity, value in state.objects.items():
        if identity not in ignored:
            plain, staged = (held[identity] for held in stored)
            found = comparison.held(plain, staged, state.labels[identity], type(value))
            if found is not None:
                return f"leaves {found}"
    return None


def _of_texts(plain: str, staged: str) -> str:
    """The first line that is printed otherwise."""
    ones, others = plain.splitlines(), staged.splitlines()
    for i in range(max(len(ones), len(others))):
        one = text(ones[i]) if i < len(ones) else "nothing"
        other = text(others[i]) if i < len(others) else "nothing"
        if one != other:
            return f"prints {Difference(f'line {i + 1}', one, other)}"
    return f"prints {Difference('', text(plain), text(staged))}"


def _error(beside: Beside, what: str) -> VerificationError:
    path, name, line = beside.place()
    return VerificationError(
        f"{path}:{line}: {name} {what}. What runs staged must do what the plain code does, so "
        "this is a mistake of autograph_hook's: please report it. '# autograph: plain' on its line keeps it plain."
    )


class _Tee(io.TextIOBase):
    """Standard output, with all that is written kept as well."""

    def __init__(self, stream: Any, kept: io.StringIO) -> None:
        self.stream = stream
        self.kept = kept

    def write(self, written: str) -> int:
        self.kept.write(written)
        return int(self.stream.write(written) or 0)

    def flush(self) -> None:
        self.stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextmanager
def _both(kept: io.StringIO) -> Iterator[None]:
    """What is printed goes to standard output, and is kept."""
    before = sys.stdout
    if before is None:
        yield
        return
    tee = _Tee(before, kept)
    sys.stdout = tee
    try:
        yield
    finally:
        if sys.stdout is tee:
            sys.stdout = before


@contextmanager
def _written(compiled: Any, again: bool) -> Iterator[Callable[[], str]]:
    """What operations of a graph write to the terminal, which Python's streams do not see. `again`: afterwards it is
    written there after all."""
    if not compiled.writes:
        yield lambda: ""
        return
    files = {number: tempfile.TemporaryFile() for number in (1, 2)}  # noqa: SIM115 - closed below
    kept: list[str] = []
    _flush()
    saved = {number: os.dup(number) for number in files}
    for number, file in files.items():
        os.dup2(file.fileno(), number)
    try:
        yield lambda: "".join(kept)
    finally:
        _flush()
        for number, file in files.items():
            os.dup2(saved[number], number)
            os.close(saved[number])
            file.seek(0)
            content = file.read()
            file.close()
            kept.append(content.decode(errors="replace"))
            if again and content:
                os.write(number, content)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
