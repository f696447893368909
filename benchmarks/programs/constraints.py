"""A net of one-way constraints, solved again as its inputs change: objects, dispatch, work lists."""


class Variable:
    def __init__(self, value):
        self.value = value
        self.users = []

    def set(self, value):
        if value == self.value:
            return 0
        self.value = value
        return propagate(self)


class Constraint:
    def __init__(self, output, *inputs):
        self.output = output
        self.inputs = inputs
        for variable in inputs:
            variable.users.append(self)

    def compute(self):
        raise NotImplementedError

    def satisfy(self):
        value = self.compute()
        changed = value != self.output.value
        self.output.value = value
        return changed


class Equal(Constraint):
    def compute(self):
        return self.inputs[0].value


class Scale(Constraint):
    factor = 3
    modulus = 1009

    def compute(self):
        return self.inputs[0].value * self.factor % self.modulus


class Sum(Constraint):
    def compute(self):
        return sum(variable.value for variable in self.inputs) % Scale.modulus


def propagate(start):
    work = [start]
    steps = 0
    while work:
        variable = work.pop()
        for constraint in variable.users:
            steps += 1
            if constraint.satisfy():
                work.append(constraint.output)
    return steps


def run():
    variables = [Variable(0) for _ in range(120)]
    for i in range(3, len(variables)):
        kind = (Equal, Scale, Sum)[i % 3]
        if kind is Sum:
            Sum(variables[i], variables[i - 1], variables[i - 3])
        else:
            kind(variables[i], variables[i - 2])
    steps = 0
    for value in range(1, 40):
        for source in range(3):
            steps += variables[source].set(value * (source + 1))
    return steps, sum(variable.value for variable in variables)
