"""Where the graphs that are made are written, for the tool of their framework that shows them."""

from __future__ import annotations

directory = ""
