"""Compression by repeated pieces (LZ77) and Huffman codes, there and back."""

import heapq


def find(data, at, table, longest=30):
    best = (0, 0)
    for start in table.get(data[at : at + 3], ())[-8:]:
        length = 3
        while length < longest and at + length < len(data) and data[start + length] == data[at + length]:
            length += 1
        if length > best[0]:
            best = (length, at - start)
    return best


def shorten(data):
    table, pieces, at = {}, [], 0
    while at < len(data):
        length, distance = find(data, at, table)
        piece = (length, distance) if length else data[at]
        pieces.append(piece)
        for i in range(at, at + max(length, 1)):
            table.setdefault(data[i : i + 3], []).append(i)
        at += max(length, 1)
    return pieces


def lengthen(pieces):
    data = []
    for piece in pieces:
        if isinstance(piece, tuple):
            length, distance = piece
            for _ in range(length):
                data.append(data[-distance])
        else:
            data.append(piece)
    return "".join(data)


def codes(pieces):
    counts = {}
    for piece in pieces:
        counts[piece] = counts.get(piece, 0) + 1
    heap = [(count, i, piece) for i, (piece, count) in enumerate(counts.items())]
    heapq.heapify(heap)
    tie = len(heap)
    while len(heap) > 1:
        a, b = heapq.heappop(heap), heapq.heappop(heap)
        heapq.heappush(heap, (a[0] + b[0], tie, [a[2], b[2]]))
        tie += 1
    found, work = {}, [(heap[0][2], "")]
    while work:
        node, code = work.pop()
        if isinstance(node, list):
            work += [(node[0], code + "0"), (node[1], code + "1")]
        else:
            found[node] = code
    return found


def run():
    data = " ".join(f"item {i * i % 37} of {i % 11}" for i in range(700))
    pieces = shorten(data)
    table = codes(pieces)
    bits = sum(len(table[piece]) for piece in pieces)
    assert lengthen(pieces) == data
    return len(data), len(pieces), bits
