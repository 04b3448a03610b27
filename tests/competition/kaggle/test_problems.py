"""What went wrong with Kaggle, in one sentence with its remedy."""

import errno
import os

import pytest
import requests

from kaggle_fkd.competition.kaggle.problems import explain
from kaggle_fkd.errors import NoDataError


def test_the_cause_is_not_the_error_that_was_handled_before_the_call():
    try:
        raise NoDataError("data holds none of the files", "run the download stage")
    except NoDataError:
        with pytest.raises(requests.RequestException) as refused, requests.Session() as session:
            session.trust_env = False
            session.get("http://127.0.0.1:9")
    message = str(explain(refused.value))
    assert "Connection refused" in message
    assert "data holds none" not in message


def test_a_connection_lost_for_good_says_that_the_next_attempt_continues(kaggle_server):
    # The client itself gives up after a minute of retries; this is the exception it then raises.
    kaggle_server.cuts = [1000]
    proxy = {"http": f"http://127.0.0.1:{kaggle_server.port}"}
    with pytest.raises(requests.RequestException) as lost, requests.Session() as session:
        session.get("http://localhost/archive.zip", proxies=proxy)
    message = str(explain(lost.value))
    assert "lost" in message
    assert "try again; an interrupted download is resumed" in message


def test_a_full_disk_says_so():
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert "disk is full" in str(explain(error))
    assert "free some space" in str(explain(error))


def test_every_password_in_an_address_is_hidden(monkeypatch):
    monkeypatch.setenv("https_proxy", "me:hunter%202@proxy:3128")
    error = requests.ConnectionError("http://you:pass@host:1/x failed by way of me, 'hunter 2'")
    assert "http://***@host:1/x failed by way of me, '***'" in str(explain(error))


def test_an_at_sign_behind_the_host_is_not_a_password():
    error = requests.ConnectionError("https://www.kaggle.com/@someone/x is not reachable")
    assert "https://www.kaggle.com/@someone/x" in str(explain(error))
