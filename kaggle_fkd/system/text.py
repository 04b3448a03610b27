"""Parts of messages: rows of tables, quoted cells, counts, and the cause of an exception."""

import re

MAX_QUOTE_LENGTH = 40
"""Characters of a cell that a message quotes; the pixels of one row are 35 kB."""

HIDDEN = "***"
"""Messages show this instead of a secret."""
_USER_INFO = re.compile(r"://[^\s'\"/]*@")
"""User name and password in an address: `http://user:password@host`."""


def without_password(text: str) -> str:
    """The text without user names and passwords in the addresses in it."""
    return _USER_INFO.sub(f"://{HIDDEN}@", text)


def describe_row(row: int) -> str:
    """A row of a table in messages: its number in pandas, and its line in an editor.

    pandas skips blank lines, and does not tell of them.
    """
    return f"row {row} (counted from 0; line {row + 2}, not counting blank ones)"


def shorten(cell: object) -> str:
    """A cell as messages quote it: its `repr`, cut off after `MAX_QUOTE_LENGTH` characters."""
    text = str(cell)
    return repr(text if len(text) <= MAX_QUOTE_LENGTH else text[:MAX_QUOTE_LENGTH] + "...")


def count_of(number: int, noun: str, plural: str | None = None) -> str:
    """The number and the noun, in agreement: "1 face", "2 faces", "0 faces".

    The plural is the noun with an s, unless it is given: `count_of(2, "box", "boxes")`.
    """
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def in_words(name: str) -> str:
    """A name of the code or of a column as people read it: "nose_tip_x" is "nose tip x"."""
    return name.replace("_", " ")


def innermost_cause(error: BaseException) -> str:
    """The message of the exception that others wrap, such as "Connection refused".

    An exception wraps the one that it was raised from, or that is one of its arguments, as in
    requests and urllib3. An exception that was merely being handled at the time is not its cause.
    """
    while wrapped := error.__cause__ or _argument(error):
        error = wrapped
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _argument(error: BaseException) -> BaseException | None:
    return next((each for each in error.args if isinstance(each, BaseException)), None)


def first_line(text: str) -> str:
    """The first line of a message that is not blank; or that there is none."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "no reason given")
