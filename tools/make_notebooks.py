"""Executes the notebooks: notebooks/NAME.py becomes notebooks/NAME.ipynb, with its outputs.

    python tools/make_notebooks.py [NAME ...]

They are executed in a temporary folder, so that they find neither data nor runs of this clone, and
work on sample faces. Their pictures are stored as PNG if they have few colours, or else as JPEG.
"""

import argparse
import base64
import io
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kaggle_fkd.errors import UsageError, suggest
from kaggle_fkd.system.console import log, run_reporting_errors, set_up
from kaggle_fkd.system.files import write_text

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
TEXT_FORMAT = "py:percent"
PNG, JPEG = "image/png", "image/jpeg"
FIGURES = {"dpi": 80, "bbox_inches": "tight"}
"""How figures are stored: as wide as a notebook is on a screen."""
COLOURS, QUALITY = 256, 70
"""Colours of a PNG, and the quality of a JPEG."""
FEW_COLOURS = 0.7
"""A PNG that is not smaller than this share of the JPEG shows a photograph, to which 256 colours
would give a tint."""
KERNEL_ARGUMENTS = [
    "--IPKernelApp.log_level=40", f"--InlineBackend.print_figure_kwargs={FIGURES}",
]  # fmt: skip
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def main() -> None:
    """Execute the named notebooks, or all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    set_up(quiet=False)
    known = {path.stem: path for path in sorted(NOTEBOOKS.glob("*.py"))}
    for name in options.names:
        if name not in known:
            raise UsageError(f"there is no notebook {name!r}", suggest(name, known))
    for name in options.names or known:
        notebook = executed(read_text_form(known[name]))
        target = NOTEBOOKS / f"{name}.ipynb"
        write_text(target, nbformat.writes(notebook) + "\n")
        log.info("%s: %.0f kB", target.relative_to(ROOT), target.stat().st_size / 1e3)


def read_text_form(path: Path) -> NotebookNode:
    """The notebook in a file of Python, without outputs; equal files give equal notebooks."""
    notebook: NotebookNode = jupytext.read(path, fmt=TEXT_FORMAT)
    notebook.metadata = NotebookNode(kernelspec=KERNEL, language_info={"name": "python"})
    for number, cell in enumerate(notebook.cells, 1):
        cell.id, cell.metadata = f"cell-{number:02d}", NotebookNode()
    return notebook


def executed(notebook: NotebookNode) -> NotebookNode:
    """The notebook with the outputs of all cells; raises nbclient's error for one that fails."""
    environment = {key: value for key, value in os.environ.items() if key[:7] != "KAGGLE_"}
    with TemporaryDirectory() as folder:
        place = Path(folder) / NOTEBOOKS.name
        place.mkdir()
        client = NotebookClient(
            notebook, timeout=None, record_timing=False, coalesce_streams=True,
            kernel_name=KERNEL["name"], extra_arguments=KERNEL_ARGUMENTS,
            resources={"metadata": {"path": str(place)}},
        )  # fmt: skip
        # Threads that wait for each other must not keep a core busy that other work needs.
        own = {"PYTHONPATH": str(ROOT), "HOME": folder, "OMP_WAIT_POLICY": "PASSIVE"}
        client.execute(env={**environment, **own})
    notebook.metadata.language_info = {"name": "python"}  # without this machine's versions
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "data" in output:
                output.data = smaller(output.data)
    return notebook


def smaller(data: dict[str, str]) -> dict[str, str]:
    """An output in several formats, with its picture in one of them."""
    if PNG not in data:
        return data
    image = Image.open(io.BytesIO(base64.b64decode(data[PNG]))).convert("RGB")
    # Of Pillow's methods, only this one keeps the colour of a few pixels.
    palette = image.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    png = encoded(palette, "PNG", optimize=True)
    jpeg = encoded(image, "JPEG", optimize=True, quality=QUALITY)
    others = {kind: content for kind, content in data.items() if kind not in (PNG, JPEG)}
    return {**others, **({PNG: png} if len(png) < FEW_COLOURS * len(jpeg) else {JPEG: jpeg})}


def encoded(image: Image.Image, kind: str, **options: Any) -> str:
    """The picture in a format of Pillow's, in base64."""
    content = io.BytesIO()
    image.save(content, kind, **options)
    return base64.b64encode(content.getvalue()).decode()


if __name__ == "__main__":
    sys.exit(run_reporting_errors(main))
