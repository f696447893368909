"""The paper's programs as ordinary eager Python. Beam search is `benchmarks/cases/imperative.py`."""
