"""The contenders of one part in turn, in one process; processor time of each round as JSON.

Arguments: the part, rounds, and that every so manieth file is taken.
"""

from __future__ import annotations

import ast
import importlib
import json
import linecache
import sys
import sysconfig
import tempfile
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograph_hook.transpiler import transform
from benchmarks.harness import interleave
from benchmarks.modules import source

LEFT_OUT = ("test", "tests", "idle_test", "site-packages", "dist-packages", "lib2to3", "encodings", "__pycache__")
"""Tests, what was installed, a grammar's test files, and the tables of encodings."""
MODULES = 3
CONVERTERS = {"AutoGraph": "tensorflow", "diastatic-malt": "malt"}


def library(every: int) -> list[tuple[bytes, str]]:
    """Files of the standard library that this Python can compile."""
    root = Path(sysconfig.get_path("stdlib"))
    paths = [path for path in sorted(root.rglob("*.py")) if not {*path.relative_to(root).parts} & {*LEFT_OUT}]
    found = []
    for path in paths[::every]:
        text = path.read_bytes()
        try:
            compile(text, str(path), "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            continue
        found.append((text, str(path)))
    return found


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def transformed(files: list[tuple[bytes, str]]) -> None:
    for text, path in files:
        transform(text, path).payload()


def parsed_and_compiled(files: list[tuple[bytes, str]]) -> None:
    """By way of a tree in Python objects, without which nothing can be transformed."""
    for text, path in files:
        compile(ast.parse(text, path), path, "exec", dont_inherit=True)


def compiled(files: list[tuple[bytes, str]]) -> None:
    for text, path in files:
        compile(text, path, "exec", dont_inherit=True)


def converters(directory: str, paths: list[str]) -> tuple[dict[str, Callable[[], float]], dict[str, str]]:
    """The converters of functions that are installed."""
    found: dict[str, Callable[[], float]] = {}
    missing = {}
    for name, package in CONVERTERS.items():
        try:
            module = importlib.import_module(package)
        except ImportError as error:
            missing[name] = str(error)
            continue
        api = module.autograph if name == "AutoGraph" else module
        found[name] = lambda api=api: _converted(api.to_graph, paths)  # type: ignore[misc]
    return found, missing


def _converted(to_graph: Callable[[Any], Any], paths: list[str]) -> float:
    functions = []
    for path in paths:
        # They know code again that they have converted: a line more makes it other code.
        Path(path).write_text("\n" + Path(path).read_text())
        linecache.checkcache(path)
        module = types.ModuleType(Path(path).stem)
        module.__file__ = path
        sys.modules[module.__name__] = module
        exec(compile(Path(path).read_bytes(), path, "exec"), vars(module))
        functions += list(_functions(module))
    return seconds(lambda: [to_graph(function) for function in functions])


def _functions(module: types.ModuleType) -> list[Any]:
    """The module's functions and its classes' methods, without what decorators have wrapped."""
    found = []
    for value in vars(module).values():
        if isinstance(value, types.FunctionType):
            found.append(value)
        elif isinstance(value, type) and value.__module__ == module.__name__:
            found += [method for method in vars(value).values() if isinstance(method, types.FunctionType)]
    return found


def main() -> None:
    part, rounds, every = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    missing: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as directory:
        tempfile.tempdir = directory  # converters leave their files there
        if part == "functions":
            files = []
            for n in range(MODULES):
                path = Path(directory, f"converted_{n}.py")
                path.write_text(source(n))
                files.append((path.read_bytes(), str(path)))
            others, missing = converters(directory, [path for _, path in files])
            variants = {"ours": lambda: seconds(lambda: transformed(files)), **others}
        else:
            files = library(every)
            variants = {
                "ours": lambda: seconds(lambda: transformed(files)),
                "parsing and compiling alone": lambda: seconds(lambda: parsed_and_compiled(files)),
                "compiling alone": lambda: seconds(lambda: compiled(files)),
            }
        for work in (transformed, compiled):
            work(files[:5])
        times = interleave(variants, rounds)
    lines = sum(text.count(b"\n") for text, _ in files)
    print(json.dumps({"times": times, "lines": lines, "files": len(files), "missing": missing}))


if __name__ == "__main__":
    main()
