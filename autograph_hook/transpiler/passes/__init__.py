"""The passes that make a twin, in order: leading breaks, jumps, stores, expressions, control_flow.

Each is a function from a function's statements to new statements; what a later pass must know of an earlier one
is in the value that it returns.
"""
