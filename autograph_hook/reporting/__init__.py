"""The staging report: what became of every function of the enabled modules, and why."""

from __future__ import annotations

from autograph_hook.reporting.report import Report

__all__ = ["Report"]
