"""What a report is made of, as the stages have left it."""

import os

import pytest

from kaggle_fkd.errors import DataError
from kaggle_fkd.report.sources import stored_table


def test_a_table_that_cannot_be_read_is_named(tmp_path):
    assert stored_table(tmp_path / "none.csv", ("a",)) is None
    (tmp_path / "other.csv").write_text("b,c\n1,2\n")
    os.mkfifo(tmp_path / "pipe.csv")
    for name in ("other.csv", "pipe.csv"):
        with pytest.raises(DataError, match=rf"{name}: cannot be read as a table"):
            stored_table(tmp_path / name, ("a",))
