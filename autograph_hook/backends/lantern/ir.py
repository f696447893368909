"""The intermediate representation: a typed program in A-normal form. Nodes are immutable values, compared by content.

What must hold (`verify.check` says where it does not):

1. *Names.* Every operand is a :class:`Var`, which carries its type; constants are bound by a let too. A name is bound
   once in a whole def, nested blocks included, and never shadows a parameter or constant of the program. A nested
   block sees what is bound before it around it, and the program's parameters and constants.
2. *Values* never change. `append`, `update` and `add_at` give a new list or tensor; a backend may reuse the memory of
   an operand that is dead afterwards. So a record, a list or a loop may refer to a tensor without copying it.
3. *Shapes* are static and have at least one dimension (a number is a :class:`Scalar`); a dimension may be 0. What has
   a length that is known only at run time is a list.
4. *Dtypes* of the operands of one operation are equal (indices are i32 or i64, whatever else there is): the one who
   builds the program inserts `cast`.
5. *Effects* are a few operations that bind no name: `check`, and the `accumulate` family of adjoint programs.
   Lets are executed in order; an operation that may fail stays where it is even if its result is not used.

A program in its printed form (`text.write`; `text.read` gives the same program back): a tree of recursive cells whose
leaves are null. A name is followed by its type where it is bound, and `@8` is the line in the def's source file.

    (program
      (param W (tensor f32 4 3))
      (param U (tensor f32 4 4))
      (param b (tensor f32 4))
      (const E (tensor f32 100 3))
      (record Tree (word i64) (label i64) (left (ptr Tree)) (right (ptr Tree)))
      (def cell "model.py" ((t (ptr Tree))) ((tensor f32 4) f32)
        (begin
          (let (leaf bool) (isnull t) @7)
          (let ((h (tensor f32 4)) (loss f32))
            (if leaf
              (begin
                (let (zero f32) 0.0 @8)
                (let (h0 (tensor f32 4)) (broadcast zero :shape (4)) @8)
                (tuple h0 zero))
              (begin
                (let (left (ptr Tree)) (field t left) @10)
                (let ((hl (tensor f32 4)) (ll f32)) (call cell left) @10)
                (let (right (ptr Tree)) (field t right) @11)
                (let ((hr (tensor f32 4)) (lr f32)) (call cell right) @11)
                (let (i i64) (field t word) @12)
                (let (x (tensor f32 3)) (idx E i) @12)
                (let (wx (tensor f32 4)) (matmul W x) @12)
                (let (hs (tensor f32 4)) (+ hl hr) @12)
                (let (uh (tensor f32 4)) (matmul U hs) @12)
                (let (z (tensor f32 4)) (+ wx uh) @12)
                (let (zb (tensor f32 4)) (+ z b) @12)
                (let (h1 (tensor f32 4)) (tanh zb) @12)
                (let (k i64) (field t label) @13)
                (let (l1 f32) (cross_entropy h1 k) @13)
                (let (l2 f32) (+ ll lr) @13)
                (let (l3 f32) (+ l1 l2) @13)
                (tuple h1 l3))) @7)
          (tuple h loss))))

The grammar, words in angle brackets being atoms:

    prog  := (program (param n ty)* (const n ty)* (record n (n ty)*)* def*)
    def   := (def n "path"? ((n ty)*) (ty*) blk)
    blk   := (begin let* (tuple n*))
    let   := (let (n ty) e @line?) | (let ((n ty)*) e @line?)      the second where e has none or several results
    e     := <number> | true | false | inf | -inf | nan | null
           | (op n* attr*) | (field n n) | (make Record n*) | (call n n*)
           | (if n blk blk) | (loop ((n ty n0)*) blk blk) | (map ((n ty n0)*) blk)
    attr  := :name value             value := <number> | true | false | "text" | (<number>*) | ty
    ty    := bool | i32 | i64 | f32 | f64 | (tensor dt d+) | (list ty) | (ptr Record)

The operations (`ops.TABLE` has their rules; s is a scalar, t a tensor, x either; element-wise ones broadcast as NumPy):

    + - * / ** maximum minimum      x x      same dtype; `/` floats only; `/` by 0 is inf or nan. On integers a negative
                                             exponent is a ValueError
    // %                            x x      Python's (floor, sign of the divisor), also on floats
    == != < <= > >=                 x x      gives bool
    and or not                      bools    element-wise, no short cut (that is an `if`)
    neg abs exp log tanh sqrt sigmoid relu   x; all but neg, abs and relu floats only
    where c a b, clip x lo hi                element-wise, broadcast
    cast x :dtype                            float to int truncates
    sum mean max min argmax argmin  t        the whole tensor, or `:axis a`; arg… gives i64; mean floats only
    dot a b, outer a b                       of vectors
    matmul a b :ta :tb                       1-D or 2-D each; `:ta true` / `:tb true`: that matrix transposed
    products W1 … Wn x                       several results: each W @ x (made by a pass)
    product_sum W1 x1 … Wn xn :ta            the sum of W @ x, or of W.T @ x (made by a pass)
    softmax t, log_softmax t                 along the last axis
    cross_entropy t label                    -log_softmax(t)[label]; of (n, c) and n labels: n losses
    cross_entropy_back d t label             its gradient, d * (softmax(t) - 1 at label)
    concatenate t… :axis, stack x… :axis, reshape x :shape, transpose t :axes, broadcast x :shape
                                             zeros, ones: broadcast of a literal. reshape of or to () is a scalar
    slice t :start :size :step               one number each for every axis; x[start + k*step] for k < size
    place t :shape :start :size :step        zeros of that shape with t where that slice is
    idx t i…                                 leading integer indices; negative ones count from the end
    update t v i…, add_at t v i…             t, with t[i…] = v, with t[i…] += v
    list x… :of ty, fill n x (n is i64), append l x, extend l l, len l, idx l i, update l v i,
    add_at l v i                             of lists; add_at where the elements are numbers or tensors
    sublist l i j                            Python's l[i:j]; i and j are i64
    isnull p                                 is this pointer to a record null?
    check ok :error "ValueError" :message "…"    no result: raises if not ok
    accumulate W d                           no result: the gradient of parameter W grows by d
    accumulate_at W d i…                     … by d at W[i…]
    accumulate_outer W z x                   … by outer(z, x): may be deferred, z and x never change

What fails: an index out of range is IndexError; `//` and `%` by an integer scalar 0 ZeroDivisionError (in tensors 0, as
NumPy); an integer *scalar* of `+ - * ** // neg abs cast` that does not fit OverflowError (tensors wrap); max, min,
argmax, argmin of nothing ValueError (sum of nothing is 0, mean nan); `cast` of nan to an integer scalar ValueError; a
label out of range IndexError (a negative one counts from the end); `field` of null AttributeError; recursion that is
too deep RecursionError.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

Dtype: TypeAlias = Literal["bool", "i32", "i64", "f32", "f64"]

DTYPES: Final[tuple[Dtype, ...]] = ("bool", "i32", "i64", "f32", "f64")
FLOATS: Final = frozenset(("f32", "f64"))
INTEGERS: Final = frozenset(("i32", "i64"))


# Types.


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number or a truth value."""

    dtype: Dtype

    def __str__(self) -> str:
        return self.dtype


