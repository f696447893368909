"""The most flips that turn a permutation of pancakes: list slices in nested loops, no calls."""


def flips(size):
    best = checksum = 0
    order = list(range(size))
    counts = [0] * size
    number = 0
    while True:
        if order[0]:
            work = order[:]
            turned = 0
            while first := work[0]:
                work[: first + 1] = work[first::-1]
                turned += 1
            best = max(best, turned)
            checksum += -turned if number % 2 else turned
        number += 1
        place = 1
        while place < size:
            first = order[0]
            order[:place] = order[1 : place + 1]
            order[place] = first
            counts[place] += 1
            if counts[place] <= place:
                break
            counts[place] = 0
            place += 1
        else:
            return best, checksum


def run():
    return flips(7)
