"""Functions of several shapes that do nothing: the cost of a call is all there is."""


def function(x):
    return x


class Class:
    def method(self, x):
        return x


def make():
    kept = 0

    def closure(x):
        return kept

    return closure


def keywords(x, *rest, flag=True, **options):
    return x


SHAPES = {
    "function": function,
    "method": Class().method,
    "closure": make(),
    "lambda": lambda x: x,
    "*args and **kwargs": keywords,
}
