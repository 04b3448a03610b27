"""Libraries that not everyone needs: what is said where they are missing."""

import tomllib
from pathlib import Path

import pytest

from kaggle_fkd.errors import UsageError
from kaggle_fkd.system import extras
from kaggle_fkd.system.extras import NEEDS, Need, require_modules

PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def test_nothing_is_said_of_modules_that_are_installed():
    require_modules(["training", "kaggle", "onnx", "table"], "the stage train")


def test_a_missing_library_is_named_with_how_to_install_it(monkeypatch):
    needs = {
        "one": Need("competition", ("numpy", "no_such", "a")),
        "two": Need("competition", ("b", "c")),
        "three": Need("table", ("d",)),
    }
    monkeypatch.setattr(extras, "NEEDS", needs)
    with pytest.raises(UsageError) as raised:
        require_modules(["one", "two"], "the stage train")
    assert raised.value.problem == (
        "the stage train needs what is not installed: no_such, a, b and 1 more"
    )
    assert "pip install 'kaggle_fkd[competition]'" in raised.value.remedy
    with pytest.raises(UsageError, match=r"pip install 'kaggle_fkd\[competition,table\]'"):
        require_modules(["two", "three"], "the stage train")
    require_modules([], "the stage photo")


def test_the_extras_of_the_project_bring_all_of_them():
    declared = tomllib.loads(PYPROJECT.read_text())["project"]["optional-dependencies"]
    modules = {
        "scikit-learn": "sklearn", "ray[data]": "ray", "python-multipart": "python_multipart",
    }  # fmt: skip
    for extra in {need.extra for need in NEEDS.values()}:
        names = [line.split(">")[0] for line in declared[extra]]
        needed = {each for need in NEEDS.values() if need.extra == extra for each in need.modules}
        assert {modules.get(name, name) for name in names} == needed
