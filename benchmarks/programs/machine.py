"""A small virtual machine that counts primes: a loop that looks at one instruction after the other."""

PROGRAM = [
    ("set", "n", 2), ("set", "found", 0),
    ("copy", "limit", "top"), ("less", "go", "n", "limit"), ("unless", "go", 17),
    ("set", "d", 2), ("set", "prime", 1),
    ("times", "square", "d", "d"), ("less", "more", "n", "square"), ("if", "more", 14),
    ("mod", "rest", "n", "d"), ("unless", "rest", 13), ("add", "d", 1, 7),
    ("set", "prime", 0),
    ("sum", "found", "found", "prime"), ("add", "n", 1, 2), ("halt",),
    ("halt",),
]  # fmt: skip


def execute(program, memory):
    at = steps = 0
    while True:
        steps += 1
        operation, *operands = program[at]
        at += 1
        if operation == "set":
            memory[operands[0]] = operands[1]
        elif operation == "copy":
            memory[operands[0]] = memory[operands[1]]
        elif operation == "add":
            memory[operands[0]] += operands[1]
            at = operands[2]
        elif operation == "sum":
            memory[operands[0]] = memory[operands[1]] + memory[operands[2]]
        elif operation == "times":
            memory[operands[0]] = memory[operands[1]] * memory[operands[2]]
        elif operation == "mod":
            memory[operands[0]] = memory[operands[1]] % memory[operands[2]]
        elif operation == "less":
            memory[operands[0]] = memory[operands[1]] < memory[operands[2]]
        elif operation == "if":
            at = operands[1] if memory[operands[0]] else at
        elif operation == "unless":
            at = at if memory[operands[0]] else operands[1]
        else:
            return steps


def run():
    memory = {"top": 400}
    return execute(PROGRAM, memory), memory["found"]
