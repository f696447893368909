"""What is known of a function from its text: one bit each, kept with its twin."""

STORES_OUTSIDE = 1
"""It rebinds names of the module or of a function around it."""
TRIES = 2
"""It catches or cleans up after exceptions."""
IMPORTS = 4
DEFINES_CLASS = 16
LOOPS = 32
"""There is a loop in it."""
