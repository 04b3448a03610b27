"""Where Kaggle credentials are, what is wrong with them, and how they are kept out of messages."""

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kaggle_fkd.system.files import read_json_or_empty
from kaggle_fkd.system.reading import read_text_file
from kaggle_fkd.system.secrets import basic_authentication, hide, passwords_of_proxies

_TOKEN = re.compile(r"[!-~]+")
"""A token or key: visible ASCII. Anything else breaks the client's HTTP headers, and the error
that it then raises quotes the token."""


@dataclass(frozen=True)
class Credentials:
    """Credentials in one place, usable or not."""

    source: str
    """How messages name the place: variables, files, or one of each; never a secret."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Texts that must not be shown."""
    fault: str = ""
    """What is wrong with them, as a predicate: "is an empty file". Empty: nothing."""
    skipped: bool = False
    """Whether the client would skip them and look in the next place."""


def find_credentials() -> Credentials | None:
    """The credentials that the client would use, or None.

    They are found without importing the client or using the network: the first credentials, in the
    client's order, that it would not skip; otherwise the first incomplete ones, such as half a
    username-and-key pair or an empty token file.
    """
    found = list(_all_credentials())
    return next((each for each in found if not each.skipped), found[0] if found else None)


def credentials_source() -> str | None:
    """How messages name the place of the credentials that the client would use, or None."""
    found = find_credentials()
    return found.source if found else None


def redact(text: str) -> str:
    """`text` without any secret that this process knows of.

    Every token and key that the client could find is hidden, and the user names and passwords in
    addresses; see `hide`.
    """
    return hide(text, _secrets())


def home_folder() -> Path | None:
    """The home folder; None for a process without HOME whose user has no passwd entry."""
    try:
        return Path.home()
    except RuntimeError:
        return None


def _secrets() -> Iterator[str]:
    for each in _all_credentials():
        yield from each.secrets
    yield from passwords_of_proxies()


def _all_credentials() -> Iterator[Credentials]:
    """Every place with credentials, in the order of kaggle 2.2."""
    in_notebook = {"KAGGLE_KERNEL_RUN_TYPE", "KAGGLE_DATA_PROXY_URL"} <= os.environ.keys()
    if in_notebook and (value := os.environ.get("KAGGLE_API_V1_TOKEN")):
        # A token put there by mistake is not the name of a file, and must not be shown.
        missing = Credentials("KAGGLE_API_V1_TOKEN", (value,), "does not name a file", skipped=True)
        yield _token_file("KAGGLE_API_V1_TOKEN", value) or missing
    if value := os.environ.get("KAGGLE_API_TOKEN"):
        token = Credentials("KAGGLE_API_TOKEN", (value,), _fault(value))
        yield _token_file("KAGGLE_API_TOKEN", value) or token
    home = home_folder()
    if home:
        for path in (home / ".kaggle" / "access_token", home / ".kaggle" / "access_token.txt"):
            if _exists(path):
                yield _read_token(path, str(path))
    yield from _key_pair()
    if home and _exists(path := home / ".kaggle" / "credentials.json"):
        yield _login(path)


def _exists(path: Path | str) -> bool:
    """Whether there is such a file or folder.

    Path.exists raises for a folder that may not be searched, and for a token that is too long to be
    a file name.
    """
    return os.path.exists(path)  # noqa: PTH110


def _token_file(variable: str, value: str) -> Credentials | None:
    """The credentials in the file that the variable names; None if its value is not a path."""
    if not _exists(value):
        return None
    if not os.path.isfile(value):  # noqa: PTH113
        return Credentials(variable, (value,), "does not name a file")
    return _read_token(Path(value), f"{variable} ({value})")


def _read_token(path: Path, source: str) -> Credentials:
    try:
        token = read_text_file(path).strip()
    except OSError as error:
        return Credentials(source, fault=f"cannot be read: {error.strerror}")
    except ValueError:
        return Credentials(source, fault="is not a text file")
    if not token:
        return Credentials(source, fault="is an empty file", skipped=True)
    return Credentials(source, (token,), _fault(token))


def _key_pair() -> Iterator[Credentials]:
    """The username and key, which may come from the environment, `kaggle.json` or one of each."""
    folder = _config_folder()
    path = folder / "kaggle.json" if folder else None
    stored = read_json_or_empty(path) if path else {}
    sources, values = [], {}
    for name in ("username", "key"):
        variable = f"KAGGLE_{name.upper()}"
        if value := os.environ.get(variable):
            sources.append(variable)
        values[name] = str(value or stored.get(name) or "")
    if len(sources) < len(values) and path and _exists(path):
        sources.append(str(path))
    if not sources:
        return
    source, key = " with ".join(sources), values["key"]
    secrets = (key, basic_authentication(values["username"], key)) if key else ()
    if missing := [name for name, value in values.items() if not value]:
        fault = f"does not contain a {' or a '.join(missing)}"
        yield Credentials(source, secrets, fault, skipped=True)
    else:
        yield Credentials(source, secrets, _fault("".join(values.values())))


def _config_folder() -> Path | None:
    """The folder of `kaggle.json`: ~/.kaggle if it exists, else on Linux the XDG folder."""
    if configured := os.environ.get("KAGGLE_CONFIG_DIR"):
        return Path(configured)
    home, xdg = home_folder(), os.environ.get("XDG_CONFIG_HOME")
    if sys.platform.startswith("linux") and not (home and _exists(home / ".kaggle")):
        if xdg:
            return Path(xdg) / "kaggle"
        return home / ".config" / "kaggle" if home else None
    return home / ".kaggle" if home else None


def _login(path: Path) -> Credentials:
    """The credentials that `kaggle auth login` stored."""
    stored = read_json_or_empty(path)
    tokens = [str(stored[name]) for name in ("refresh_token", "access_token") if stored.get(name)]
    if not stored.get("refresh_token"):
        fault = "does not contain a login (run kaggle auth login)"
        return Credentials(str(path), tuple(tokens), fault, skipped=True)
    return Credentials(str(path), tuple(tokens), _fault("".join(tokens)))


def _fault(token: str) -> str:
    """What is wrong with a token or key, without quoting it."""
    if _TOKEN.fullmatch(token):
        return ""
    return "contains white space or another character that a token cannot have"
