"""A temperature that settles on a grid: stencils over lists of lists."""


def step(grid, weight):
    change = 0.0
    for i in range(1, len(grid) - 1):
        above, row, below = grid[i - 1], grid[i], grid[i + 1]
        for j in range(1, len(row) - 1):
            old = row[j]
            new = weight * 0.25 * (above[j] + below[j] + row[j - 1] + row[j + 1]) + (1.0 - weight) * old
            row[j] = new
            change = max(change, abs(new - old))
    return change


def run():
    size = 40
    grid = [[0.0] * size for _ in range(size)]
    grid[0] = [100.0] * size
    steps = 0
    while step(grid, 1.7) > 0.5 and steps < 60:
        steps += 1
    return steps, sum(map(sum, grid))
