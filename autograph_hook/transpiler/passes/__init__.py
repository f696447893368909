"""The passes that make a twin, in order: matching, leading_breaks, jumps, then `statements`, which hands expressions to
`expressions` (comprehensions and printing are parts of it), stores to `stores` and constructs to `control_flow`.

Each is a function from a function's statements to new statements; what a later pass must know of an earlier one
is in the value that it returns.
"""
