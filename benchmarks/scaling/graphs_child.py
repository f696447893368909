"""One process of a part of the scaling benchmark: figures for each contender and size, as JSON.

Arguments: a directory to write modules to, the part, rounds, the sizes, and for specializations the form.
"""

from __future__ import annotations

import gc
import importlib
import json
import math
import os
import sys
import time
import timeit
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

import autograph_hook
from benchmarks.harness import interleave
from benchmarks.scaling import programs

SAMPLE = 0.02  # seconds
WARM = 8
"""Calls before anything is timed."""


def module(directory: str, name: str, text: str) -> Any:
    """Through the hook, if the text is marked."""
    Path(directory, f"{name}.py").write_text(text)
    importlib.invalidate_caches()
    return importlib.import_module(name)


def plain(directory: str, name: str, text: str) -> Any:
    """The same text as Python loads it."""
    path = Path(directory, f"{name}.py")
    path.write_text(text)
    loaded = types.ModuleType(name)
    loaded.__file__ = str(path)
    sys.modules[name] = loaded
    exec(compile(text, str(path), "exec"), vars(loaded))
    return loaded


def traces(directory: str, rounds: int, sizes: list[int], form: str) -> Any:
    x = tf.ones([8])
    tf.function(lambda x: tf.cond(tf.reduce_sum(x) > 0, lambda: x + 1, lambda: x), autograph=False)(x)
    turns = iter(range(10**9))

    def once(form: str, blocks: int) -> float:
        turn = next(turns)
        text = programs.traced(blocks, by_hand=form == "by hand")
        # A line more each time: AutoGraph knows code again that it has converted.
        text = text.replace("\n\n\n", "\n" * (turn + 3), 1)
        load = module if form == "enabled" else plain
        function = load(directory, f"{form.replace(' ', '_')}_{turn}", text).f
        start = time.process_time()
        tf.function(function, autograph=form != "by hand").get_concrete_function(x)
        return 1e3 * (time.process_time() - start)

    forms = ("by hand", "AutoGraph", "enabled")
    for form in forms:
        once(form, 1)
    variants = {
        (form, blocks): lambda form=form, blocks=blocks: once(form, blocks)
        for form in forms
        for blocks in sizes
        if form != "AutoGraph" or blocks <= programs.MOST_FOR_AUTOGRAPH
    }
    return collected(interleave(variants, rounds))  # type: ignore[arg-type]


def arguments(directory: str, rounds: int, sizes: list[int], form: str) -> Any:
    calls: dict[tuple[str, int], Callable[[], float]] = {}
    for count in sizes:
        text = programs.taking(count)
        given = [tf.fill([8], float(i)) for i in range(count)]
        eager = plain(directory, f"plain_{count}", text).f
        staged = module(directory, f"enabled_{count}", text).f
        decorated = tf.function(eager, autograph=False)
        graph = decorated.get_concrete_function(*given)
        run = graph.inference_fn
        forms = {
            "eager": lambda f=eager, given=given: f(*given),
            "tf.function": lambda f=decorated, given=given: f(*given),
            "staged": lambda f=staged, given=given: f(*given),
            "bare graph": lambda run=run, inputs=[*given, *graph.captured_inputs]: run.call_preflattened(inputs),
        }
        calls |= {(form, count): sampler(call) for form, call in forms.items()}
        check_staged(staged)
        check_equal({form: tf.nest.flatten(call())[0] for form, call in forms.items()})
    return collected(interleave(calls, rounds))  # type: ignore[arg-type]


