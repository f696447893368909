"""Code that nobody here wrote, with the hook and without: CPython's own tests, and those of libraries.

`python -m tests.transparency stdlib` and `python -m tests.transparency suites` run the whole of it; `pytest`
runs a part that takes less than a minute. docs/transparency.md says what is compared and what was found.
"""
