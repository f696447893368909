"""The TreeLSTM in PyTorch, eager: as its users write it, and with the gates of a kind in one product."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from . import data


class TreeLSTM(nn.Module):
    """A linear layer for each gate."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding.from_pretrained(torch.from_numpy(data.embeddings()), freeze=True)
        self.leaf = nn.ModuleDict({g: nn.Linear(data.EMBEDDING, data.HIDDEN) for g in data.LEAF_GATES})
        self.left = nn.ModuleDict({g: nn.Linear(data.HIDDEN, data.HIDDEN) for g in data.GATES})
        self.right = nn.ModuleDict({g: nn.Linear(data.HIDDEN, data.HIDDEN, bias=False) for g in data.GATES})
        self.output = nn.Linear(data.HIDDEN, data.CLASSES)
        self.criterion = nn.CrossEntropyLoss()
        self.load()

    def load(self) -> None:
        p = {name: torch.from_numpy(value) for name, value in data.weights().items()}
        found = {"output.weight": p["V"], "output.bias": p["v"], "words.weight": self.words.weight}
        for g in data.LEAF_GATES:
            found |= {f"leaf.{g}.weight": p[f"W{g}"], f"leaf.{g}.bias": p[f"b{g}"]}
        for g in data.GATES:
            found |= {f"left.{g}.weight": p[f"U{g}l"], f"right.{g}.weight": p[f"U{g}r"], f"left.{g}.bias": p[f"c{g}"]}
        self.load_state_dict(found)

    def forward(self, phrase: Any) -> tuple[Tensor, Tensor, Tensor]:
        if phrase.left is None:
            x = self.words(torch.tensor([phrase.word]))
            i = torch.sigmoid(self.leaf["i"](x))
            o = torch.sigmoid(self.leaf["o"](x))
            u = torch.tanh(self.leaf["u"](x))
            c = i * u
            h = o * torch.tanh(c)
            return h, c, self.criterion(self.output(h), torch.tensor([phrase.label]))
        hl, cl, loss_left = self(phrase.left)
        hr, cr, loss_right = self(phrase.right)
        i = torch.sigmoid(self.left["i"](hl) + self.right["i"](hr))
        fl = torch.sigmoid(self.left["fl"](hl) + self.right["fl"](hr))
        fr = torch.sigmoid(self.left["fr"](hl) + self.right["fr"](hr))
        o = torch.sigmoid(self.left["o"](hl) + self.right["o"](hr))
        u = torch.tanh(self.left["u"](hl) + self.right["u"](hr))
        c = i * u + fl * cl + fr * cr
        h = o * torch.tanh(c)
        own = self.criterion(self.output(h), torch.tensor([phrase.label]))
        return h, c, loss_left + loss_right + own


class FusedTreeLSTM(nn.Module):
    """One product for all gates, and the losses of all phrases at once."""

    def __init__(self) -> None:
        super().__init__()
        p = {name: nn.Parameter(torch.from_numpy(value)) for name, value in data.stacked(data.weights()).items()}
        self.words = torch.from_numpy(data.embeddings())
        self.p = nn.ParameterDict(p)

    def forward(self, phrase: Any) -> tuple[Any, Any, Tensor]:
        states: list[Tensor] = []
        labels: list[int] = []
        h, c = self.encode(phrase, states, labels)
        logits = nn.functional.linear(torch.cat(states), self.p["V"], self.p["v"])
        return h, c, nn.functional.cross_entropy(logits, torch.tensor(labels), reduction="sum")

    def encode(self, phrase: Any, states: list[Tensor], labels: list[int]) -> tuple[Tensor, Tensor]:
        linear = nn.functional.linear
        if phrase.left is None:
            x = self.words[phrase.word].unsqueeze(0)
            z = linear(x, self.p["W"], self.p["b"])
            i, o = z[:, : 2 * data.HIDDEN].sigmoid().chunk(2, 1)
            c = i * z[:, 2 * data.HIDDEN :].tanh()
        else:
            hl, cl = self.encode(phrase.left, states, labels)
            hr, cr = self.encode(phrase.right, states, labels)
            z = linear(torch.cat([hl, hr], 1), self.p["U"], self.p["c"])
            i, fl, fr, o = z[:, : 4 * data.HIDDEN].sigmoid().chunk(4, 1)
            c = torch.addcmul(torch.addcmul(i * z[:, 4 * data.HIDDEN :].tanh(), fl, cl), fr, cr)
        h = o * c.tanh()
        states.append(h)
        labels.append(phrase.label)
        return h, c


class Training:
    def __init__(self, fused: bool, rule: str, rate: float) -> None:
        torch.set_num_threads(1)
        self.model = FusedTreeLSTM() if fused else TreeLSTM()
        trained = [p for p in self.model.parameters() if p.requires_grad]
        if rule == "sgd":
            self.optimizer: Any = torch.optim.SGD(trained, lr=rate, fused=fused)
        else:
            self.optimizer = torch.optim.Adagrad(trained, lr=rate, fused=fused)

    def __call__(self, phrase: Any) -> float:
        self.optimizer.zero_grad()
        loss = self.model(phrase)[2]
        loss.backward()
        self.optimizer.step()
        return float(loss.detach())
