"""What a backend is: the whole interface between the operators of a twin and a framework.

The requirements it was built to:

1. An operator of a twin decides from the *value* it meets. A Python value is Python's business; a value that
   a backend recognises is handed to that backend. So a backend never sees syntax, and an operator never sees
   a framework. 2. A framework is used only if the program has already imported it. 3. The branches and bodies
   of staged constructs are Python functions without results: what they compute they leave in the
   :class:`State` of the construct. A backend runs them, reads the state, and puts joined values back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol


class Undefined:
    """The value of a name that has no value yet. There is one, :data:`UNDEFINED`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<undefined>"


UNDEFINED: Final = Undefined()


class Location(NamedTuple):
    """Where in the user's source a construct stands: for messages."""

    path: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}, in {self.function}"


class State(Protocol):
    """The variables of the user's function that a staged construct may change.

    A variable is a name, an attribute (`self.x`) or an item (`d["k"]`). `labels` are their texts in the
    source.
    """

    @property
    def labels(self) -> Sequence[str]: ...

    @property
    def guarded(self) -> bool:
        """Of an `if` that a lowered jump stands in: is a variable without a value on one side read only where
        a flag says that the other side was taken? Then any value will do for that side.
        """

    def get(self) -> tuple[Any, ...]:
        """The present values, `UNDEFINED` where a variable has none."""

    def set(self, values: Sequence[Any]) -> None:
        """Give the variables these values; `UNDEFINED` deletes one."""


Body = Callable[[], None]


class Backend(Protocol):
    """One framework. Operators look a backend up by the type of a value, once per type."""

    name: str
    framework: str  # the module whose presence in sys.modules makes the backend usable

    def tracing(self) -> bool:
        """Does this thread build a graph right now?"""

    def recognises(self, kind: type) -> bool:
        """May values of this type be symbolic, or be staged, while a graph is built? Asked once per type."""

    def is_staged(self, value: Any) -> bool:
        """Is the truth, the length or the content of this recognised value the graph's business, not
        Python's?

        Asked only while `tracing()` and only for types that are recognised."""

    def is_iterable(self, value: Any) -> bool:
        """Can `for_each` loop over this recognised value?"""

    # Control flow. `where` is for error messages. All leave their results in `state`.

    def cond(self, predicate: Any, body: Body, orelse: Body, state: State, where: Location) -> None: ...

    def while_loop(self, test: Callable[[], Any], body: Body, state: State, where: Location) -> None:
        """Run `body` while `test()` (which may be staged) holds."""

    def for_each(
        self,
        subject: Any,
        body: Callable[[Any], None],
        test: Callable[[], Any] | None,
        state: State,
        where: Location,
    ) -> None:
        """Run `body(element)` for each element of `subject`; `test`, asked before each element, may end the
        loop.
        """

    def select(
        self, predicate: Any, body: Callable[[], Any], orelse: Callable[[], Any], where: Location
    ) -> Any:
        """The value of `body()` or of `orelse()`: conditional expressions, `and`, `or`."""

    # Operators on values.

    def not_(self, value: Any) -> Any: ...

    def contains(self, container: Any, element: Any) -> Any:
        """`element in container` where either is staged."""

    def get_item(self, subject: Any, key: Any) -> Any: ...

    def unpack(self, value: Any, before: int, starred: bool, after: int) -> Sequence[Any]:
        """The values of `a, b = value` (before=2), of `a, *b, c = value` (1, True, 1): a sequence of
        before+starred+after things."""

    def iterate(self, value: Any) -> Any:
        """A Python iterable of the elements, where their number is known while tracing (comprehensions,
        `*x`).
        """

    def check(self, condition: Any, message: Callable[[], Any] | None, where: Location) -> None:
        """`assert condition, message()`"""

    def builtin(self, function: Callable[..., Any]) -> Callable[..., Any] | None:
        """What stands for this Python builtin (`print`, `len`, `range`, `int`, `sum`, …) when one of its
        arguments is staged; None where the builtin itself will do."""

    # Calls.

    def call(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Call a function that is not enabled, the way the running trace would have called it without us."""

    # The trace's life.

    def watch(self, opened: Callable[[], None], closed: Callable[[], None]) -> None:
        """Have `opened` called whenever any thread starts to build a graph and `closed` when it has ended.
        Called once, when the backend is first used."""

    def own(self, has_twin: Callable[[Any], bool]) -> None:
        """Keep the framework's own conversion, if it has one, off functions for which `has_twin` is true."""

    # Staging without decorators.

    def is_symbolic(self, value: Any) -> bool:
        """Does this value stand for a result of the graph that is being built?"""

    def is_tensor(self, value: Any) -> bool:
        """Can it be an output of a compiled graph by itself?"""

    def provides(self, value: Any) -> bool:
        """Is this a module, function, class or object of the framework?"""

    def effect(self, function: Any) -> str | None:
        """What a call of this function, method, class or object of the framework does.

        "pure": it builds operations, and a container that it returns is new; "nothing": the same, and it returns
        None when it is called eagerly; "own": it changes its object, which must have been made in the trace;
        "settings": the attributes of its object decide what it computes. None: not known to be safe.
        """

    def refusal(self, owner: Any, name: str) -> str | None:
        """Why this attribute of a recognised value may not be read in a trace of ours; None where it may."""

    def is_constant(self, value: Any) -> bool:
        """Is it an object of the framework that never changes: a dtype, a shape?"""

    def foreign(self, value: Any) -> str | None:
        """Why a recognised value from outside may not be used in a trace of ours; None where it may."""

    def is_safe_context(self, manager: Any) -> bool:
        """Is it a context manager of the framework that does nothing but what the graph does again?"""

    def content(self, value: Any) -> type | None:
        """list, tuple or dict, for a container of the framework's that behaves as one; None for other values."""

    def tensor_test(self, value: Any) -> Callable[[Any], bool] | None:
        """For an eager tensor, which becomes an input: a test that another value can take its place."""

    def environment(self) -> Any:
        """What surrounds a call and changes what the framework does in it; None where nothing may be staged."""

    def compile(
        self, function: Callable[[list[Any]], Sequence[Any]], inputs: Sequence[Any], name: str, xla: bool
    ) -> Compiled:
        """Trace a function from symbolic tensors to tensors. Raises an Exception where that cannot stand for the
        eager run."""


class Compiled(Protocol):
    """A compiled graph: called with eager inputs, it returns the list of its outputs. A call that raises has
    changed no state."""

    operations: int

    def __call__(self, inputs: list[Any]) -> list[Any]: ...
