"""The plain run and the compiled code side by side, for the setting `verify`.

Compiled code adds in another order than NumPy and joins operations, so floats may differ in their last digits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

ROUNDING = 1e-9
SINGLE = 1e-4
"""The same of 32 bits."""


def difference(plain: Any, staged: Any, tolerance: float) -> tuple[str, str, str, str] | None:
    """The first element in which two arrays differ by more than rounding.

    >>> difference(np.array([1.0, 2.0]), np.array([1.0, 2.0 + 1e-12]), ROUNDING)
    >>> difference(np.array([1.0, 2.0]), np.array([1.0, 2.5]), ROUNDING)
    ('element [1]', '2.0', '2.5', '1 of 2 elements differ')
    >>> difference(np.zeros(2), np.zeros(3), ROUNDING)
    ('', 'shape (2,)', 'shape (3,)', '')
    """
    if plain.dtype != staged.dtype:
        return "", plain.dtype.name, staged.dtype.name, ""
    if plain.shape != staged.shape:
        return "", f"shape {plain.shape}", f"shape {staged.shape}", ""
    if plain.dtype.kind == "f":
        part = max(tolerance, SINGLE if plain.dtype.itemsize < 8 else ROUNDING)
        finite = np.abs(plain[np.isfinite(plain)])
        largest = float(finite.max(initial=0.0))
        differs = ~np.isclose(plain, staged, rtol=part, atol=part * largest, equal_nan=True)
    else:
        differs = np.asarray(plain != staged)
    if not differs.any():
        return None
    place = tuple(int(index[0]) for index in np.nonzero(differs)) if plain.ndim else ()
    element = f"element {list(place)}" if place else ""
    count = f"{int(differs.sum())} of {differs.size} elements differ" if differs.size > 1 else ""
    return element, str(plain[place]), str(staged[place]), count
