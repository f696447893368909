"""Matrices as lists of lists: products, a power, elimination."""


def make(size):
    return [[(i * 7 + j * 3) % 11 + (1 if i == j else 0) for j in range(size)] for i in range(size)]


def multiply(a, b):
    columns = list(zip(*b, strict=True))
    return [[dot(row, column) % 1_000_003 for column in columns] for row in a]


def dot(row, column):
    total = 0
    for x, y in zip(row, column, strict=True):
        total += x * y
    return total


def power(a, n):
    result = [[int(i == j) for j in range(len(a))] for i in range(len(a))]
    while n:
        if n & 1:
            result = multiply(result, a)
        a = multiply(a, a)
        n >>= 1
    return result


def determinant(a):
    a = [[float(x) for x in row] for row in a]
    found = 1.0
    for k in range(len(a)):
        best = max(range(k, len(a)), key=lambda i: abs(a[i][k]))
        if a[best][k] == 0.0:
            return 0.0
        if best != k:
            a[k], a[best] = a[best], a[k]
            found = -found
        found *= a[k][k]
        for i in range(k + 1, len(a)):
            factor = a[i][k] / a[k][k]
            for j in range(k, len(a)):
                a[i][j] -= factor * a[k][j]
    return found


def run():
    a = make(24)
    return sum(map(sum, power(a, 50))), determinant(a)
