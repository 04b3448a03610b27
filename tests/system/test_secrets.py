"""Secrets are hidden, however they are spelt."""

import json
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus

import pytest

from kaggle_fkd.system.secrets import hide, passwords_in

SECRET = 'a/b+c"d~0123'
SPELLINGS = {
    "as it is": SECRET,
    "quoted": json.dumps(SECRET)[1:-1],
    "percent-encoded": quote_plus(SECRET),
    "percent-encoded, but for slashes": quote(SECRET),
    "percent-encoded, lower case": quote(SECRET, safe="").lower(),
    **{
        f"base64 after {len(before)}": b64encode(f"{before}{SECRET}; more".encode()).decode()
        for before in ("", "Bearer ", "id:", "me:")
    },
    "base64 for addresses": urlsafe_b64encode(f"?{SECRET}".encode()).decode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_secret_is_hidden_however_it_is_spelt(spelling):
    hidden = hide(f"the server said {spelling} twice", [SECRET])
    assert hidden.startswith("the server said ") and "***" in hidden
    assert not any(spelling[n : n + 10] in hidden for n in range(10, len(spelling) - 19))
    assert "0123" not in hidden


def test_a_secret_with_a_line_break_is_hidden_without_it_too():
    assert hide("got abcdef", ["abcdef\n"]) == "got ***"


def test_what_is_too_short_to_be_a_secret_is_left():
    assert hide("abc, and so on", ["abc"]) == "abc, and so on"


def test_the_password_in_an_address_is_found_in_the_forms_in_which_it_is_sent():
    assert list(passwords_in("http://me:hunter%202@host:1/x")) == [
        "hunter%202", "hunter 2", b64encode(b"me:hunter 2").decode()
    ]  # fmt: skip
    assert not list(passwords_in("http://host/me:x"))
