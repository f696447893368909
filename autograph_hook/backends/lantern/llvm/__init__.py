"""Native code for programs of the intermediate representation, by llvmlite.

    host        the machine: its features, the width of its vectors
    emit        writing LLVM code: vectors with masked tails, loops
    polynomials, elements, nests, reductions, products      kernels
    memory      the arena and the context of a call
    body        one def: names, memory, failures; facts and ownership are what must be known before
    scalars, tensors, linear, classifiers, containers, gradients      the operations
    blocks, lowering      control flow; the whole program
    objects, cache        machine code, and the files that it is kept in
    values, call, errors, listing      what Python sees
"""
