"""What a backend is: the whole interface between the operators of a twin and a framework.

The requirements it was built to:

1. An operator of a twin decides from the *value* it meets. A Python value is Python's business; a value that
   a backend recognises is handed to that backend. So a backend never sees syntax, and an operator never sees
   a framework.
2. A framework is used only if the program has already imported it.
3. The branches and bodies of staged constructs are Python functions without results: what they compute they leave in
   the :class:`State` of the construct. A backend runs them, reads the state, and puts joined values back.
4. A construct may be traced more than once. Whatever a body raises passes through the backend, a BaseException too;
   the state then has the values that it had before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from types import CodeType, FunctionType
from typing import Any, NamedTuple, Protocol

from autograph_hook.backends.values import UNDEFINED, Counted, Elements, Joined, Location, Reference, Undefined
from autograph_hook.errors import StagingError

__all__ = [
    "UNDEFINED",
    "Added",
    "Backend",
    "Body",
    "Compiled",
    "Counted",
    "Elements",
    "EndlessRecursion",
    "Joined",
    "Location",
    "Objects",
    "Reference",
    "State",
    "Undefined",
]


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

    def orders(self) -> Sequence[Sequence[Any]]:
        """The keys, in their present order, of each dictionary and object whose items or attributes are variables."""


Body = Callable[[], None]


class EndlessRecursion(StagingError):
    """Tracing a function that calls itself would not end. Users see the name that they may catch."""

    __module__, __qualname__ = StagingError.__module__, StagingError.__qualname__


class Compiled(Protocol):
    """A compiled graph: called with eager inputs, it returns the list of its outputs. A call that raises has
    changed no state."""

    operations: int
    writes: bool
    """Does the graph itself write to the terminal?"""

    captures: list[Any]
    """What the graph takes from outside, in this order."""

    def __call__(self, inputs: list[Any], captures: list[Any] | None = None) -> list[Any]:
        """`captures`, where not all of them are what they were at tracing."""


class Recognising(Protocol):
    """Whose business is a value, and does this thread build a graph?"""

    def tracing(self) -> bool:
        """Does this thread build a graph right now?"""

    def watch(self, opened: Callable[[], object], closed: Callable[[], None]) -> None:
        """Have `opened` called whenever any thread starts to build a graph, keep what it returns until that has ended,
        however it ends, and then have `closed` called. Called once, when the backend is first used."""

    def write_graphs(self, directory: str) -> None:
        """From now on all graphs are written to this directory, for the framework's own tool that shows them."""

    def made(self, compiled: Any, name: str) -> None:
        """A graph of ours has come into use, that of this function."""

    def own(self, has_twin: Callable[[Any], bool]) -> None:
        """Keep the framework's own conversion, if it has one, off functions for which `has_twin` is true."""

    def meaning(self, error: BaseException, module: str | None) -> str | None:
        """What an exception means that code raised while a graph is built, and what to do; None where it says so
        itself. `module` is the one that raised it, if it is not enabled."""

    def said(self, error: BaseException) -> str | None:
        """What an exception says that only graphs know, as far as the user can do with it; None where eager execution
        would say it, too."""

    def shorten(self) -> None:
        """An exception leaves our code: where the framework shortens tracebacks, it leaves our files out, too."""

    def recognises(self, kind: type) -> bool:
        """May values of this type be symbolic, or be staged, while a graph is built? Asked once per type."""

    def is_staged(self, value: Any) -> bool:
        """Is the truth, the length or the content of this recognised value the graph's business, not
        Python's?

        Asked only while `tracing()` and only for types that are recognised."""

    def is_reference(self, value: Any) -> bool:
        """Does this recognised value stand for something that changes, as a variable does, and not for a value?"""


