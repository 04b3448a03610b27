"""Damaged and hostile variants of a file: its bytes, its text or its JSON, changed at random."""

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

MAX_BYTES = 4_000_000
"""What becomes longer, because its parts are repeated, is cut off."""
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
WORD = re.compile(r"\w+")
EXTREME_NUMBERS = (
    "-1", "0", "-0.0", "1.5", "1e308", "-1e308", "1e400", "1e-320", "nan", "inf", "-inf", "true",
    "2147483648", "4294967295", "9223372036854775808", "1" + 400 * "0", 5000 * "9", "0x10", "1_0",
    "", "٣",
)  # fmt: skip
ODD_TEXTS = (
    "", "\0", "\ufeff", "\r", "\n", "\t", "\x1b[2J", "\u202e", "\ud800", '"', "'", ",", ";", "é",
    "{}", "{0}", "%s", "$\\frac$", "\\", "../", "/", "C:\\", "/dev/zero", "#", "=", "[", "]",
    "a" * 10_000,
)  # fmt: skip
DEEP = 100_000
"""Brackets within each other; Python's own parsers give up after about a thousand."""
_DEEP_MARK = "brackets here"
ODD_VALUES: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 1.5, 1e308, 2**31, 2**63, 10**400, float("nan"), float("inf"), "",
    "x", "1", "\0", "\x1b[2J", "\ud800", "../x", 10_000 * "a", [], {}, [[]], [None], ["x", 1],
    {"": 0}, {"x": []}, [0] * 1000, _DEEP_MARK,
)  # fmt: skip
EXTREME_BYTES = [
    value.to_bytes(size, order)
    for size in (1, 2, 4, 8)
    for order in ("little", "big")
    for value in (0, 1, 2 ** (8 * size - 1) - 1, 2 ** (8 * size - 1), 2 ** (8 * size) - 1)
] + [b"\0\0\xc0\x7f", b"\0\0\x80\x7f"]
"""Integers of every size in both orders of bytes, NaN and infinity."""


def mutate(content: bytes, other: bytes, random: Random) -> bytes:
    """The content after one change or a few; `other` is another file, to take parts from."""
    changed = content
    while changed == content:  # a change may have no effect
        for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
            changed = random.choice(_kinds(changed))(changed, other, random)[:MAX_BYTES]
    return changed


def _kinds(content: bytes) -> list[Callable[[bytes, bytes, Random], bytes]]:
    """What may change the content."""
    if not _is_text(content):
        return [_change_bytes]
    if content.lstrip()[:1] in (b"{", b"["):
        return [_change_bytes, _change_text, _change_json, _change_json]
    return [_change_bytes, _change_text]


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False


def _range(length: int, random: Random) -> tuple[int, int]:
    """Where a part begins and ends: most are short, some are long."""
    size = min(length, random.choice((1, 1, 2, 4, 16, 100, 1000, length // 4)))
    start = random.randint(0, length - size)
    return start, start + size


def _change_bytes(content: bytes, other: bytes, random: Random) -> bytes:
    start, end = _range(len(content), random)
    part = content[start:end]
    match random.randrange(9):
        case 0 if content:
            changed = bytearray(content)
            changed[random.randrange(len(content))] ^= 1 << random.randrange(8)
            return bytes(changed)
        case 1:
            part = random.randbytes(end - start)
        case 2:
            part = b""
        case 3:
            part *= random.choice((2, 3, 100))
        case 4:
            return content[:start]
        case 5:
            begin, stop = _range(len(other), random)
            part = other[begin:stop]
        case 6:
            return content[:start] + other[start:]
        case 7:
            part = bytes(end - start)
        case _:
            extreme = random.choice(EXTREME_BYTES)
            return content[:start] + extreme + content[start + len(extreme) :]
    return content[:start] + part + content[end:]


def _change_text(content: bytes, other: bytes, random: Random) -> bytes:
    text = content.decode()
    match random.randrange(6):
        case 5 if "," in text:
            text = _replace_cell(text, random)
        case 0:
            text = _replace_one(text, NUMBER, random.choice(EXTREME_NUMBERS), random)
        case 1:
            words = WORD.findall(text) or [""]
            text = _replace_one(text, WORD, random.choice((*words[:100], *ODD_TEXTS)), random)
        case 2:
            at = random.randint(0, len(text))
            text = text[:at] + random.choice(ODD_TEXTS) + text[at:]
        case 3:
            lines = text.splitlines(keepends=True) or [""]
            at = random.randrange(len(lines))
            lines[at : at + 1] = random.choice(
                ([], 2 * [lines[at]], [lines[at], random.choice(lines)])
            )
            text = "".join(lines)
        case _:
            old, new = random.choice(
                ((",", ";"), ("\n", "\r\n"), ("\n", "\r"), (",", ",,"), ("e", "E"))
            )
            text = text.replace(old, new)
    return text.encode(errors="surrogatepass")


def _replace_one(text: str, pattern: re.Pattern[str], new: str, random: Random) -> str:
    # From a random place on, as a table has ten thousands of numbers.
    found = pattern.search(text, random.randint(0, len(text))) or pattern.search(text)
    return text[: found.start()] + new + text[found.end() :] if found else text


def _replace_cell(text: str, random: Random) -> str:
    """The text with another cell in one line, whose cells are short or as long as a picture."""
    lines = text.split("\n")
    at = random.randrange(len(lines))
    cells = lines[at].split(",")
    cells[random.randrange(len(cells))] = random.choice((*EXTREME_NUMBERS, *ODD_TEXTS))
    lines[at] = ",".join(cells)
    return "\n".join(lines)


def _change_json(content: bytes, other: bytes, random: Random) -> bytes:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):  # changed before
        return _change_text(content, other, random)
    holder = {"value": value}
    inside, key = random.choice(_places(holder))
    match random.randrange(6):
        case 0 if inside is not holder:
            del inside[key]
        case 1 if isinstance(inside, list):
            inside.insert(key, inside[key])
        case 2 if isinstance(inside, dict) and inside is not holder:
            inside[random.choice((key + "x", "", key.upper()))] = inside.pop(key)
        case 3:
            elsewhere, other_key = random.choice(_places(holder))
            inside[key] = elsewhere[other_key]
        case _:
            inside[key] = random.choice(ODD_VALUES)
    try:
        text = json.dumps(holder["value"])
    except (ValueError, RecursionError):  # a part was put into itself
        return content
    return text.replace(f'"{_DEEP_MARK}"', DEEP * "[" + DEEP * "]").encode()


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Each list or dictionary in the value, with each index or key in it."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    places = []
    for key, member in members:
        places.append((value, key))
        if isinstance(member, dict | list):
            places += _places(member)
    return places
