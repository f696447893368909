"""Staging without decorators: when a call is traced on our own, what guards it, and what it may not do."""