class ControlFlow(Protocol):
    """The constructs. What they compute they leave in `state`; `where` is for messages."""

    def cond(self, predicate: Any, body: Body, orelse: Body, state: State, where: Location) -> None: ...

    def select(
        self, predicate: Any, body: Callable[[], Any], orelse: Callable[[], Any], where: Location
    ) -> Any:
        """The value of `body()` or of `orelse()`: conditional expressions, `and`, `or`."""

    def while_loop(self, test: Callable[[], Any], body: Body, state: State, where: Location) -> None:
        """Run `body` while `test()` (which may be staged) holds."""

    def is_iterable(self, value: Any) -> bool:
        """Can `for_each` loop over this recognised value?"""

    def subject(self, value: Any) -> Any:
        """What `for_each` is given in the place of this value: the loop over it may be traced several times, but
        is begun once."""

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

    def check(self, condition: Any, message: Callable[[], Any] | None, where: Location) -> None:
        """`assert condition, message()`"""

    def mark(self) -> Any:
        """Where the graph that is being built stands now."""

    def acted_since(self, mark: Any) -> bool:
        """Were operations added since then that change something, or give something else each time?"""


class RolledLoops(Protocol):
    """Python loops over a `range` as one loop of the graph. Where `roll` gives a reason why not, they are unrolled."""

    def operations(self) -> int:
        """How many operations the graph that is being built has, roughly."""

    def weight(self, before: int) -> int:
        """How many were added since there were `before`, those in branches and loops included."""

    def roll(
        self,
        rest: range,
        added: int,
        body: Callable[[Any], None],
        test: Callable[[], Any] | None,
        state: State,
        where: Location,
    ) -> str | None:
        """Run the rest of a loop, whose iteration before has added so many operations, as one loop of the graph.
        None where that is done, else the reason why not: the state must then be put back.
        """

    def with_index(self, function: Any, arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> Any:
        """A call in the body of such a loop as function, arguments and keywords without the index that `roll` hands
        to the body, but with what the function makes of an int that it is given there. None where no index is among
        them. Ends the attempt where that is not known."""

    def is_traceable(self, function: Any) -> bool:
        """May the body of such a loop call this function or method of the framework, in a graph that somebody else
        builds? Only if tracing the call changes nothing."""


class Operators(Protocol):
    """What an expression or a store does where one of its values is staged."""

    def not_(self, value: Any) -> Any: ...

    def contains(self, container: Any, element: Any) -> Any:
        """`element in container` where either is staged."""

    def get_item(self, subject: Any, key: Any) -> Any: ...

    def set_item(self, subject: Any, key: Any, value: Any) -> Any:
        """`subject[key] = value`, where the subject or the key is staged: the subject, or the value that takes its
        place."""

    def del_item(self, subject: Any, key: Any) -> None: ...

    def method(self, subject: list[Any], name: str) -> Callable[..., Any] | None:
        """What stands for this method of a list that is staged, or that is given staged values; None where the list's
        own will do."""

    def unpack(self, value: Any, before: int, starred: bool, after: int) -> Sequence[Any]:
        """The values of `a, b = value` (before=2), of `a, *b, c = value` (1, True, 1): a sequence of
        before+starred+after things."""

    def iterate(self, value: Any) -> Any:
        """A Python iterable of the elements, where their number is known while tracing (comprehensions,
        `*x`).
        """

    def builtin(self, function: Callable[..., Any]) -> Callable[..., Any] | None:
        """What stands for this Python builtin (`print`, `len`, `range`, `int`, `sum`, …) when one of its
        arguments is staged; None where the builtin itself will do."""


class Calls(Protocol):
    """Calls of what is not enabled, and of what is running already."""

    def call(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Call a function that is not enabled, the way the running trace would have called it without us."""

    def leave(self, value: Any) -> None:
        """A value leaves the code that operators run in. What is in it must be as others expect it."""

    def graph_codes(self) -> frozenset[CodeType]:
        """The code that is on the stack wherever a graph is traced inside the one that was being built."""

    def recurse(
        self,
        key: Any,
        name: str,
        arguments: Mapping[str, Any],
        running: Mapping[str, Any],
        call: Callable[[Mapping[str, Any]], Any],
        where: Location,
        opted: bool,
    ) -> Any:
        """Call a function that is running, with the names `running`, and has entered a graph inside since.

        `call(arguments)` traces it once more inside itself; `key` tells functions apart. Where the user has opted for
        it, a graph function that calls itself is made; else EndlessRecursion is raised after a few levels.
        """


class Added(NamedTuple):
    """What is to be known of objects that came to be watched: methods of classes of the user's, by class and name, and
    functions of the user's that the framework may call."""

    methods: list[tuple[type, str, Any]]
    functions: list[Any]


class Objects(Protocol):
    """Objects of a framework whose own code, which we do not see, reads and changes their Python state: layers,
    optimizers, metrics."""

    def add(self, root: Any) -> Added | str:
        """From now on this object and what it holds is watched; or the reason why it may not be used."""

    def read(self, owner: Any, name: str) -> tuple[Any] | str:
        """The value of a property of an object that is watched; or the reason why it may not be read."""

    def left(self) -> list[tuple[Callable[[list[Any]], None], list[Any]]]:
        """What calls leave on these objects for their callers to read: what leaves it there again, and what it is."""

    def undo(self) -> str | None:
        """Put everything back as it was; what the framework has stored that a staged call would not store."""

    def guard(self, keep: Callable[[Any], Any]) -> Callable[..., bool]:
        """A check that everything is as it was, which is given the call's tensors. `keep` sees to it that an object's
        identity is not used anew while the check is used."""


class NamedFunctions(Protocol):
    """What a backend that is `only_by_name` does besides: its compiled functions call each other, and are given more
    than tensors. It is not asked for what `Inputs` and `Objects` say, but for `shape_of`.
    """

    def define(
        self,
        key: Any,
        name: str,
        arguments: Mapping[str, Any],
        call: Callable[[Mapping[str, Any]], Any],
        where: Location,
    ) -> tuple[Any, list[tuple[list[Any], list[Any]]]]:
        """Call an enabled function while tracing. `call(arguments)` traces it; `key` tells functions apart. The
        result, and the lists among the arguments whose content it changes."""

    def standing_for(
        self, function: Any, arguments: tuple[Any, ...], call: Callable[..., Any]
    ) -> Callable[..., Any] | None:
        """What is called in the place of a function without a twin, in a trace of ours; None: the function itself.
        `call` calls a function as a twin does."""

    def item(self, owner: Any, key: Any) -> Any:
        """`owner[key]` of a Python container in a trace of ours."""

    def prepared(self, function: FunctionType) -> FunctionType:
        """The twin with symbols in the place of the arrays among its globals, free variables and defaults."""

    def stand_in(self, value: Any, name: str) -> Any:
        """What stands in a trace for a value that was read from outside; the value itself where nothing does."""

    def stands(self, value: Any) -> bool:
        """Is it a container that stands for one from outside?"""

    def has_fields(self, value: Any) -> bool:
        """Is it a symbol that stands for an object of the user's?"""

    def attribute(self, owner: Any, name: str) -> Any:
        """The attribute of such a symbol."""

    def entered(self, made: Iterable[int]) -> None:
        """A function is about to be traced; the objects of these identities were made in the trace before."""

    def is_shared(self, owner: Any) -> bool:
        """Was this object there when a function of its own was begun that is being traced? Then it must not change."""

    def is_definition(self) -> bool:
        """Is what is being traced a function of its own?"""

    def try_again(self, error: BaseException) -> bool:
        """A trace has ended with this `Abort`: is it worth another one, in which Python's ints are constants?"""

    def with_constants(self) -> AbstractContextManager[None]:
        """While one is traced so."""


class Staging(Protocol):
    """Graphs that nobody has asked for, which must do what the eager run does.

    A backend whose `environment` is None is used in graphs of the user's only, and is asked nothing else of these.
    """

    def environment(self) -> Any:
        """What surrounds a call and changes what the framework does in it; None where nothing may be staged."""

    def compile(
        self, function: Callable[[list[Any]], Sequence[Any]], inputs: Sequence[Any], name: str, jit_compile: bool
    ) -> Compiled:
        """Trace a function from symbolic tensors to tensors. Raises an Exception where that cannot stand for the
        eager run. `jit_compile`: as the setting of the backend's framework says."""

    def is_watched(self, compiled: Any, inputs: Sequence[Any]) -> bool:
        """Would something that is active around a call of this graph, as a gradient tape is, see that it is one? Of
        None: might it see that of a call?"""

    def is_symbolic(self, value: Any) -> bool:
        """Does this value stand for a result of the graph that is being built?"""

    def is_tensor(self, value: Any) -> bool:
        """Can it be an output of a compiled graph by itself?"""

    def tensor_test(self, value: Any) -> Callable[[Any], bool] | None:
        """For an eager tensor, which becomes an input: a test that another value can take its place."""

    def may_read_ahead(self, iterable: Any) -> bool:
        """Can nobody tell when the items of this are made?"""

    def is_truth(self, value: Any) -> bool:
        """In a trace of ours: does this tensor stand for a Python bool?"""

    def provides(self, value: Any) -> bool:
        """Is this a module, function, class or object of the framework?"""

    def sets_plainly(self, owner: Any) -> bool:
        """Does setting an attribute of this object to a number or a tensor do nothing but that, though its class, one
        of the framework's, has a method of its own for it?"""

    def is_constant(self, value: Any) -> bool:
        """Is it an object of the framework that never changes: a dtype, a shape?"""

    def sizes(self, value: Any) -> list[int] | None:
        """The numbers of a shape that is known; None for other values."""

    def effect(self, function: Any) -> str | None:
        """What a call of this function, method, class or object of the framework does.

        "pure": it builds operations, and a container that it returns is new; "nothing": the same, and it returns
        None when it is called eagerly; "calls": it calls functions that it is given, in a graph; "own": it changes
        its object, which must have been made in the trace; "state": it is called on an object that `objects` watches.
        None: not known to be safe.
        """

    def objects(self, has_twin: Callable[[Any], bool]) -> Objects:
        """What watches objects of the framework in one trace."""

    def may_read(self, owner: Any, name: str) -> bool:
        """Is this a property of an object to be watched, which depends on its state alone?"""

    def is_object(self, value: Any) -> bool:
        """Is it an object to be watched?"""

    def undecorated(self, function: Any) -> Any:
        """The function around which a library has put one of its own, as it does with all methods of a class."""

    def same_variables(self, owner: Any, name: str, value: tuple[Any, ...]) -> Callable[[Any], bool]:
        """What tells of an object whether its property still collects these variables. Does not keep the object."""

    def is_option(self, name: str) -> bool:
        """Is the argument of this name no data, in a call that `effect` says "calls" of?"""

    def holds_symbols(self, kind: type) -> bool:
        """For a class of the framework's: is a symbolic value an instance of it if and only if the eager one is?"""

    def refusal(self, owner: Any, name: str) -> str | None:
        """Why this attribute of a recognised value may not be read in a trace of ours; None where it may."""

    def foreign(self, value: Any) -> str | None:
        """Why a recognised value from outside may not be used in a trace of ours; None where it may."""

    def is_safe_context(self, manager: Any) -> bool:
        """Is it a context manager of the framework that does nothing but what the graph does again?"""

    def content(self, value: Any) -> type | None:
        """list, tuple or dict, for a container of the framework's that behaves as one; None for other values."""

    def decided(self, function: Callable[..., Any], elements: Sequence[Any]) -> Any:
        """What the builtin `any`, `all`, `min` or `max` gives for these elements, symbolic tensors among them, exactly
        as Python's loop over eager ones would; raises where that cannot be said."""


class Inputs(Protocol):
    """What such a graph takes besides its arguments, because it is another value each time."""

    def shape_of(self, value: Any) -> tuple[Any, tuple[int, ...]] | None:
        """Dtype and shape of an eager tensor that may be an input; None for other values."""

    def relaxed_test(self, value: Any, shape: Sequence[int | None]) -> Callable[[Any], bool]:
        """As `tensor_test`, of a tensor whose shape is known in parts."""

    def add_input(self, value: Any, shape: Sequence[int | None] | None = None) -> Any:
        """A symbol that stands for an eager tensor in the outermost graph that is being built."""

    def tensor_of(self, value: Any, dtype: Any) -> Any:
        """The eager tensor that eager execution makes of a Python number; raises what that raises."""

    def tensor_of_array(self, value: Any, dtype: Any = None) -> Any:
        """The same of a NumPy array."""

    def eagerly(self, function: Any, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
        """What a function of the framework gives outside of the graph that is being built."""

    def place_of(self, compiled: Any, tensor: Any) -> int | None:
        """Where among the captures of a compiled graph a tensor stands that was given to `add_input`."""

    def is_uniform(self) -> bool:
        """Do Python numbers become tensors by their values alone?"""

    def takes_numbers(self, function: Any) -> bool:
        """Does this function only make a tensor of a Python number that it is given?"""

    def takes_arrays(self, function: Any, only_first: bool) -> bool:
        """Does it first of all make tensors of the NumPy arrays that it is given, of its first argument alone if
        `only_first`?"""

    def makes_constant(self, function: Any) -> bool:
        """Does it make a tensor of Python values or arrays, which depends on these alone?"""

    def require_plain_uses(self, symbols: Sequence[Any]) -> None:
        """Raises where an operation that uses one of these would do something else with a constant."""

    def item_of(self, subject: Any, key: Any, actual: Any) -> Any:
        """`subject[key]` of a tensor, of the shape that it has with the key `actual`; None where that is not known."""


class Printing(Protocol):
    """`print` in such a graph prints what the eager run prints."""

    def at_top(self) -> bool:
        """Is the graph that is being built the one that `compile` makes, and not one inside a construct?"""

    def hand_out(self, tensors: Sequence[Any], receive: Callable[[Sequence[Any]], None]) -> None:
        """Have `receive` called with the values of these tensors whenever the running graph gets here, in order. It
        is called by whichever thread runs the graph."""

    def readable(self, value: Any) -> tuple[Any, Callable[[Any], Any]] | None:
        """For a variable: its content as a tensor of the graph, and what makes an object with the variable's text of
        the eager content. None for other values."""

    def value_of(self, value: Any) -> Any:
        """For a variable: its content as a tensor of the graph, whose `numpy()`, `float()` and `int()` are then the
        variable's. None for other values."""

    def stand_ins(self, tensors: Sequence[Any], largest: int) -> list[list[Any]] | None:
        """Eager tensors of the same dtypes and shapes, with the values at which texts and conversions may fail; None
        where a shape is not known or has more elements than `largest`."""


class Verifying(Protocol):
    """The eager run and the graph's side by side: what is put back in between, and whether both have done the same."""

    def repeats(self, compiled: Any) -> bool:
        """Would a graph do the same again if all that it has changed were put back? One that draws random numbers
        without a seed would not."""

    def variables(self) -> list[Any]:
        """All variables of the framework that eager code can read."""

    def name_of(self, variable: Any) -> str: ...

    def held(self, variable: Any) -> Any:
        """The eager value of a variable; None where it has none."""

    def hold(self, variable: Any, value: Any) -> None: ...

    def keeps_state(self, value: Any) -> bool:
        """Is it an object of the framework in which the user, or the framework, keeps Python values?"""

    def random_state(self) -> Any:
        """Where the stream of eager random numbers stands."""

    def put_random_state(self, state: Any) -> None: ...

    def same_random_state(self, one: Any, other: Any) -> bool: ...

    rounding: float
    """The part of the largest by which floats of a compiled graph may differ from those of the eager run."""

    def difference(self, plain: Any, staged: Any, tolerance: float) -> tuple[str, str, str, str] | None:
        """Of two tensors or arrays: the element in which they differ, what it is in both, and by how much all elements
        differ. None where they are equal, or differ by no more than this part of the largest."""


class Backend(
    Recognising, ControlFlow, RolledLoops, Operators, Calls, Staging, Inputs, Printing, Verifying, Protocol
):
    """One framework. Operators look a backend up by the type of a value, once per type."""

    name: str
    framework: str
    """The module whose presence in sys.modules makes the backend usable."""
    graph_files: tuple[str, ...]
    """What is in the paths of the framework's files that call graphs and build those that the program asks for."""
    only_by_name: bool
    """Is it used only for modules whose settings name it? It then takes Python's numbers, too."""
