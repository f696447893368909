"""A long run of everything at once: what the hook holds must not grow, and what it does must not get slower.

`python -m tests.soak` runs it; `pytest` judges made-up samples and runs it for a few seconds.
"""
