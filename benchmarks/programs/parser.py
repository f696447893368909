"""A reader of JSON by recursive descent, one method for each kind of value."""

ESCAPES = {'"': '"', "\\": "\\", "/": "/", "n": "\n", "t": "\t"}


class Parser:
    def __init__(self, text):
        self.text = text
        self.at = 0

    def peek(self):
        return self.text[self.at]

    def skip(self):
        while self.at < len(self.text) and self.text[self.at] in " \n\t":
            self.at += 1

    def expect(self, token):
        if not self.text.startswith(token, self.at):
            raise ValueError(f"expected {token!r} at {self.at}")
        self.at += len(token)

    def value(self):
        self.skip()
        first = self.peek()
        if first == "{":
            found = self.object()
        elif first == "[":
            found = self.array()
        elif first == '"':
            found = self.string()
        elif first in "tfn":
            found = self.word()
        else:
            found = self.number()
        self.skip()
        return found

    def object(self):
        found = {}
        self.expect("{")
        self.skip()
        while self.peek() != "}":
            self.skip()
            key = self.string()
            self.skip()
            self.expect(":")
            found[key] = self.value()
            if self.peek() == ",":
                self.expect(",")
        self.expect("}")
        return found

    def array(self):
        found = []
        self.expect("[")
        self.skip()
        while self.peek() != "]":
            found.append(self.value())
            if self.peek() == ",":
                self.expect(",")
        self.expect("]")
        return found

    def string(self):
        self.expect('"')
        letters = []
        while (letter := self.peek()) != '"':
            self.at += 1
            if letter == "\\":
                letter = ESCAPES[self.peek()]
                self.at += 1
            letters.append(letter)
        self.expect('"')
        return "".join(letters)

    def word(self):
        for token, meaning in (("true", True), ("false", False), ("null", None)):
            if self.text.startswith(token, self.at):
                self.at += len(token)
                return meaning
        raise ValueError(f"unknown word at {self.at}")

    def number(self):
        start = self.at
        while self.at < len(self.text) and self.text[self.at] in "+-.0123456789eE":
            self.at += 1
        text = self.text[start : self.at]
        return float(text) if any(letter in text for letter in ".eE") else int(text)


def document(count):
    row = '{"id": %d, "name": "row \\"%d\\"", "tags": ["a", "b%d"], "score": %d.5, "ok": %s}'
    rows = (row % (i, i, i, i, "true" if i % 2 else "null") for i in range(count))
    return "[" + ",\n ".join(rows) + "]"


def run():
    found = Parser(document(250)).value()
    return len(found), found[-1]
