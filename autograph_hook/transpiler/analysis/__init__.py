"""Analyses: each returns a plain value."""