def specializations(directory: str, rounds: int, sizes: list[int], form: str) -> Any:
    """Each round has functions of its own, one graph each; the memory that they added."""
    most, x = max(sizes), tf.ones([8])
    warm = 3
    text = programs.many(most * rounds + warm)
    loaded = (module if form == "staged" else plain)(directory, "functions", text)
    kept = []
    found: dict[str, list[float]] = {str(size): [] for size in sizes}

    def make(number: int) -> None:
        function = getattr(loaded, f"f{number}")
        if form == "tf.function":
            function = tf.function(function, autograph=False)
            kept.append(function)
        for _ in range(3):
            function(x)

    for number in range(warm):
        make(most * rounds + number)
    for turn in range(rounds):
        before = resident()
        for number in range(most):
            make(turn * most + number)
            if number + 1 in sizes:
                found[str(number + 1)].append(resident() - before)
    if form == "staged":
        check_staged(getattr(loaded, f"f{most * rounds - 1}"))
    return found


def recursion(directory: str, rounds: int, sizes: list[int], form: str) -> Any:
    sys.setrecursionlimit(20 * max(sizes) + 10_000)
    x, tensor = np.ones(16), tf.ones([16])
    numbers = programs.recursive("numpy", "np")
    tensors = programs.recursive("tensorflow", "tf")
    graph = programs.recursive("tensorflow", "tf", "enable recursion=true")
    in_graph = tf.function(module(directory, "in_graph", graph).down)
    in_python, eager = plain(directory, "numbers", numbers).down, plain(directory, "tensors", tensors).down
    functions: dict[str, Callable[[int], Any]] = {
        "plain": lambda n: in_python(n, x),
        "eager TensorFlow": lambda n: eager(n, tensor),
        "graph of TensorFlow": lambda n: in_graph(tf.constant(n), tensor),
    }
    missing = {}
    try:
        importlib.import_module("llvmlite")
    except ImportError as error:
        missing["Lantern"] = str(error)
    else:
        native = module(directory, "native", programs.recursive("numpy", "np", "enable backend=lantern warm_up=1")).down
        functions["Lantern"] = lambda n: native(n, x)
    calls = {(name, n): sampler(lambda f=f, n=n: f(n)) for name, f in functions.items() for n in sizes}
    if "Lantern" in functions:
        check_staged(native)
    check_equal({name: f(min(sizes)) for name, f in functions.items()})
    return {**collected(interleave(calls, rounds)), "missing": missing}  # type: ignore[arg-type]


def sampler(call: Callable[[], Any]) -> Callable[[], float]:
    """A sample: microseconds of a call."""
    for _ in range(WARM):
        call()
    times = max(1, math.ceil(SAMPLE / max(1e-7, timeit.timeit(call, number=2) / 2)))
    return lambda: 1e6 * timeit.timeit(call, number=times) / times


def collected(samples: Any) -> dict[str, dict[str, list[float]]]:
    found: dict[str, dict[str, list[float]]] = {}
    for (form, size), values in samples.items():
        found.setdefault(form, {})[str(size)] = values
    return found


def check_staged(function: Any) -> None:
    """What is measured as staged must have been."""
    for listed in autograph_hook.report().to_dict()["modules"]:
        for entry in listed["functions"]:
            if (listed["name"], entry["qualname"]) == (function.__module__, function.__qualname__):
                if not entry["calls_staged"]:
                    raise SystemExit(f"{function.__module__}.{function.__qualname__} is not staged: {entry['reason']}")
                return
    raise SystemExit(f"{function.__module__}.{function.__qualname__} is not in the report")


def check_equal(results: dict[str, Any]) -> None:
    """Contenders must compute the same, but for rounding."""
    expected = np.asarray(next(iter(results.values())))
    for name, result in results.items():
        if not np.allclose(np.asarray(result), expected, rtol=1e-5):
            raise SystemExit(f"another result by {name}")


def resident() -> float:
    """Kilobytes."""
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024


PARTS = {"traces": traces, "arguments": arguments, "specializations": specializations, "recursion": recursion}


def main() -> None:
    directory, part, rounds, sizes, form = sys.argv[1:]
    sys.path.insert(0, directory)
    autograph_hook.install()
    print(json.dumps(PARTS[part](directory, int(rounds), [*map(int, sizes.split(","))], form)))


if __name__ == "__main__":
    main()
