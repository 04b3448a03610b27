"""How the house is built: which folder imports which, where schemes are named, how tests are laid.

All of it is read from the source code; nothing is imported or run.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

from kaggle_fkd.keypoints import IBUG68, KAGGLE15

ROOT = Path(__file__).resolve().parents[1]
PACKAGE, TESTS = ROOT / "kaggle_fkd", ROOT / "tests"
FRONT_DOORS = {"__init__", "__main__"}
"""Modules that only lead to others: the public names, and `python -m kaggle_fkd`."""


@cache
def modules(folder: Path) -> dict[str, ast.Module]:
    """The syntax tree of every Python file, by its path in the folder."""
    paths = sorted(folder.rglob("*.py"))
    return {path.relative_to(folder).as_posix(): ast.parse(path.read_text()) for path in paths}


def room(path: str) -> str:
    """The folder of the package that a file is in, or the name of a module beside the folders."""
    return path.split("/")[0].removesuffix(".py")


def imported(tree: ast.AST) -> Iterator[str]:
    """The modules that are imported anywhere in a file, in functions and for type checks, too."""
    for node in ast.walk(tree):
        assert getattr(node, "level", 0) == 0, "a relative import would hide an arrow"
        if isinstance(node, ast.ImportFrom) and node.module == "kaggle_fkd":
            yield from (f"kaggle_fkd.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def arrows() -> dict[str, set[str]]:
    """For each room of the package, the other rooms that it imports from."""
    found: dict[str, set[str]] = {}
    for path, tree in modules(PACKAGE).items():
        names = [name.split(".") for name in imported(tree)]
        own = [name[1] for name in names if name[0] == "kaggle_fkd" and name[1:]]
        found.setdefault(room(path), set()).update(set(own) - {room(path), "__version__"})
    return {name: others for name, others in found.items() if name not in FRONT_DOORS}


def layers() -> list[list[str]]:
    """The rooms as CONTRIBUTING.md draws them, from top to bottom."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    (drawing,) = re.findall(r"```text\n(cli\.py.*?)```", text, re.DOTALL)
    rows = [line.split() for line in drawing.splitlines()]
    return [[name.strip("/").removesuffix(".py") for name in row] for row in rows]


def constants(tree: ast.Module) -> Iterator[ast.Constant]:
    """The constants of a file, without its docstrings."""
    texts = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in texts:
            yield node


def names_in(tree: ast.AST) -> set[str]:
    """The names in an expression."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def test_no_folders_import_each_other_in_a_circle():
    TopologicalSorter(arrows()).prepare()  # raises CycleError, which names the circle


def test_every_arrow_of_the_drawing_points_down():
    height = {name: -row for row, names in enumerate(layers()) for name in names}
    found = arrows()
    # What the drawing leaves out is at the very bottom, and imports nothing.
    assert {name for name in found if name not in height and found[name]} == set()
    upwards = {
        f"{name} -> {other}"
        for name, others in found.items()
        for other in others
        if other in height and height[other] > height[name]
    }
    assert upwards == set() and set(height) <= set(found)


def test_the_two_products_do_not_know_each_other_nor_what_stands_on_them():
    found = arrows()
    above = {"stages", "cli", "arguments", "pipeline", "web"}
    products = {"competition", "photo", "annotated"}
    assert not found["competition"] & (products | above)
    assert not found["photo"] & (products | above)
    assert not found["annotated"] & {"competition", *above}
    assert not found["experiment"] & (products | above)
    assert not found["web"] & {"competition", "annotated", *above}


def test_modules_are_imported_by_name_at_the_three_registries_alone():
    """An import by a string would hide an arrow."""
    users = {
        path
        for path, tree in modules(PACKAGE).items()
        if any((isinstance(node, ast.Attribute) and node.attr == "import_module")
               or (isinstance(node, ast.Name) and node.id in ("import_module", "__import__"))
               for node in ast.walk(tree))
    }  # fmt: skip
    assert users == {"__init__.py", "networks/__init__.py", "stages/__init__.py"}


def test_the_numbers_of_keypoints_come_from_the_schemes():
    other_fifteens = {
        "presets.py",  # degrees
        "figures/learning_curve.py",  # epochs
        "competition/sample/anatomy.py",  # pixels and degrees of a drawing
        "competition/sample/files.py",
        "competition/sample/photograph.py",
    }
    numbers, words = {15: set(), 68: set()}, set()
    for path, tree in modules(PACKAGE).items():
        for node in constants(tree):
            if type(node.value) is int and node.value in numbers:
                numbers[node.value].add(path)
            elif node.value in ("15", "68"):
                words.add(path)
    assert {path for path in numbers[68] if room(path) != "keypoints"} == set()
    assert {path for path in numbers[15] if room(path) != "keypoints"} == other_fifteens
    assert {room(path) for path in words} <= {"stages"}  # the choices of --points


def test_what_differs_between_the_schemes_is_data_and_is_not_asked_for():
    compared = {
        path
        for path, tree in modules(PACKAGE).items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare) and names_in(node) & {"IBUG68", "KAGGLE15"}
        and not all(isinstance(each, ast.Call) for each in (node.left, *node.comparators))
    }  # fmt: skip
    # Which schemes convert to which, the sets of pictures of each, and the choice of a task.
    assert compared == {"keypoints/__init__.py", "annotated/task.py", "stages/tasks.py"}


def test_only_the_schemes_spell_the_names_of_keypoints():
    names = {*IBUG68.names, *KAGGLE15.names, IBUG68.name, KAGGLE15.name}
    users = {
        f"{path}: {node.value}"
        for path, tree in modules(PACKAGE).items()
        for node in constants(tree)
        if room(path) != "keypoints" and node.value in names
    }
    assert users == set()


def test_the_folders_of_the_tests_are_those_of_the_package():
    folders = {path.parent.relative_to(TESTS).as_posix() for path in TESTS.rglob("*.py")}
    others = {"support", "fuzz", "faults", "faults/hook", "benchmarks", "examples", "notebooks"}
    assert {each for each in folders - others if not (PACKAGE / each).is_dir()} == set()


def test_no_test_imports_another():
    def is_a_test(name: str) -> bool:
        return name.startswith("tests") or name.rpartition(".")[2].startswith("test_")

    importing = {
        path for path, tree in modules(TESTS).items() if any(map(is_a_test, imported(tree)))
    }
    assert importing == set()


def test_no_test_patches_or_reads_a_private_name():
    torchs = {"_forward_hooks"}  # torch has no public list of them
    found = set()
    for path, tree in modules(TESTS).items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and re.match("_[a-z]", node.attr):
                if names_in(node.value) != {"self"} and node.attr not in torchs:
                    found.add(f"{path}: {node.attr}")
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "setattr":
                words = [str(arg.value) for arg in node.args if isinstance(arg, ast.Constant)]
                found |= {f"{path}: {word}" for word in words if re.search(r"(^|\.)_[a-z]", word)}
            elif isinstance(node, ast.ImportFrom):
                names = [alias.name for alias in node.names if alias.name.startswith("_")]
                found |= {f"{path}: {name}" for name in names}
    assert found == set()
