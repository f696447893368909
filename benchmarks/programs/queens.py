"""Queens on a board, by generators and by recursion on bit masks."""


def place(size, row=0, columns=(), sums=(), differences=()):
    if row == size:
        yield columns
        return
    for column in range(size):
        if column not in columns and row + column not in sums and row - column not in differences:
            yield from place(
                size, row + 1, (*columns, column), (*sums, row + column), (*differences, row - column)
            )


def count(size, columns=0, left=0, right=0):
    full = (1 << size) - 1
    if columns == full:
        return 1
    found = 0
    free = full & ~(columns | left | right)
    while free:
        bit = free & -free
        free ^= bit
        found += count(size, columns | bit, (left | bit) << 1, (right | bit) >> 1)
    return found


def run():
    return sum(1 for _ in place(6)), count(8)
