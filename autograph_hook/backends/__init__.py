"""Backends: what knows a framework. `protocol` is the interface."""
