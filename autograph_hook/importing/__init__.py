"""From `import pkg.mod` to a running module: finder, loader, marker, cache, script runner, start-up."""
