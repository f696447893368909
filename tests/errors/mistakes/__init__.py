"""The gallery, family by family."""

from __future__ import annotations

from tests.errors.mistakes import joins, running, settings, state, values

FAMILIES = (joins.FAMILY, values.FAMILY, running.FAMILY, state.FAMILY, settings.FAMILY)
MISTAKES = {mistake.title: mistake for family in FAMILIES for mistake in family.mistakes}
