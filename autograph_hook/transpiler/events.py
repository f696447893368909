"""On which line a function's first line event is: a gate stands there, so that a tracer sees no step of its own."""

from __future__ import annotations

import ast
import dis
import sys
import types
import warnings

from autograph_hook.transpiler.analysis.scopes import descendants
from autograph_hook.transpiler.templates import rebuilt


def is_declaration(node: ast.stmt) -> bool:
    """Is this a statement that only tells something about a name, for which there is no code?"""
    if isinstance(node, ast.AnnAssign):
        return node.value is None and isinstance(node.target, ast.Name)
    return isinstance(node, (ast.Global, ast.Nonlocal))


def first_line(body: list[ast.stmt], function_line: int) -> int:
    """The line of the first line event of these statements, the body of a function.

    >>> tree = ast.parse('''
    ... global x
    ... y = [
    ...     f(),
    ... ]''')
    >>> first_line(tree.body, 1)
    4
    """
    for statement in body:
        if is_declaration(statement):
            continue
        is_simple = statement.lineno == statement.end_lineno and isinstance(statement, _SIMPLE)
        if is_simple and not _may_lose_its_line(statement):
            return statement.lineno
        line = _compiled_first_line(statement)
        if line is not None:
            return function_line if line == _after(statement) else line
    return body[0].lineno


_SIMPLE = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.Assert, ast.Pass, ast.Raise, ast.Import, ast.ImportFrom)


def _may_lose_its_line(statement: ast.stmt) -> bool:
    """CPython 3.11 compiles `"…" % (…)` to an f-string whose first instruction has the function's line."""
    return any(
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant)
        for node in descendants(statement)
    )


def _after(statement: ast.stmt) -> int:
    """A line that is none of the statement's."""
    return (statement.end_lineno or statement.lineno) + 1


def _compiled_first_line(statement: ast.stmt) -> int | None:
    """Ask the compiler: a statement over several lines may start with an event on any of them."""
    if isinstance(statement, (ast.While, ast.If, ast.With, ast.For)):
        # Only the head decides; a body may be long.
        heads = {ast.While: "test", ast.If: "test", ast.For: "iter"}
        if isinstance(statement, ast.With):
            if statement.lineno == statement.items[0].context_expr.end_lineno:
                return statement.lineno
        else:
            head: ast.expr = getattr(statement, heads[type(statement)])
            if isinstance(head, ast.Constant):
                return statement.lineno
            if statement.lineno == head.end_lineno:
                return statement.lineno
            nothing_inside = [ast.copy_location(ast.Pass(), statement)]
            statement = rebuilt(statement, body=nothing_inside, orelse=[])
    elif isinstance(statement, ast.Try):
        return statement.lineno
    nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    function = ast.FunctionDef(name="f", args=nothing, body=[statement], decorator_list=[], returns=None)
    if sys.version_info >= (3, 12):
        function.type_params = []
    ast.copy_location(function, statement)
    function.lineno = function.end_lineno = _after(statement)
    function.col_offset = function.end_col_offset = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            module = compile(ast.Module([function], []), "<first line>", "exec", dont_inherit=True)
        except SyntaxError:
            return statement.lineno
    code = next(c for c in module.co_consts if isinstance(c, types.CodeType))
    for start, _end, line in code.co_lines():
        if line is not None and _is_event(code, start):
            return line
    return None


def _is_event(code: types.CodeType, offset: int) -> bool:
    """RESUME, COPY_FREE_VARS and the like come before a function's first line event."""
    return dis.opname[code.co_code[offset]] not in _PROLOGUE


_PROLOGUE = frozenset({"RESUME", "MAKE_CELL", "COPY_FREE_VARS"})
