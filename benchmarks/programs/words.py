"""Closures, decorators, keyword arguments, dictionaries: a small pipeline over records."""

import functools


def stage(function):
    @functools.wraps(function)
    def run(records, **options):
        return [function(record, **options) for record in records]

    return run


@stage
def parse(record, separator=";"):
    name, size, kind = record.split(separator)
    return {"name": name, "size": int(size), "kind": kind}


@stage
def grow(record, *, by=1, kinds=("x",)):
    if record["kind"] in kinds:
        return {**record, "size": record["size"] + by}
    return record


def group(records, key):
    groups = {}
    for record in records:
        groups.setdefault(key(record), []).append(record)
    return groups


def counter():
    total = 0

    def add(amount):
        nonlocal total
        total += amount
        return total

    return add


def run():
    lines = [f"record{i};{i * 7 % 113};{'xyz'[i % 3]}" for i in range(3000)]
    records = grow(grow(parse(lines), by=3, kinds=("x", "y")), by=-2)
    add = counter()
    groups = group(records, key=lambda record: (record["kind"], record["size"] % 10))
    for key in sorted(groups):
        for record in groups[key]:
            add(record["size"])
    return len(groups), add(0)
