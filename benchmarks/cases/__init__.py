"""The cases of the first_call benchmark: `imperative` as one writes it, `graphs` by hand."""
