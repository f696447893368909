"""The user's source, as the report asks it: where functions end, what constructs decide on, where that is from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TypeAlias

LONGEST = 60
"""Characters of an expression that are shown."""

Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda"
_SUBJECTS: dict[str, tuple[type[ast.AST], str]] = {
    "if": (ast.If, "test"),
    "while": (ast.While, "test"),
    "for": (ast.For, "iter"),
    "assert": (ast.Assert, "test"),
    "conditional expression": (ast.IfExp, "test"),
    "not": (ast.UnaryOp, "operand"),
}
_DISPLAYS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_STATEMENTS: dict[type[ast.AST], str] = {
    ast.If: "if", ast.While: "while", ast.For: "for", ast.Assert: "assert", ast.With: "with", ast.Try: "try",
    ast.Import: "import", ast.ImportFrom: "import", ast.Return: "return", ast.Assign: "assignment",
    ast.AugAssign: "assignment", ast.AnnAssign: "assignment", ast.Raise: "raise", ast.Delete: "del",
    ast.FunctionDef: "def", ast.ClassDef: "class",
}  # fmt: skip


class Source:
    """The text of one file. What cannot be read or parsed has no functions, and answers nothing."""

    def __init__(self, text: str | bytes | None) -> None:
        self.text = text

    @cached_property
    def tree(self) -> ast.Module:
        try:
            return ast.parse(self.text or "")
        except (SyntaxError, ValueError, RecursionError):
            return ast.Module([], [])

    @cached_property
    def lines(self) -> dict[int, list[ast.AST]]:
        """The statements and expressions that begin on each line, outer ones first."""
        found: dict[int, list[ast.AST]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, (ast.stmt, ast.expr)):
                found.setdefault(node.lineno, []).append(node)
        return found

    @cached_property
    def functions(self) -> list[tuple[int, int, Function]]:
        """First line (that of a decorator, if there is one) and last line of each function."""
        return [
            (_first_line(node), node.end_lineno or node.lineno, node)
            for node in ast.walk(self.tree)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        ]

    @cached_property
    def texts(self) -> list[str]:
        text = self.text
        return (text.decode("utf-8", "replace") if isinstance(text, bytes) else text or "").splitlines()

    def line(self, number: int) -> str:
        """The text of a line; empty where there is none."""
        return self.texts[number - 1].strip() if 0 < number <= len(self.texts) else ""

    def end(self, line: int) -> int | None:
        """The last line of the function that begins on this line, with a decorator or with `def`."""
        ends = [last for first, last, node in self.functions if line in (first, node.lineno)]
        return max(ends, default=None)

    def function(self, line: int) -> Function | None:
        """The innermost `def` around a line."""
        around = [
            (first, node)
            for first, last, node in self.functions
            if first <= line <= last and not isinstance(node, ast.Lambda)
        ]
        return max(around, key=lambda entry: entry[0])[1] if around else None

    def is_branch(self, line: int) -> bool:
        """Does an `if` without a loop in it stand on a line?"""
        node = self.statement_at(line)
        return isinstance(node, ast.If) and not any(isinstance(each, (ast.For, ast.While)) for each in ast.walk(node))

    def statement(self, line: int) -> str:
        """What kind of statement stands on a line."""
        node = self.statement_at(line)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            return "call"
        return _STATEMENTS.get(type(node), "statement") if node is not None else "statement"

    def statement_at(self, line: int) -> ast.stmt | None:
        """The innermost statement on a line."""
        around = [
            node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
        ]
        return max(around, key=lambda node: (node.lineno, node.col_offset), default=None)

    def subject(self, line: int, construct: str) -> ast.expr | None:
        """What the construct on this line decides on; None where there are several."""
        found = list(self._subjects(line, construct))
        return found[0] if len(found) == 1 else None

    def _subjects(self, line: int, construct: str) -> Iterator[ast.expr]:
        for node in self.lines.get(line, ()):
            kind, field = _SUBJECTS.get(construct, (None, ""))
            if kind is not None and isinstance(node, kind):
                if construct != "not" or isinstance(getattr(node, "op", None), ast.Not):
                    yield getattr(node, field)
            elif construct == "comprehension" and isinstance(node, _DISPLAYS):
                yield node.generators[0].iter
            elif construct == "in" and isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
                yield node.comparators[0]
            elif construct == _word(node) and isinstance(node, ast.expr):
                yield node

    def called(self, line: int, name: str) -> str:
        """How a function is named where it is called; its own name where that cannot be told.

        >>> Source("y = tf.tanh(tf.abs(x))").called(1, "tensorflow.python.ops.math_ops.tanh")
        'tf.tanh'
        """
        last = name.rpartition(".")[2]
        functions = {
            shown(node.func)
            for node in self.lines.get(line, ())
            if isinstance(node, ast.Call) and _last(node.func) == last
        }
        return functions.pop() if len(functions) == 1 else name

    def origin(self, line: int, construct: str) -> str | None:
        """Where the value is from that a construct decides on, in words.

        >>> source = Source("def f(x, training):\\n    if training:\\n        x = 1\\n    return x if x.n else 2")
        >>> source.origin(2, "if"), source.origin(4, "conditional expression")
        ('from the argument training', 'from the attribute x.n')
        """
        node = self.subject(line, construct)
        if node is None:
            return None
        while isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            node = node.operand
        text = shown(node)
        if isinstance(node, ast.Name):
            return f"from the {self._kind(node.id, line)} {text}"
        if isinstance(node, ast.Attribute):
            return f"from the attribute {text}"
        if isinstance(node, ast.Constant):
            return "written there"
        return f"of {text}"

    def _kind(self, name: str, line: int) -> str:
        function = self.function(line)
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return "name"
        stored = {
            node.id
            for node in ast.walk(function)
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
        }
        arguments = {
            node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)
        }
        if name in arguments:
            return "name" if name in stored else "argument"
        return "name" if name in stored else "outer name"

    def reads(self, label: str, first: int, last: int) -> int | None:
        """The first line within these on which something is read that the user calls `label`."""
        lines = [
            node.lineno
            for node in ast.walk(self.tree)
            if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript))
            and isinstance(node.ctx, ast.Load)
            and first < node.lineno <= last
            and ast.unparse(node) == label
        ]
        return min(lines, default=None)


def shown(node: ast.AST) -> str:
    """The text of an expression, shortened."""
    return shortened(" ".join(ast.unparse(node).split()))


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def _word(node: ast.AST) -> str | None:
    if isinstance(node, ast.BoolOp):
        return "and" if isinstance(node.op, ast.And) else "or"
    return "comparison" if isinstance(node, ast.Compare) and len(node.ops) > 1 else None


def _last(node: ast.expr) -> str | None:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None


def _first_line(node: Function) -> int:
    decorators = getattr(node, "decorator_list", ())
    lines: list[int] = [node.lineno, *(decorator.lineno for decorator in decorators)]
    return min(lines)
