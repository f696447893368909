"""Analyses: each returns a plain value, and reads `ast` and `gast` trees alike (by the names of node classes)."""
