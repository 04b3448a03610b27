"""The listing of a table: stored and read a part at a time, whatever the number of pictures."""

import weakref

import pytest
from pyarrow.parquet import ParquetFile

from kaggle_fkd.errors import PictureError
from kaggle_fkd.photo.parquet.listing import read_listing, write_listing


class Name(str):
    """A name that can be counted."""


def test_one_part_is_in_memory_at_a_time(tmp_path):
    alive, most = weakref.WeakSet(), 0

    def names():
        nonlocal most
        for number in range(1000):
            name = Name(f"{number}.jpg")
            alive.add(name)
            most = max(most, len(alive))
            yield name

    assert write_listing(tmp_path / "listing", names(), 10) == 1000
    assert most <= 11
    with ParquetFile(tmp_path / "listing") as file:
        assert file.num_row_groups == 100


def test_parts_are_read_by_their_numbers_whatever_the_names(tmp_path):
    names = ["a.jpg", "two\nlines.png", "h\u00e4.png", "not utf-8 \udcff.png", "", "e"]
    assert write_listing(tmp_path / "listing", names, 4) == 6
    assert read_listing(tmp_path / "listing", 1) == names[4:]
    assert read_listing(tmp_path / "listing", 0) == names[:4]


def test_a_listing_is_complete_or_absent(tmp_path):
    def names():
        yield "a.jpg"
        raise PictureError("torn list", "write it again")

    with pytest.raises(PictureError):
        write_listing(tmp_path / "listing", names(), 1)
    assert list(tmp_path.iterdir()) == []
