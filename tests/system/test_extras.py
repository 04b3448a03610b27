"""Libraries that not everyone needs: what is said where they are missing."""

import tomllib
from pathlib import Path

import pytest

from kaggle_fkd.errors import UsageError
from kaggle_fkd.system import extras
from kaggle_fkd.system.extras import EXTRAS, require_extra

PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def test_nothing_is_said_of_an_extra_that_is_installed():
    require_extra("competition", "the stage train")


def test_a_missing_library_is_named_with_how_to_install_it(monkeypatch):
    monkeypatch.setattr(extras, "EXTRAS", {"competition": ("numpy", "no_such", *"abc")})
    with pytest.raises(UsageError) as raised:
        require_extra("competition", "the stage train")
    assert raised.value.problem == (
        "the stage train needs what is not installed: no_such, a, b and 1 more"
    )
    assert "pip install 'kaggle_fkd[competition]'" in raised.value.remedy


def test_the_extras_are_those_of_the_project():
    declared = tomllib.loads(PYPROJECT.read_text())["project"]["optional-dependencies"]
    modules = {"scikit-learn": "sklearn"}
    for extra, known in EXTRAS.items():
        names = [line.split(">")[0] for line in declared[extra]]
        assert {modules.get(name, name) for name in names} == set(known)
