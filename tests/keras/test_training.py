"""Eager training loops with Keras are staged with nothing asked, and give what the eager run gives."""

from __future__ import annotations

import pytest

from .training import STEP, X, Y, both, program, train

MODELS: dict[str, str] = {
    "sequential": "model = keras.Sequential([layers.Dense(8, activation='relu'), layers.Dense(3)])",
    "functional": """
    given = keras.Input((6,))
    hidden = layers.Dense(8, activation='tanh')(given)
    model = keras.Model(given, layers.Dense(3)(layers.concatenate([given, hidden])))
    """,
    "subclassed": """
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.one = layers.Dense(8)
            self.more = [layers.Dense(8, activation='gelu') for _ in range(2)]
            self.last = layers.Dense(3)
        def call(self, x, training=False):
            x = self.one(x)
            for layer in self.more:
                x = layer(x) + x
            if training:
                x = x * 0.5
            return self.last(x)
    model = Net()
    """,
    "regularized": """
    model = keras.Sequential([layers.Dense(8, kernel_regularizer='l2', bias_regularizer=keras.regularizers.L1(0.1)),
                              layers.Dense(3, activity_regularizer='l2')])
    """,
    "normalized": """
    model = keras.Sequential([layers.Dense(8), layers.BatchNormalization(), layers.LayerNormalization(),
                              layers.UnitNormalization(), layers.Dense(3)])
    """,
    "dropout": """
    model = keras.Sequential([layers.Dense(8), layers.Dropout(0.4), layers.GaussianNoise(0.1),
                              layers.Dense(8), layers.AlphaDropout(0.2), layers.Dense(3)])
    """,
    "convolutional": """
    model = keras.Sequential([layers.Reshape((6, 1)), layers.Conv1D(4, 3, padding='same', activation='relu'),
                              layers.MaxPooling1D(2), layers.SeparableConv1D(4, 2), layers.Flatten(), layers.Dense(3)])
    """,
    "convolutional in two dimensions": """
    model = keras.Sequential([layers.Reshape((3, 2, 1)), layers.Conv2D(4, 2, padding='same'), layers.ReLU(),
                              layers.Conv2DTranspose(4, 2), layers.GlobalAveragePooling2D(), layers.Dense(3)])
    """,
    "lstm": "model = keras.Sequential([layers.Reshape((3, 2)), layers.LSTM(5), layers.Dense(3)])",
    "lstm with dropout": """
    model = keras.Sequential([layers.Reshape((3, 2)), layers.LSTM(5, dropout=0.3, recurrent_dropout=0.2),
                              layers.Dense(3)])
    """,
    "gru": """
    model = keras.Sequential([layers.Reshape((3, 2)), layers.GRU(5, return_sequences=True),
                              layers.Bidirectional(layers.SimpleRNN(4)), layers.Dense(3)])
    """,
    "constrained": """
    model = keras.Sequential([layers.Dense(8, kernel_constraint='non_neg'),
                              layers.Dense(3, kernel_constraint=keras.constraints.MaxNorm(0.5))])
    """,
    "attention": """
    given = keras.Input((3, 2))
    model = keras.Sequential([layers.Reshape((3, 2)), keras.Model(given,
        layers.MultiHeadAttention(2, 4)(given, given)), layers.Flatten(), layers.Dense(3)])
    """,
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_staged(name: str) -> None:
    made = program(MODELS[name])
    train(made)
    made.assert_staged("step")
    train(made, 2, training=False)
    train(made, 2, X[:4], Y[:4])
    made.assert_staged("step")


def test_an_embedding_is_staged() -> None:
    made = program(
        """
    model = keras.Sequential([layers.Embedding(10, 4, mask_zero=True), layers.LSTM(5), layers.Dense(3)])
    """
    )
    train(made, 5, Y[:, None] + [[0, 1, 2]], Y)
    made.assert_staged("step")


OPTIMIZERS = (
    "SGD(0.1)", "SGD(0.1, momentum=0.9, nesterov=True)", "Adam(0.01, amsgrad=True)", "AdamW(0.01)", "RMSprop(0.01)",
    "Adagrad(0.1)", "Lion(0.01)", "Adam(0.01, clipnorm=0.5)", "SGD(0.1, clipvalue=0.1, weight_decay=0.01)",
    "SGD(0.1, global_clipnorm=0.3, use_ema=True)", "Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5))",
    "SGD(keras.optimizers.schedules.CosineDecay(0.1, 6, warmup_steps=2, warmup_target=0.2))",
    "Adam(0.01, gradient_accumulation_steps=2)", "Ftrl(0.1)", "Nadam(0.01)", "Adafactor(0.01)",
)  # fmt: skip


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_an_optimizer_is_staged(optimizer: str) -> None:
    made = program(f"opt = keras.optimizers.{optimizer}\n" + MODELS["sequential"])
    train(made, 6)
    made.assert_staged("step")


def test_gradients_are_applied_by_apply_as_well() -> None:
    step = STEP.replace("opt.apply_gradients(zip(grads, model.trainable_variables))", "opt.apply(grads)")
    made = program(MODELS["sequential"] + "\nmodel.build((None, 6))\nopt.build(model.trainable_variables)", step)
    train(made)
    made = program(MODELS["sequential"], STEP.replace("zip(grads, model.trainable_variables)", "zip(grads, model.weights)"))
    train(made)
    made.assert_staged("step")


METRICS = """
    model = keras.Sequential([layers.Dense(3, activation='softmax')])
    mean, auc, top = keras.metrics.Mean(), keras.metrics.AUC(), keras.metrics.SparseTopKCategoricalAccuracy(2)
    f1 = keras.metrics.F1Score(average='macro')
    mse = keras.metrics.MeanSquaredError()
    def measure(x, y):
        p = model(pad(x))
        mean.update_state(p)
        top.update_state(y, p)
        mse.update_state(tf.one_hot(y, 3), p, sample_weight=tf.range(8))
        return mean.result(), top.result(), mse.result(), mse(tf.one_hot(y, 3), p)
    def reset(x, y):
        mean.reset_state()
        top.reset_state()
        mse.reset_state()
        mean.update_state(pad(model(x)))
        return mean.result()
    def area(x, y):
        p = model(pad(x))
        auc.update_state(y == 1, p[:, 1])
        return auc.result()
    def f1_of(x, y):
        p = model(pad(x))
        f1.update_state(tf.one_hot(y, 3), p)
        return f1.result()
"""


def test_metrics_are_staged() -> None:
    made = program(METRICS)
    for name in ("measure", "reset", "measure", "area", "f1_of"):
        for _ in range(3):
            both(made, lambda module, name=name: getattr(module, name)(X, Y))
    for name in ("measure", "reset", "f1_of"):
        made.assert_staged(name)
