"""Whole numbers, in plain Python. No framework is named: what the numbers are decides who computes."""


def power(x, n):
    """x ** n for a whole n >= 0, by squaring."""
    result = x * 0 + 1
    while n > 0:
        if n % 2 == 1:
            result = result * x
        x = x * x
        n = n // 2
    return result


def collatz(n):
    """How many steps it takes n to come down to 1."""
    steps = n * 0
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps = steps + 1
    return steps


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)
