"""The public names: exactly those that are documented, and what is installed with them."""

import ast
import importlib
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import kaggle_fkd
from kaggle_fkd.photo.overlay.builtin import filter_names

ROOT = Path(__file__).resolve().parents[1]
PUBLIC = set(kaggle_fkd.__all__) - {"__version__"}


def documented() -> set[str]:
    """The names in the table that docs/library.md begins with."""
    rows = re.findall(r"^\| (`.*`) \|", (ROOT / "docs" / "library.md").read_text(), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_the_public_names_are_the_documented_ones():
    assert documented() == PUBLIC
    assert dir(kaggle_fkd) == sorted(kaggle_fkd.__all__)
    assert len(kaggle_fkd.__all__) == len(set(kaggle_fkd.__all__))


def test_a_type_checker_knows_the_same_names():
    tree = ast.parse(Path(kaggle_fkd.__file__).read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    declared = [alias for node in block.body for alias in node.names]
    assert all(alias.name == alias.asname for alias in declared)  # which exports them
    assert {alias.name for alias in declared} == PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_is_imported_and_has_a_docstring(name):
    value = getattr(kaggle_fkd, name)
    assert value.__name__ == name and len(value.__doc__) > 20
    if isinstance(value, type):
        members = [each for each in vars(value) if not each.startswith("_")]
        assert all(getattr(value, member).__doc__ for member in members if
                   callable(getattr(value, member)))  # fmt: skip


def test_all_of_them_are_imported_at_once():
    names: dict = {}
    exec("from kaggle_fkd import *", names)
    assert set(names) >= PUBLIC


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'detect'"):
        getattr(kaggle_fkd, "detect")  # noqa: B009  # mypy would refuse kaggle_fkd.detect
    with pytest.raises(ImportError):
        exec("from kaggle_fkd import detect")


def test_the_installed_command_is_the_command_line():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    module, _, function = project["scripts"]["kaggle-fkd"].partition(":")
    assert callable(getattr(importlib.import_module(module), function))


@pytest.mark.slow
def test_a_wheel_has_types_weights_filters_and_the_licences(tmp_path):
    source = tmp_path / "source"  # a build leaves files beside the sources
    shutil.copytree(ROOT / "kaggle_fkd", source / "kaggle_fkd",
                    ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index",
         "--disable-pip-version-check", "--wheel-dir", tmp_path, source],
        capture_output=True, text=True,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    files = [path for path in (source / "kaggle_fkd").rglob("*") if path.is_file()]
    assert {path.relative_to(source).as_posix() for path in files} <= packed
    filters = {f"kaggle_fkd/photo/overlay/filters/{name}.png" for name in filter_names()}
    weights = {f"kaggle_fkd/weights/{name}.onnx" for name in ("detector", "points68")}
    assert packed >= filters | weights | {"kaggle_fkd/py.typed", "kaggle_fkd/imaging/astronaut.png"}
    licences = {name.rpartition("/")[2] for name in packed if "/licenses/" in name}
    assert licences == {"LICENSE", "NOTICE"}
    assert not [name for name in packed if name.startswith(("tests", "tools", "benchmarks"))]


def test_the_lowest_versions_are_those_that_are_tested():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lines = (ROOT / "requirements-lowest.txt").read_text().splitlines()
    tested = dict(line.split("==") for line in lines if not line.startswith("#"))
    tested_extras = ("competition", "video", "heic", "web")
    optional = [line for extra in tested_extras for line in extras[extra]]
    for line in [*project["dependencies"], *optional]:
        name, _, bounds = line.partition(">=")
        lowest = bounds.split(",")[0].split(".")
        assert tested[name].split(".")[: len(lowest)] == lowest, name
