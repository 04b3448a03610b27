"""Keeping secrets out of texts, however a program or a server may spell them."""

import base64
import json
import math
import os
import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from kaggle_fkd.system.text import HIDDEN, without_password

MIN_SECRET_LENGTH = 4
"""Anything shorter is not a secret, and hiding it would only garble messages."""
_USER_INFO = re.compile(r"(?:.*://)?([^:@/]*):(.+)@")


def hide(text: str, secrets: Iterable[str]) -> str:
    """`text` without these secrets, and without user names and passwords in addresses.

    A secret is hidden as it is, without its white space, as Python or JSON quotes it,
    percent-encoded, and in base64, also as a part of something longer.
    """
    parts = {part for secret in secrets for part in (secret, *secret.split())}
    # The longest first, as a secret may be part of another one.
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= MIN_SECRET_LENGTH:
            text = re.sub("|".join(_spellings(part)), HIDDEN, text)
    return without_password(text)


def passwords_in(address: str) -> Iterator[str]:
    """The password in an address, and how HTTP's basic authentication sends it."""
    if match := _USER_INFO.match(address):
        yield match[2]
        yield unquote(match[2])
        yield basic_authentication(unquote(match[1]), unquote(match[2]))


def passwords_of_proxies() -> Iterator[str]:
    """Those in the addresses of the proxies in the environment."""
    for name, value in os.environ.items():
        if name.lower().endswith("_proxy"):
            yield from passwords_in(value)


def basic_authentication(user: str, password: str) -> str:
    """The pair as HTTP's basic authentication sends it."""
    return base64.b64encode(f"{user}:{password}".encode(errors="replace")).decode()


def _spellings(secret: str) -> Iterator[str]:
    """Regular expressions for the secret as it is, and for what other encodings make of it."""
    content = secret.encode(errors="replace")
    yield re.escape(secret)
    yield re.escape(repr(secret)[1:-1])
    yield re.escape(json.dumps(secret)[1:-1])
    # Programs differ in the characters that they percent-encode.
    yield "".join(f"(?:{re.escape(chr(byte))}|%{byte:02X}|%{byte:02x})" for byte in content)
    for before in range(3):  # base64 depends on the position in what is encoded, modulo 3
        shifted = base64.b64encode(bytes(before) + content).decode()
        # The first and the last characters depend on what stands beside it, too.
        inside = shifted[math.ceil(before * 4 / 3) :].rstrip("=")[:-1]
        yield re.escape(inside)
        yield re.escape(inside.translate(str.maketrans("+/", "-_")))
