"""The notebooks: they run, tell no secrets, have no logic, and are in step with their text form."""

import ast
import re
import sys
from pathlib import Path

import jupytext
import nbformat
import numpy as np
import pytest
from support.command_line import real_data

from kaggle_fkd.competition import archive

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
MAX_BYTES = 4_000_000
LOGIC = (
    ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.If, ast.IfExp, ast.For, ast.While, ast.With,
    ast.Try, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip
EPOCHS = re.compile(r'("train\.epochs": )\d+')
PATHS = re.compile(r"(?<![\w.:/])/(tmp|home|root|usr|Users|var)/|[A-Z]:\\")
TIMES = re.compile(r"\d{8}-\d{6}|iopub|execute_input")


def cells_of(name, kind="code"):
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == kind]


def code_of(cell):
    """The Python of a cell, without IPython's commands."""
    return "\n".join(line for line in cell.source.splitlines() if not line.startswith("%"))


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_notebook_runs_in_an_empty_folder(name, tmp_path, monkeypatch, small_default_sample):
    """With few sample faces, and trainings of one epoch."""
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    monkeypatch.setattr("sys.path", sys.path.copy())  # to which notebooks add
    names: dict = {}
    for number, cell in enumerate(cells_of(name), 1):
        code = EPOCHS.sub(r"\g<1>1", code_of(cell))
        exec(compile(code, f"{name}.ipynb, code cell {number}", "exec"), names)


@pytest.mark.slow
def test_on_kaggle_the_mounted_data_are_used_and_only_the_submission_is_left(
    tmp_path, monkeypatch, sample_dir
):
    """The first cell finds the data; the last ones write into the working folder."""
    real_data(sample_dir, tmp_path / "input" / "competitions" / archive.SLUG)
    (tmp_path / "working").mkdir()
    monkeypatch.chdir(tmp_path / "working")
    monkeypatch.setattr("sys.path", sys.path.copy())
    monkeypatch.setattr(archive, "MOUNT", tmp_path / "input")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    first, *_, last = cells_of("kaggle")
    names: dict = {}
    exec(code_of(first), names)
    assert not names["competition"].is_sample
    names["predicted"] = np.full((len(names["test"]), 15, 3), 48.0)
    exec(code_of(last), names)
    assert [path.name for path in (tmp_path / "working").iterdir()] == ["submission.csv"]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_notebook_and_its_text_form_have_the_same_cells(name):
    text = jupytext.read(FOLDER / f"{name}.py", fmt="py:percent")
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    of_text, of_notebook = (
        [(cell.cell_type, cell.source) for cell in each.cells] for each in (text, notebook)
    )
    assert of_notebook == of_text, "run make notebooks"


def test_every_text_form_has_its_notebook():
    assert sorted(path.stem for path in FOLDER.glob("*.py")) == NOTEBOOKS != []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_cells_call_the_library_and_have_no_logic_of_their_own(name):
    for cell in cells_of(name):
        found = [node for node in ast.walk(ast.parse(code_of(cell))) if isinstance(node, LOGIC)]
        assert not found, cell.source


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_stored_outputs_are_those_of_one_run_without_errors_and_warnings(name):
    cells = cells_of(name)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    errors = [each.text for each in outputs if each.get("name") == "stderr"]
    assert all("SAMPLE FACES" in text and text.count("\n") < 8 for text in errors)
    assert {each.output_type for each in outputs} <= {"stream", "display_data", "execute_result"}
    kinds = {kind for each in outputs for kind in each.get("data", {})}
    assert {"image/png", "image/jpeg"} & kinds


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_notebook_tells_nothing_of_the_machine_and_the_time_at_which_it_was_made(name):
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    for cell in notebook.cells:
        assert not cell.metadata
        for output in cell.get("outputs", []):
            shown = [output.get("text", ""), *output.get("data", {}).values()]
            text = "".join(each for each in shown if len(each) < 10_000)  # others are pictures
            assert not PATHS.search(text) and not TIMES.search(text), text


def test_the_notebooks_are_small():
    assert sum((FOLDER / f"{name}.ipynb").stat().st_size for name in NOTEBOOKS) < MAX_BYTES
