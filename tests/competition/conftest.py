"""Fixtures for the tests of the competition's files."""

import pytest
from support import csv_files


@pytest.fixture
def tables():
    """The three tables of a tiny competition, by file name, for a test to spoil."""
    return csv_files.tables()
