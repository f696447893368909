"""Whole programs made by machine, plain against hooked.

`programs.py` writes them from the tables in `grammar.py` and `tensors.py`; `python.py`, `own.py` and `foreign.py` run
each one in the three ways there are and compare what `observe.py` sees; `numbers.py` writes those for Lantern, which
`lantern.py` runs; `reduce.py` makes one that fails small.

    python -m tests.fuzz --programs 20000 --mode python
    python -m tests.fuzz --programs 2000 --mode own foreign --minutes 60
"""
