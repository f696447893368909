"""The Lantern backend: recursion and gradients, compiled to native code."""
