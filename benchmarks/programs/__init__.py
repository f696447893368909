"""Pure-Python programs of many kinds. Each has `run()`, which takes some milliseconds and returns a value that
must be the same however the module was loaded."""

CALLS = ("fib", "methods")  # these do little but call
OTHERS = (
    "bodies", "scheduler", "constraints", "sorting", "text", "parser", "matrix", "queens", "rays", "words",
)  # fmt: skip
