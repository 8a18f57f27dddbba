# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `strace -f -yy` writes, line by line, as calls."""

import re
from dataclasses import dataclass, field

LINE = re.compile(r"^(\d+) +(.*)$")
RESUMED = re.compile(r"^<\.\.\. (\w+) resumed>(.*)$")
UNFINISHED = " <unfinished ...>"
CALL = re.compile(r"^(\w+)\(")
ESCAPE = re.compile(r"\\([0-7]{1,3}|x[0-9a-f]{2}|.)")
SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "v": "\v", "f": "\f"}
DESCRIPTOR = re.compile(r"^(AT_FDCWD|-?\d+)(?:<(.*)>(?:\(deleted\))?)?$", re.S)
CLOSING = {"(": ")", "[": "]", "{": "}"}


def unquote(text):
    """The value of a quoted string; None for NULL, for a pointer, and for what the tracer could not read."""
    match = re.match(r'^@?"(.*)"(\.\.\.)?$', text, re.S)
    if not match:
        return None

    def value(escape):
        code = escape.group(1)
        if code[0] in "01234567":
            return chr(int(code, 8))
        return chr(int(code[1:], 16)) if code[0] == "x" and len(code) > 1 else SIMPLE.get(code, code)

    return ESCAPE.sub(value, match.group(1))


def descriptor(text):
    """(number, what it refers to): `5</tmp>`, `AT_FDCWD</>`, `0</dev/null<char 1:3>>`. The number is None for AT_FDCWD."""
    match = DESCRIPTOR.match(text)
    if not match:
        return None, None
    shown = None if match.group(2) is None else unquote('"' + re.sub(r"<(char|block) [0-9:]+>$", "", match.group(2)) + '"')
    return None if match.group(1) == "AT_FDCWD" else int(match.group(1)), shown


def skip_shown(text, i):
    """Where what a descriptor refers to ends, which begins at i: brackets in names are escaped, but `<char 1:3>` is below it."""
    depth = 1
    while depth > 0 and i + 1 < len(text):
        i += 1
        if text[i] == "<":
            depth += 1
        elif text[i] == ">" and text[i - 1] != "-":
            depth -= 1
    return i


def split(text):
    """`(a, b(c)) = 0` without its first bracket: the arguments and what follows them."""
    arguments, start, stack, i = [], 0, [], 0
    while i < len(text):
        char = text[i]
        if char == '"':
            i += 1
            while i < len(text) and text[i] != '"':
                i += 2 if text[i] == "\\" else 1
        elif text.startswith("/* ", i):
            i = text.index(" */", i) + 2
        elif char in CLOSING:
            stack.append(CLOSING[char])
        elif char == "<" and re.search(r"(AT_FDCWD|\d)$", text[max(0, i - 8):i]) and text[i + 1:i + 2] != "<":
            i = skip_shown(text, i)
        elif stack and char == stack[-1]:
            stack.pop()
        elif not stack and char in ",)":
            arguments.append(text[start:i].strip())
            start = i + 1
            if char == ")":
                return [a for a in arguments if a], text[i + 1:]
        i += 1
    arguments.append(text[start:].strip())
    return [a for a in arguments if a], ""


@dataclass
class Call:
    pid: int
    name: str
    arguments: list
    result: int = None  # None: it did not return
    shown: str = None  # what the descriptor that it returned refers to
    text: str = ""
    entered: bool = False  # this is only its beginning; the whole follows

    def argument(self, number):
        return self.arguments[number] if number < len(self.arguments) else ""


@dataclass
class Reader:
    """Gives (pid, Call) and, at the end of a process, (pid, None)."""

    pending: dict = field(default_factory=dict)

    def read(self, lines):
        for line in lines:
            match = LINE.match(line.rstrip("\n"))
            if match:
                yield from self.take(int(match.group(1)), match.group(2))
        # A call in which the tracer or the process came to its end was made all the same.
        for pid, text in self.pending.items():
            yield pid, self.call(pid, text)

    def take(self, pid, text):
        resumed = RESUMED.match(text)
        if resumed:
            if pid in self.pending:
                yield pid, self.call(pid, self.pending.pop(pid) + resumed.group(2))
        elif text.startswith("+++"):
            if pid in self.pending:
                yield pid, self.call(pid, self.pending.pop(pid))
            yield pid, None
        elif text.endswith(UNFINISHED):
            self.pending[pid] = text[: -len(UNFINISHED)]
            call = self.call(pid, self.pending[pid])
            if call:
                call.entered = True
            yield pid, call or Call(pid, "", [], entered=True)
        elif CALL.match(text):
            yield pid, self.call(pid, text)

    @staticmethod
    def call(pid, text):
        match = CALL.match(text)
        if not match:
            return Call(pid, "", [], entered=True)
        arguments, rest = split(text[match.end():])
        call = Call(pid, match.group(1), arguments, text=text)
        result = re.match(r"^\s*= (-?\d+)(<.*>)?", rest)
        if result:
            call.result = int(result.group(1))
            call.shown = descriptor(result.group(1) + result.group(2))[1] if result.group(2) else None
        # A child's pid in its parent's pid namespace, and then in ours.
        outside = re.search(r"/\* (\d+) in strace's PID NS \*/", rest)
        if outside and call.result is not None:
            call.result = int(outside.group(1))
        return call