@dataclass(frozen=True, slots=True)
class Tensor:
    """An array, dense and in row-major order."""

    dtype: Dtype
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"(tensor {self.dtype} {' '.join(map(str, self.shape))})"


@dataclass(frozen=True, slots=True)
class List:
    """Values of one type, as many as there are."""

    element: Type

    def __str__(self) -> str:
        return f"(list {self.element})"


@dataclass(frozen=True, slots=True)
class Ptr:
    """A record of the program, by its name, or null."""

    record: str

    def __str__(self) -> str:
        return f"(ptr {self.record})"


Type: TypeAlias = "Scalar | Tensor | List | Ptr"

BOOL: Final = Scalar("bool")
I32: Final = Scalar("i32")
I64: Final = Scalar("i64")
F32: Final = Scalar("f32")
F64: Final = Scalar("f64")


def array(dtype: Dtype, shape: tuple[int, ...]) -> Scalar | Tensor:
    """The type of an array; one without dimensions is a scalar."""
    return Tensor(dtype, shape) if shape else Scalar(dtype)


# Names and blocks.


@dataclass(frozen=True, slots=True)
class Var:
    """A name and its type: where it is bound, and as every operand."""

    name: str
    type: Type

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Let:
    """Binds the results of an expression. `line` is in the source file of the def; 0: none."""

    vars: tuple[Var, ...]
    expr: Expr
    line: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """Lets, one after the other, and what they amount to."""

    lets: tuple[Let, ...]
    results: tuple[Var, ...]


