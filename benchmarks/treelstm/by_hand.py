"""The TreeLSTM in plain NumPy with its gradient written by hand: what Python does without a compiler."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import data


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


class Training:
    def __init__(self, rule: str, rate: float, dtype: Any = np.float32) -> None:
        self.rule, self.rate = rule, rate
        self.p = {name: value.astype(dtype) for name, value in data.stacked(data.weights()).items()}
        self.words = data.embeddings().astype(dtype)
        self.squares = {name: np.zeros_like(value) for name, value in self.p.items()}

    def __call__(self, phrase: Any) -> float:
        self.gradient = {name: np.zeros_like(value) for name, value in self.p.items()}
        tape = self.forward(phrase)
        zero = np.zeros_like(tape["h"])
        self.backward(tape, zero, zero)
        for name, value in self.p.items():
            gradient = self.gradient[name]
            if self.rule == "adagrad":
                self.squares[name] += gradient**2
                gradient = gradient / (np.sqrt(self.squares[name]) + 1e-10)
            value -= self.rate * gradient
        return float(tape["loss"])

    def forward(self, phrase: Any) -> dict[str, Any]:
        p = self.p
        if phrase.left is None:
            x = self.words[phrase.word]
            i, o, u = np.split(p["W"] @ x + p["b"], 3)
            tape = {"x": x, "i": sigmoid(i), "o": sigmoid(o), "u": np.tanh(u), "loss": 0}
            c = tape["i"] * tape["u"]
        else:
            left, right = self.forward(phrase.left), self.forward(phrase.right)
            x = np.concatenate([left["h"], right["h"]])
            i, fl, fr, o, u = np.split(p["U"] @ x + p["c"], 5)
            tape = {"x": x, "i": sigmoid(i), "o": sigmoid(o), "u": np.tanh(u), "left": left, "right": right}
            tape |= {"fl": sigmoid(fl), "fr": sigmoid(fr), "loss": left["loss"] + right["loss"]}
            c = tape["i"] * tape["u"] + tape["fl"] * left["c"] + tape["fr"] * right["c"]
        t = np.tanh(c)
        h = tape["o"] * t
        logits = p["V"] @ h + p["v"]
        top = logits.max()
        powers = np.exp(logits - top)
        tape |= {"c": c, "t": t, "h": h, "dz": powers / powers.sum()}
        tape["loss"] = tape["loss"] + (np.log(powers.sum()) + top - logits[phrase.label])
        tape["dz"][phrase.label] -= 1
        return tape

    def backward(self, tape: dict[str, Any], dh: Any, dc: Any) -> None:
        p, gradient = self.p, self.gradient
        gradient["V"] += np.outer(tape["dz"], tape["h"])
        gradient["v"] += tape["dz"]
        dh = dh + p["V"].T @ tape["dz"]
        i, o, u, t = tape["i"], tape["o"], tape["u"], tape["t"]
        dc = dc + dh * o * (1 - t * t)
        di, do, du = dc * u * i * (1 - i), dh * t * o * (1 - o), dc * i * (1 - u * u)
        if "left" not in tape:
            dz = np.concatenate([di, do, du])
            gradient["W"] += np.outer(dz, tape["x"])
            gradient["b"] += dz
            return
        left, right, fl, fr = tape["left"], tape["right"], tape["fl"], tape["fr"]
        dz = np.concatenate([di, dc * left["c"] * fl * (1 - fl), dc * right["c"] * fr * (1 - fr), do, du])
        gradient["U"] += np.outer(dz, tape["x"])
        gradient["c"] += dz
        dx_left, dx_right = np.split(p["U"].T @ dz, 2)
        self.backward(left, dx_left, dc * fl)
        self.backward(right, dx_right, dc * fr)
