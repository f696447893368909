"""Values that differ from path to path."""

from __future__ import annotations

from tests.errors.mistake import Family, Mistake

FAMILY = Family(
    "Two paths, two values",
    "In a graph both paths of an `if` on a tensor exist, and a loop over a tensor has a body of which nobody knows how "
    "often it will run. What a name holds afterwards must be one thing for the graph.",
    (
        Mistake(
            "a name is defined in one branch only",
            """
            import tensorflow as tf

            @tf.function
            def sign(x):
                if x > 0:
                    name = x * 2
                return name

            print(sign(tf.constant(-1.0)))
            """,
            "cannot access local variable `name`",
            "Eager Python would raise `UnboundLocalError` here. The graph checks the same where the name is read, so the "
            "program runs as long as the branch is taken.",
            "Give the name a value on the other path, before the `if` or in an `else`.",
            line=7,
        ),
        Mistake(
            "two dtypes meet",
            """
            import tensorflow as tf

            @tf.function
            def scaled(x):
                if x > 10:
                    y = tf.cast(x, tf.float32)
                else:
                    y = x
                return y

            print(scaled(tf.constant(3)))
            """,
            "y is a float32 tensor of shape () from line 6 and an int32 tensor of shape () from line 8",
            "No dtype holds both all `float32` and all `int32` values, so the graph cannot have one tensor `y`.",
            "Cast on both paths: `y = tf.cast(x, tf.float32)` in the `else`, too.",
            line=5,
        ),
        Mistake(
            "a text on one path, a tensor on the other",
            """
            import tensorflow as tf

            @tf.function
            def label(x):
                if x > 0:
                    y = "positive"
                else:
                    y = x
                return y

            print(label(tf.constant(3)))
            """,
            "y is the Python str 'positive' from line 6 and an int32 tensor of shape () from line 8",
            "The two values have no common type.",
            "Use two names, or a text on both paths: `tf.strings.as_string(x)`.",
            line=5,
        ),
        Mistake(
            "the dtype changes in a loop",
            """
            import tensorflow as tf

            @tf.function
            def total(xs):
                result = tf.constant(0)
                for x in xs:
                    result = tf.cast(result, tf.float32) + x
                return result

            print(total(tf.constant([1.5, 2.5])))
            """,
            "result is an int32 tensor of shape () before the loop and a float32 tensor of shape () after an iteration",
            "Without an iteration the result would be an `int32`, with one a `float32`.",
            "Begin with the dtype that the loop gives: `tf.constant(0.0)`. (A Python `0` would do as well: it takes the "
            "dtype that it meets.)",
            line=6,
        ),
        Mistake(
            "None, where a value is used",
            """
            import tensorflow as tf

            @tf.function
            def find(xs):
                found = None
                for x in xs:
                    if x > 2:
                        found = x
                return found * 2

            print(find(tf.constant([1, 2])))
            """,
            "found is None here, and its value is used",
            "No element was found, so `found` is still None: eager Python would raise a `TypeError` in the same line.",
            "Ask before: `if found is None: ...` may stand in a graph.",
            line=9,
        ),
        Mistake(
            "no `return` on one path",
            """
            import tensorflow as tf

            @tf.function
            def find(xs):
                for x in xs:
                    if x > 2:
                        return x

            print(find(tf.constant([1, 2])))
            """,
            "the function returns None where it ends without `return` and an int32 tensor of shape () in line 7",
            "What a `tf.function` returns must be of one kind, and a function that ends returns None.",
            "Return something of the same kind at the end: `return tf.constant(-1)`.",
            line=5,
        ),
        Mistake(
            "a tuple from one `return`, a tensor from the other",
            """
            import tensorflow as tf

            @tf.function
            def largest(xs):
                if tf.size(xs) > 1:
                    return tf.reduce_max(xs), tf.argmax(xs)
                return xs[0]

            print(largest(tf.constant([1, 2])))
            """,
            "the function returns a tuple of 2 in line 6 and an int32 tensor of shape () in line 7",
            "The caller could not know what it has got.",
            "Return a tuple of two on both paths.",
            line=5,
        ),
        Mistake(
            "`break` with `else`, and None from one of them",
            """
            import tensorflow as tf

            @tf.function
            def search(xs):
                for x in xs:
                    if x > 2:
                        found = x
                        break
                else:
                    return None
                return found

            print(search(tf.constant([1, 2])))
            """,
            "the function returns an int32 tensor of shape () in line 11 and None in line 10",
            "`break` and `else` are staged; but again the caller would get one of two kinds of values.",
            "Return a flag beside the value: `return False, tf.constant(0)` and `return True, found`.",
            line=11,
        ),
        Mistake(
            "tuples of two lengths",
            """
            import tensorflow as tf

            @tf.function
            def zeros(x):
                shape = (2, 3)
                if x > 0:
                    shape = (6,)
                return tf.zeros(shape)

            print(zeros(tf.constant(-1)))
            """,
            "shape is a tuple of 1 from line 7 and a tuple of 2 from before line 6",
            "A tuple's length is Python's business, and Python cannot know which path is taken.",
            "Make it a tensor, whose length the graph may know, and return from both branches: `return tf.zeros((6,))`.",
            line=6,
        ),
        Mistake(
            "one of two objects",
            """
            import tensorflow as tf

            class Box:
                def __init__(self, value):
                    self.value = value

            @tf.function
            def boxed(x):
                if x > 0:
                    box = Box(x)
                else:
                    box = Box(-x)
                return box.value

            print(boxed(tf.constant(-1)))
            """,
            "box is an instance of Box from line 10 and an instance of Box from line 12",
            "A graph carries tensors. It can take containers, named tuples and dataclass instances apart, but not just "
            "any object.",
            "Make one object and set its attribute on both paths, or declare the class with `@dataclass`.",
            line=9,
        ),
        Mistake(
            "one of two functions",
            """
            import tensorflow as tf

            @tf.function
            def layer(x):
                if x > 0:
                    activation = tf.nn.relu
                else:
                    activation = tf.nn.tanh
                return activation(x)

            print(layer(tf.constant(-1.0)))
            """,
            "call each where it is chosen, and keep what it returns",
            "Which function is called in line 9 would be known only when the graph runs.",
            "`y = tf.nn.relu(x)` in one branch, `y = tf.nn.tanh(x)` in the other.",
            line=5,
        ),
        Mistake(
            "a dictionary's key on one path only",
            """
            import tensorflow as tf

            @tf.function
            def limits(x):
                found = {}
                if x > 0:
                    found["high"] = x
                return found["high"]

            print(limits(tf.constant(-1)))
            """,
            "the item `high` has no value here",
            "The dictionary has the key only if the branch is taken. Eager Python would raise a `KeyError` in the same "
            "line.",
            "Set the key on both paths.",
            line=8,
        ),
    ),
)
