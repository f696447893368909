"""Pure-Python programs of many kinds. Each has `run()`, which takes some milliseconds and returns a value
that must be the same however the module was loaded."""

CALLS = ("fib", "methods", "rays")  # these do little but call
OTHERS = (
    "bodies", "constraints", "machine", "matrix", "packing", "pancakes", "parser", "queens", "relaxation",
    "scheduler", "sorting", "spelling", "text", "words",
)  # fmt: skip
