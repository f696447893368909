"""Measurements of autograph_hook. `python -m benchmarks NAME...`; docs/benchmarks.md says what they show."""
