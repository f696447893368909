"""Strings: splitting, counting, wrapping, translating."""

LINE = "the quick brown fox jumps over the lazy dog while seven wizards mix jade boxes of quartz"
WORDS = LINE.split()


def compose(count):
    return " ".join(WORDS[i * i % len(WORDS)] + (".", ",", "", "")[i % 4] for i in range(count))


def normalise(word):
    return "".join(letter for letter in word.lower() if letter.isalpha())


def count(text):
    found = {}
    for word in text.split():
        word = normalise(word)
        found[word] = found.get(word, 0) + 1
    return found


def wrap(text, width=60):
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line.ljust(width))
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]


def rotate(text, by=13):
    turned = []
    for letter in text:
        if "a" <= letter <= "z":
            letter = chr((ord(letter) - 97 + by) % 26 + 97)
        turned.append(letter)
    return "".join(turned)


def run():
    text = compose(6000)
    counted = count(text)
    return sorted(counted.items())[:5], len(wrap(text)), rotate(rotate(text)) == text
