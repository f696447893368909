"""The exceptions and the warning of autograph_hook."""

from __future__ import annotations


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
