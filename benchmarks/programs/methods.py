"""Tight methods: each does one small thing."""


class Counter:
    def __init__(self):
        self.value = 0

    def get(self):
        return self.value

    def put(self, value):
        self.value = value

    def step(self, by):
        self.put(self.get() + by)


class Toggle(Counter):
    def step(self, by):
        super().step(-by if self.get() > 50 else by)


def run():
    counters = [Counter(), Toggle()]
    for i in range(20_000):
        for counter in counters:
            counter.step(i & 7)
    return [counter.get() for counter in counters]
