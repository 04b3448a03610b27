"""Fixtures for the tests of the connection to Kaggle."""

import pytest


@pytest.fixture
def folder(tmp_path):
    """Where a download grows; it does not exist yet."""
    return tmp_path / "data" / ".incoming"


@pytest.fixture
def log_file(tmp_path):
    """Where submissions are logged; it does not exist yet."""
    return tmp_path / "submissions" / "log.csv"
