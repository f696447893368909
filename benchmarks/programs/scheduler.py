"""Tasks with priorities that send each other packets: objects, queues, small methods."""

from collections import deque


class Packet:
    def __init__(self, kind, size):
        self.kind = kind
        self.size = size
        self.hops = 0

    def is_work(self):
        return self.kind == "work"


class Task:
    def __init__(self, name, priority):
        self.name = name
        self.priority = priority
        self.inbox = deque()
        self.done = 0

    def ready(self):
        return bool(self.inbox)

    def accept(self, packet):
        packet.hops += 1
        self.inbox.append(packet)

    def act(self, scheduler):
        raise NotImplementedError


class Worker(Task):
    def act(self, scheduler):
        packet = self.inbox.popleft()
        self.done += packet.size
        packet.kind = "device"
        if packet.hops < 6:
            scheduler.send(scheduler.device_for(packet), packet)


class Device(Task):
    def __init__(self, name, priority, delay):
        super().__init__(name, priority)
        self.delay = delay

    def ready(self):
        self.delay -= 1
        return self.delay <= 0 and super().ready()

    def act(self, scheduler):
        packet = self.inbox.popleft()
        self.done += 1
        self.delay = packet.size % 4
        packet.kind = "work"
        if packet.hops < 6:
            scheduler.send(scheduler.least(), packet)


class Scheduler:
    def __init__(self):
        self.workers = [Worker(f"worker{i}", i) for i in range(4)]
        self.devices = [Device(f"device{i}", 10 + i, i) for i in range(3)]
        self.tasks = sorted(self.workers + self.devices, key=lambda task: -task.priority)
        self.sent = 0

    def device_for(self, packet):
        return self.devices[packet.size % len(self.devices)]

    def least(self):
        return min(self.workers, key=lambda task: (len(task.inbox), task.priority))

    def send(self, task, packet):
        self.sent += 1
        task.accept(packet)

    def run(self, steps):
        for _ in range(steps):
            for task in self.tasks:
                if task.ready():
                    task.act(self)


def run():
    scheduler = Scheduler()
    for size in range(400):
        packet = Packet("work" if size % 3 else "device", size)
        scheduler.send(scheduler.least() if packet.is_work() else scheduler.device_for(packet), packet)
    scheduler.run(1800)
    return scheduler.sent, [task.done for task in scheduler.tasks]