# Expressions.


@dataclass(frozen=True, slots=True)
class Lit:
    """A scalar, or null (None). The type is needed: 1 may be an f32.

    Content tells 1 from 1.0 and True, -0.0 from 0.0, and nan from nothing.
    """

    value: bool | int | float | None = field(compare=False)
    type: Scalar | Ptr
    content: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "content", repr(self.value))


Attr: TypeAlias = "bool | int | float | str | tuple[int, ...] | Scalar | Tensor | List | Ptr"


@dataclass(frozen=True, slots=True)
class Op:
    """An operation of `ops.TABLE`. `attrs` are what is static about it, sorted by name, told apart as literals are."""

    name: str
    args: tuple[Var, ...]
    attrs: tuple[tuple[str, Attr], ...] = field(default=(), compare=False)
    content: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "content", repr(self.attrs) if self.attrs else "")

    def attr(self, name: str) -> Attr | None:
        for key, value in self.attrs:
            if key == name:
                return value
        return None


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record."""

    record: Var
    name: str


@dataclass(frozen=True, slots=True)
class Make:
    """A new record, of all its fields in order."""

    record: str
    args: tuple[Var, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a def. It has the results that the def has."""

    function: str
    args: tuple[Var, ...]


@dataclass(frozen=True, slots=True)
class If:
    """The results of one of two blocks."""

    condition: Var
    then: Block
    orelse: Block


@dataclass(frozen=True, slots=True)
class Loop:
    """While `test` gives true, `vars`, which begin as `inits`, become the results of `body`. Its results are the last
    `vars`. Both blocks see `vars`; the names that one binds are not seen by the other."""

    vars: tuple[Var, ...]
    inits: tuple[Var, ...]
    test: Block
    body: Block


@dataclass(frozen=True, slots=True)
class Map:
    """A fused chain of element-wise operations: `body`, on scalars, for each element of the `args`.

    An argument is a tensor of the common shape or a scalar, which every element sees; at least one is a tensor. The
    body has only literals and element-wise operations on scalars that cannot fail, and sees nothing but `vars`. Its
    results, one or several, become tensors of the common shape.
    """

    vars: tuple[Var, ...]
    args: tuple[Var, ...]
    body: Block


Expr: TypeAlias = "Lit | Op | Field | Make | Call | If | Loop | Map"


# The program.


@dataclass(frozen=True, slots=True)
class Record:
    """A record type. Records may hold pointers to records, their own kind too."""

    name: str
    fields: tuple[Var, ...]


@dataclass(frozen=True, slots=True)
class Def:
    """A function. Defs may call each other and themselves. `path` is the user's source file."""

    name: str
    params: tuple[Var, ...]
    results: tuple[Type, ...]
    body: Block
    path: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    """`params` are tensors or scalars that are trained (a gradient exists for each), `consts` are data; both are
    given by name when the program is run. Any def may be called from outside."""

    params: tuple[Var, ...]
    consts: tuple[Var, ...]
    records: tuple[Record, ...]
    defs: tuple[Def, ...]

    def record(self, name: str) -> Record:
        return next(r for r in self.records if r.name == name)

    def function(self, name: str) -> Def:
        return next(d for d in self.defs if d.name == name)


def operands(expr: Expr) -> tuple[Var, ...]:
    """What the expression itself reads, without what its blocks read."""
    match expr:
        case Op(args=args) | Make(args=args) | Call(args=args) | Map(args=args):
            return args
        case Field(record=record):
            return (record,)
        case If(condition=condition):
            return (condition,)
        case Loop(inits=inits):
            return inits
        case Lit():
            return ()


def blocks(expr: Expr) -> tuple[Block, ...]:
    """The blocks inside an expression."""
    match expr:
        case If(then=then, orelse=orelse):
            return (then, orelse)
        case Loop(test=test, body=body):
            return (test, body)
        case Map(body=body):
            return (body,)
        case _:
            return ()


def lets(block: Block) -> Iterator[Let]:
    """All lets of a block, those of inner blocks after the one that holds them."""
    for let in block.lets:
        yield let
        for inner in blocks(let.expr):
            yield from lets(inner)
