"""Compound statements: branches, loops, handlers, contexts, `match`, functions and classes inside functions."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

from tests.fuzz.writer import Function, Scope, Writer

Lines = list[str]
MOST_LOOPS = 2
"""How deep loops nest in one function."""
ITERABLES = ("range($int % 4)", "range(3)", "tuple(@list)", "@list[:3]", "reversed(@list[:3])", "sorted($list)[:3]")
PAIRS = ("enumerate(@list[:3])", "zip(@list[:3], @list[1:])", "enumerate(counted(2), 1)", "[@tuple, $tuple]")
ITEMS = ("@dict.items()", "list(@dict.items())", "zip('ab', @list)", "sorted(@dict.items())")
CAUGHT = ("ZeroDivisionError", "KeyError", "IndexError", "Oops", "(KeyError, IndexError)", "LookupError", "Exception",
          "AssertionError", "ValueError", "(Oops, TypeError)")  # fmt: skip
RAISED = ("Oops($int)", "KeyError($str)", "ValueError", "Oops", "Oops($str, $int)")
CONTEXTS = ("Guard($str)", "Guard($str, $bool)", "contextlib.suppress(KeyError, IndexError)", "managed($int)")
CASES: dict[str, Sequence[str]] = {
    "int": ("0", "1 | 2 | 3", "?n if $cond", "-1", "int(?n)", "?n if ?n > 2"),
    "str": ("'a'", "'key' | ''", "str() as ?t"),
    "list": ("[]", "[?n]", "[?n, *_]", "[1, ?n]", "[?n, *_, ?o] if $cond", "[_, _, *?l]"),
    "tuple": ("(1, ?n)", "(?n, 0 | 3)", "(?n, ?o) if ?n < ?o", "Point(a=?n)", "Point(?n, ?o)"),
    "dict": ("{'a': ?n}", "{'a': 1, **?r}", "{'b': ?n, 'a': ?o}", "{}"),
    "opt": ("None", "4", "int(?n) if $cond"),
    "box": ("Sub(v=?n)", "Box(v=1 | 2)", "Box(v=?n, items=[])", "Box()"),
}
CAPTURED = {"n": "int", "o": "int", "t": "str", "l": "list", "r": "dict"}


def indented(lines: Lines) -> Lines:
    return textwrap.indent("\n".join(lines), "    ").split("\n")


class Blocks(Writer):
    def block(self, scope: Scope, depth: int, most: int = 4) -> Lines:
        """Some statements; `scope` is what holds after them."""
        lines: Lines = []
        for _ in range(1 + self.choices.below(most)):
            if not scope.live:
                break
            lines += self.statement(scope, depth)
        return lines

    def statement(self, scope: Scope, depth: int) -> Lines:
        choices = self.choices
        if depth > 0 and choices.chance(45):
            return choices.pick(self.compounds(scope))(scope, depth - 1)
        if choices.chance(6):
            return self.jump(scope)
        if scope.yields and choices.chance(40):
            return [self.fill(choices.pick(["yield $int", "=int = (yield $int) or 0", "yield from @list[:2]"]), scope)]
        if choices.chance(4):
            owned = [name for name in scope.bound if name in scope.own]
            if owned:
                name = choices.pick(owned)
                scope.unbind(name)
                return [f"del {name}"]
        return [self.simple(scope)]

    def compounds(self, scope: Scope) -> list[Callable[[Scope, int], Lines]]:
        found = [self.branch, self.branch, self.branch, self.handler, self.context, self.match]
        if scope.loops < MOST_LOOPS:
            found += [self.counted, self.over, self.over]
        if not scope.level:
            found += [self.function, self.local_class]
        return found

    def jump(self, scope: Scope) -> Lines:
        options = []
        if scope.result:
            options += [f"return ${scope.result}"]
        if scope.loops:
            options += ["break", "continue"]
        if self.dialect.effects or not options:
            options += ["raise " + self.choices.pick(RAISED)]
        text = self.fill(self.choices.pick(options), scope)
        if self.choices.chance(15):
            scope.live = False
            return [text]
        return [f"if {self.condition(scope)}:", f"    {text}"]

    def branch(self, scope: Scope, depth: int) -> Lines:
        lines: Lines = []
        paths = []
        word = "if"
        for _ in range(1 + self.choices.below(3) // 2):
            lines.append(f"{word} {self.condition(scope)}:")
            path = scope.inner()
            lines += indented(self.block(path, depth, 3))
            paths.append(path)
            word = "elif"
        other = scope.inner()
        if self.choices.chance(50):
            lines += ["else:", *indented(self.block(other, depth, 3))]
        scope.join([*paths, other])
        return lines

    def loop_body(self, scope: Scope, depth: int) -> tuple[Scope, Lines]:
        body = scope.inner()
        body.loops += 1
        return body, indented(self.block(body, depth, 3))

    def behind(self, scope: Scope, depth: int, body: Scope, lines: Lines) -> Lines:
        """A loop with its body, and an `else` perhaps. It may not have run, and `break` leaves it anywhere."""
        skipped = scope.inner()
        if self.choices.chance(20):
            lines += ["else:", *indented(self.block(skipped, depth, 2))]
            skipped.live = True
            skipped.bound = {name: kind for name, kind in skipped.bound.items() if name in scope.bound}
        body.live = True
        scope.join([skipped, body])
        return lines

    def counted(self, scope: Scope, depth: int) -> Lines:
        """A `while` loop that ends."""
        count, limit = self.fresh("k"), self.choices.below(4)
        first = [f"{count} = 0"]
        if self.choices.chance(30):
            head = ["while True:", f"    {count} += 1", f"    if {count} > {limit} or {self.condition(scope)}:", "        break"]
        else:
            test = f"{count} < {limit}"
            if self.choices.chance(50):
                tests = [test, self.condition(scope)]
                test = " and ".join(tests if self.choices.chance(50) else tests[::-1])
            head = [f"while {test}:", f"    {count} += 1"]
        body, lines = self.loop_body(scope, depth)
        return first + self.behind(scope, depth, body, head + lines)

    def over(self, scope: Scope, depth: int) -> Lines:
        choices = self.choices
        inner = scope.inner()
        manner = choices.below(3)
        if manner == 0:
            iterable, targets = self.fill(choices.pick(ITERABLES), scope), [self.target("int", scope)]
            kinds = ["int"]
        elif manner == 1:
            iterable, kinds = self.fill(choices.pick(PAIRS), scope), ["int", "int"]
            targets = [self.target("int", scope), self.target("int", scope)]
        else:
            iterable, kinds = self.fill(choices.pick(ITEMS), scope), ["str", "int"]
            targets = [self.target("str", scope), self.target("int", scope)]
        return self.for_each(scope, inner, depth, ", ".join(targets), iterable, dict(zip(targets, kinds, strict=True)))

    def for_each(
        self, scope: Scope, inner: Scope, depth: int, target: str, iterable: str, bound: dict[str, str]
    ) -> Lines:
        for name, kind in bound.items():
            inner.bind(name, kind)
        body, lines = self.loop_body(inner, depth)
        return self.behind(scope, depth, body, [f"for {target} in {iterable}:", *lines])

    def handler(self, scope: Scope, depth: int) -> Lines:
        choices = self.choices
        tried = scope.inner()
        lines = ["try:", *indented(self.block(tried, depth, 3))]
        paths = []
        manner = choices.below(4)
        # Anything of the body may have happened before a handler runs.
        before = scope.inner()
        before.join([before.inner(), tried.inner()])
        before.live, before.bound = True, {n: k for n, k in scope.bound.items() if n in tried.bound or not tried.live}
        if manner < 3:
            for caught in [choices.pick(CAUGHT) for _ in range(1 + choices.below(2))]:
                path = before.inner()
                error = choices.chance(50)
                lines.append(f"except {caught}{' as error' if error else ''}:")
                body = [self.fill("note(type(error).__name__)" if error else "note($int)", path)] if choices.chance(50) else []
                body += self.block(path, depth, 2)
                if path.live and choices.chance(10):
                    body.append(choices.pick(["raise", "raise Oops(1) from error" if error else "raise Oops(2)"]))
                    path.live = False
                lines += indented(body)
                paths.append(path)
            if choices.chance(20):
                lines += ["else:", *indented(self.block(tried, depth, 2) if tried.live else ["pass"])]
        scope.join([tried, *paths])
        if manner >= 2:
            last = before.inner()
            if scope.yields or choices.chance(70):
                last.result, last.loops = "", 0
            lines += ["finally:", *indented(self.block(last, depth, 2))]
            scope.own |= last.own
            scope.live = scope.live and last.live
            if scope.live:
                for name, kind in last.bound.items():
                    if name not in before.bound:
                        scope.bind(name, kind)
                for name in [n for n in scope.bound if n in last.maybe]:
                    scope.unbind(name)
        return lines

    def context(self, scope: Scope, depth: int) -> Lines:
        manager = self.fill(self.choices.pick(CONTEXTS), scope)
        if self.choices.chance(20):
            manager = self.fill(f"{self.choices.pick(CONTEXTS)}, {manager}", scope)
        inside = scope.inner()
        name = self.target("int", inside) if manager.startswith("managed") and self.choices.chance(50) else ""
        if name:
            inside.bind(name, "int")
        lines = [f"with {manager}{f' as {name}' if name else ''}:", *indented(self.block(inside, depth, 3))]
        after = scope.inner()
        scope.join([inside, after])
        return lines

    def match(self, scope: Scope, depth: int) -> Lines:
        choices = self.choices
        kind = choices.pick(list(CASES))
        lines = [f"match {self.fill(choices.pick([f'${kind}', f'@{kind}']), scope)}:"]
        paths = []
        for _ in range(1 + choices.below(3)):
            path = scope.inner()
            pattern = choices.pick(CASES[kind])
            bound = {}
            for letter, captured in CAPTURED.items():
                if f"?{letter}" in pattern:
                    name = choices.pick([n for n in self.names(captured, scope) if n not in bound])
                    pattern, bound[name] = pattern.replace(f"?{letter}", name), captured
            for name, captured in bound.items():
                path.bind(name, captured)
            lines.append(f"    case {self.fill(pattern, path)}:")
            lines += indented(indented(self.block(path, depth, 2)))
            paths.append(path)
        other = scope.inner()
        if choices.chance(40):
            lines += ["    case _:", *indented(indented(self.block(other, depth, 2)))]
        scope.join([*paths, other])
        return lines

    # Functions and classes.

    def function(self, scope: Scope, depth: int) -> Lines:
        """A closure, or a generator with its consumer."""
        choices = self.choices
        name = self.fresh("inner")
        is_generator = choices.chance(20)
        inner = scope.inner()
        inner.level, inner.loops, inner.live, inner.own = scope.level + 1, 0, True, set()
        inner.result, inner.yields = "" if is_generator else choices.pick(["int", "list", "str"]), is_generator
        if "vec" in self.dialect.names and not is_generator:
            inner.result = choices.pick(["vec", "int", "scal"])
        parameter = f"a{inner.level}"
        function = Function(name, [(parameter, "int")], inner.result)
        lines = []
        shared = [n for n, kind in scope.bound.items() if n in scope.own and n != "N"]
        declared = [n for n in shared[:3] if choices.chance(40)]
        if declared:
            lines.append(f"nonlocal {', '.join(declared)}")
            inner.own |= set(declared)
        inner.bind(parameter, "int")
        lines += self.block(inner, min(depth, 1), 3)
        if is_generator:
            lines.append(self.fill("yield $int", inner) if inner.live else "yield 0")
        elif inner.live:
            lines.append(f"return {self.expression(inner.result, inner)}")
        default = f"={self.expression('int', scope, 1)}" if choices.chance(30) else ""
        head = [f"def {name}({parameter}{default}):", *indented(lines)]
        if is_generator:
            return [*head, self.simple_from(f"=list = list({name}($int))", scope)]
        scope.functions.append(function)
        if choices.chance(50):
            head.append(self.simple_from(f"={function.result} = {name}($int)", scope))
        return head

    def simple_from(self, template: str, scope: Scope) -> str:
        text = self.fill(template, scope)
        self.settle(text, scope)
        return text

    def local_class(self, scope: Scope, depth: int) -> Lines:
        """A class whose method sees the function's names."""
        name, method = self.fresh("Local"), scope.inner()
        method.level, method.loops, method.live, method.own, method.result = scope.level + 1, 0, True, set(), "int"
        method.yields = False
        # An instance of this class must not call itself through a name around it.
        method.bound = {name: kind for name, kind in method.bound.items() if kind != "box"}
        method.bind(f"a{method.level}", "int")
        body = self.block(method, min(depth, 1), 2)
        if method.live:
            body.append(f"return {self.expression('int', method)} + {self.choices.pick(['0', 'super().add(1)', 'self.v'])}")
        lines = [f"class {name}(Box):", f"    scale = {self.expression('int', scope, 1)}"]
        lines += ["", f"    def add(self, a{method.level}):", *indented(indented(body))]
        return [*lines, self.simple_from(f"=box = {name}($int)", scope)]
