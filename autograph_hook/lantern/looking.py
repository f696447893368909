"""What becomes of a function: its program, its adjoint, LLVM's code and the machine's, as text."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from autograph_hook.errors import StagingError
from autograph_hook.lantern.gradients import Gradient
from autograph_hook.runtime import frameworks, gate
from autograph_hook.staging.by_name import specialize
from autograph_hook.staging.facts import Abort


def stages(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The stages of a function for these arguments: titles and texts. Those of the gradient are with respect to the
    first argument, where that has one."""
    from autograph_hook.backends.lantern.llvm.listing import listing
    from autograph_hook.backends.lantern.text import write

    name = function.__qualname__
    compiled = forward(function, args, kwargs)
    yield f"The program of {name}", write(compiled.traced.program)
    try:
        whole: Any = Gradient(function).specialization(args, kwargs)[0].compiled
    except StagingError as error:
        yield f"No adjoint of {name}", str(error)
        whole = compiled
    else:
        yield f"The adjoint of {name}", write(whole.adjoint)
    yield "Both, optimized" if whole is not compiled else "Optimized", write(whole.program)
    llvm, machine = listing(whole.program, [whole.entry.definition.name])
    yield "LLVM IR, optimized", llvm
    yield "Assembly", machine


def forward(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The function without its gradient, compiled."""
    from autograph_hook.backends.lantern.backend import Whole
    from autograph_hook.lantern.gradients import Call

    found = gate.gate_of(function)  # type: ignore[arg-type]
    if found is None:
        raise StagingError(f"{function.__qualname__} is not a function of an enabled module")
    frameworks.use_backend("lantern")
    frameworks.start()
    call = Call(function, found, Whole(), args, kwargs)  # type: ignore[arg-type]
    try:
        return specialize(call, "lantern").compiled
    except Abort as abort:
        raise StagingError(f"{function.__qualname__} runs plain: {abort.reason}") from None


def arguments(function: Callable[..., Any], text: str | None) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments that a text gives, as in a call; without one, the defaults."""
    if text is not None:
        names = {**vars(__import__("builtins")), "np": __import__("numpy"), **function.__globals__}
        names["__call__"] = lambda *args, **kwargs: (args, kwargs)
        found: tuple[tuple[Any, ...], dict[str, Any]] = eval(f"__call__({text})", names)
        return found
    lacking = [p.name for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    if lacking:
        raise ValueError(
            f"{function.__qualname__} takes {', '.join(lacking)}: say with --args what it is given, since types and "
            "shapes come from there, as in --args 'np.zeros(3), 2'"
        )
    return (), {}


