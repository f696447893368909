"""The exceptions and the warning of autograph_hook."""

from __future__ import annotations

import sys

from autograph_hook import log


class AutographError(Exception):
    """Base of every error that autograph_hook itself raises."""


class ConversionError(AutographError):
    """A module could not be transformed when it was loaded (raised in strict mode only)."""


class StagingError(AutographError):
    """A construct could not become part of the graph that is being built."""


class VerificationError(AutographError):
    """A staged call gave another result than the plain run."""


class AutographWarning(UserWarning):
    """Something was left plain, or a setting or marker was not understood."""


def warn(text: str, path: str = "", line: int = 1, stacklevel: int = 1) -> None:
    """Give an AutographWarning: at a line of a file, or where the caller's caller stands (`stacklevel` 1).

    Where warnings are errors it is printed: what we have to say must not end an import or a call of the user's.
    """
    import warnings

    log.warning(f"{path}:{line}: {text}" if path else text)
    try:
        if path:
            warnings.warn_explicit(text, AutographWarning, path, line)
        else:
            warnings.warn(text, AutographWarning, stacklevel=stacklevel + 2)
    except AutographWarning:
        where = f"{path}:{line}: " if path else ""
        print(f"{where}AutographWarning: {text}", file=sys.stderr)
