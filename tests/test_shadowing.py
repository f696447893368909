"""No comprehension of ours names its variable as a global that its function reads elsewhere.

Python 3.12.1, which runs comprehensions inside their functions, takes the global for a local without a value in another
comprehension of that function.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.conftest import ROOT

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp)


def own(node: ast.AST) -> Iterator[ast.AST]:
    """What stands in a function, or in a comprehension, and in none inside of it."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, (*FUNCTIONS, *COMPREHENSIONS)):
            yield from own(child)


def names(nodes: Iterator[ast.AST], kind: type[ast.expr_context]) -> set[str]:
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, kind)}


def shadowed(source: str) -> list[str]:
    """
    >>> shadowed("def f(xs, ys):\\n    return [type for type in xs], [x for x in ys if type(x) is list]")
    ['f: type']
    >>> shadowed("def f(xs):\\n    x = 1\\n    return [x for x in xs], [type(x) for x in xs]")
    []
    """
    found = []
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        comprehensions = [node for node in own(function) if isinstance(node, COMPREHENSIONS)]
        bound = names(own(function), ast.Store) | {arg.arg for arg in ast.walk(function.args) if isinstance(arg, ast.arg)}
        for one in comprehensions:
            read = names(own(function), ast.Load)
            for other in comprehensions:
                read |= names(own(other), ast.Load) - names(own(other), ast.Store) if other is not one else set()
            found += [f"{function.name}: {name}" for name in sorted((names(own(one), ast.Store) & read) - bound)]
    return found


def test_no_variable_of_a_comprehension_hides_a_global_that_its_function_reads() -> None:
    files = sorted((ROOT / "autograph_hook").rglob("*.py"))
    found = {path.relative_to(ROOT).as_posix(): shadowed(path.read_text(encoding="utf-8")) for path in files}
    assert len(files) > 100
    assert {path: names for path, names in found.items() if names} == {}
