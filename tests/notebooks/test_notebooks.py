"""Every code cell of every notebook runs."""

import json
import sys
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_runs(path, monkeypatch, small_default_sample):
    monkeypatch.chdir(path.parent)
    monkeypatch.setattr("sys.path", sys.path.copy())  # to which notebooks add
    cells = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]
    assert len(cells) > 3
    names: dict = {}
    for number, cell in enumerate(cells, 1):
        lines = [line for line in cell["source"] if not line.startswith("%")]
        exec(compile("".join(lines), f"{path.name}, code cell {number}", "exec"), names)
