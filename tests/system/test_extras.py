"""Libraries that not everyone needs: what is said where they are missing."""

import tomllib
from pathlib import Path

import pytest

from kaggle_fkd.errors import UsageError
from kaggle_fkd.system import extras
from kaggle_fkd.system.extras import EXTRA, NEEDS, require_modules

PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def test_nothing_is_said_of_modules_that_are_installed():
    require_modules(list(NEEDS), "the stage train")


def test_a_missing_library_is_named_with_how_to_install_it(monkeypatch):
    monkeypatch.setattr(extras, "NEEDS", {"one": ("numpy", "no_such", "a"), "two": ("b", "c")})
    with pytest.raises(UsageError) as raised:
        require_modules(["one", "two"], "the stage train")
    assert raised.value.problem == (
        "the stage train needs what is not installed: no_such, a, b and 1 more"
    )
    assert "pip install 'kaggle_fkd[competition]'" in raised.value.remedy
    require_modules([], "the stage photo")


def test_the_extra_of_the_project_brings_all_of_them():
    declared = tomllib.loads(PYPROJECT.read_text())["project"]["optional-dependencies"]
    modules = {"scikit-learn": "sklearn"}
    names = [line.split(">")[0] for line in declared[EXTRA]]
    needed = {module for need in NEEDS.values() for module in need}
    assert {modules.get(name, name) for name in names} == needed
