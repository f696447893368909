"""What we decide, one line each: on standard error with `--verbose`, and to `logging.getLogger("autograph_hook")`.

`logging` is not imported for it: in a program that has not imported it nobody listens.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

verbose = False
"""Are the lines printed?"""

NAME = "autograph_hook"


def _logger(level: str) -> Any:
    """Our logger, if somebody listens at this level."""
    logging = sys.modules.get("logging")
    if logging is None or not hasattr(logging, "getLogger"):  # it may be in the middle of its own import
        return None
    logger = logging.getLogger(NAME)
    return logger if logger.isEnabledFor(getattr(logging, level)) else None


def wanted() -> bool:
    """Does anybody want to know of a decision? Ask before making a text of it."""
    return verbose or _logger("DEBUG") is not None


def decision(text: str) -> None:
    """Tell what was decided."""
    if verbose:
        print(f"{NAME}: {text}", file=sys.stderr)
    logger = _logger("DEBUG")
    if logger is not None:
        logger.debug("%s", text)


def warning(text: str) -> None:
    """What the user is warned of, for a program that has set up its logs and does not have warnings put there."""
    logger = _logger("WARNING")
    if logger is not None and logger.hasHandlers() and not getattr(sys.modules["logging"], "_warnings_showwarning", 0):
        logger.warning("%s", text)
