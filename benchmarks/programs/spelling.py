"""Edit distances between words: dynamic programming on rows."""

WORDS = ["kitten", "sitting", "saturday", "sunday", "rosettacode", "raisethysword", "intention", "execution"]


def distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            cheapest = diagonal if x == y else 1 + min(diagonal, row[j], row[j - 1])
            diagonal, row[j] = row[j], cheapest
    return row[-1]


def run():
    total = 0
    for a in WORDS:
        for b in WORDS:
            total += distance(a + b, b + a)
    return total
