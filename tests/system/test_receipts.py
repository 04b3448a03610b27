"""Whether a result must be made again."""

import json
from pathlib import Path

import pytest

from kaggle_fkd.errors import FkdError
from kaggle_fkd.system.files import replaced_folder
from kaggle_fkd.system.receipts import files_are_as_written, is_up_to_date, write_receipt

INPUTS = {"version": "1", "settings": {"seed": 0, "sizes": (96, 96), "share": 0.1}, "data": None}


@pytest.fixture
def receipt(tmp_path: Path) -> Path:
    """The receipt of two files, one of them in a folder."""
    folder = tmp_path / "result"
    (folder / "below").mkdir(parents=True)
    files = [folder / "table.csv", folder / "below" / "figure.png"]
    for file in files:
        file.write_bytes(file.name.encode())
    write_receipt(folder / "receipt.json", INPUTS, files, run="a", rows=2)
    return folder / "receipt.json"


def test_a_result_of_the_same_inputs_is_up_to_date(receipt):
    assert is_up_to_date(receipt, INPUTS)


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"version": "1"},
        {**INPUTS, "version": "2"},
        {**INPUTS, "more": 1},
        {**INPUTS, "settings": {"seed": 1, "sizes": (96, 96), "share": 0.1}},
    ],
)
def test_a_result_of_other_inputs_is_not_up_to_date(receipt, inputs):
    assert not is_up_to_date(receipt, inputs)
    assert files_are_as_written(receipt)


@pytest.mark.parametrize("name", ["table.csv", "below/figure.png"])
@pytest.mark.parametrize("damage", ["changed", "removed", "a folder"])
def test_a_result_with_a_changed_file_is_not_up_to_date(receipt, name, damage):
    file = receipt.parent / name
    content = file.read_bytes()
    file.unlink()
    if damage == "changed":  # as much of it, so that only the contents tell
        file.write_bytes(content[::-1])
    elif damage == "a folder":
        file.mkdir()
    assert not is_up_to_date(receipt, INPUTS)
    assert not files_are_as_written(receipt)


def test_a_folder_that_was_moved_or_copied_is_still_up_to_date(receipt, tmp_path):
    receipt.parent.rename(tmp_path / "moved")
    assert is_up_to_date(tmp_path / "moved" / receipt.name, INPUTS)


def test_a_receipt_is_written_within_a_replaced_folder(tmp_path):
    with replaced_folder(tmp_path / "result") as new:
        (new / "table.csv").write_text("1,2")
        write_receipt(new / "receipt.json", INPUTS, [new / "table.csv"])
    assert is_up_to_date(tmp_path / "result" / "receipt.json", INPUTS)


def test_details_are_kept_and_never_compared(receipt):
    record = json.loads(receipt.read_text())
    assert (record["run"], record["rows"]) == ("a", 2)
    record["run"] = "b"
    receipt.write_text(json.dumps(record))
    assert is_up_to_date(receipt, INPUTS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"inputs": {}}',
        '{"inputs": {}, "files": {}}',
        '{"inputs": {}, "files": ["table.csv"]}',
        '{"inputs": {}, "files": {"table.csv": 1}}',
        '{"inputs": {}, "files": {"a\\u0000b": ""}}',
        '{"inputs": {}, "files": {"\\ud800": ""}}',
        "[" * 100_000,
    ],
)
def test_a_damaged_receipt_is_not_up_to_date(receipt, text):
    receipt.write_text(text)
    assert not is_up_to_date(receipt, {})
    assert not files_are_as_written(receipt)


def test_a_missing_receipt_is_not_up_to_date(tmp_path):
    assert not is_up_to_date(tmp_path / "receipt.json", {})


def test_a_file_that_is_missing_when_the_receipt_is_written_is_an_error(tmp_path):
    with pytest.raises(FkdError, match=r"receipt\.json"):
        write_receipt(tmp_path / "receipt.json", INPUTS, [tmp_path / "table.csv"])
    assert not (tmp_path / "receipt.json").exists()


def test_files_elsewhere_are_rejected(receipt, tmp_path):
    with pytest.raises(ValueError, match="elsewhere"):
        write_receipt(receipt, INPUTS, [tmp_path / "elsewhere.csv"])
