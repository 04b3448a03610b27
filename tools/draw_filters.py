"""Draws the filters that come with the package: `python tools/draw_filters.py [--out FOLDER]`.

Each becomes a PNG and a JSON with its anchors, in the format that users' own filters have. The
same installation draws the same files; another version of OpenCV may differ by a grey level.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kaggle_fkd.keypoints import IBUG68, KAGGLE15
from kaggle_fkd.photo.head_model import head_points
from kaggle_fkd.photo.overlay.builtin import FOLDER
from kaggle_fkd.system.files import atomic_path, write_text
from tools.filters import artwork
from tools.filters.canvas import Canvas

SCHEMES = (IBUG68, KAGGLE15)

EYES_AND_BROWS = {
    scheme.name: [*scheme.groups["eyes"], *scheme.groups["brows"]] for scheme in SCHEMES
}
# The base of the nose and the upper edge of the lips: anchors that do not move when the mouth
# opens.
UPPER_LIP = {IBUG68.name: [*range(31, 36), *range(48, 55)], KAGGLE15.name: [10, 11, 12, 13]}


@dataclass(frozen=True)
class Design:
    """A filter's artwork, and the keypoints that it is fixed to."""

    draw: Callable[[], Canvas]
    """Draws the artwork where it sits on the generic head."""
    keypoints: Mapping[str, Sequence[int]]
    """The keypoints that become anchors, by the scheme's name."""
    settings: Mapping[str, Any]
    """The other entries of the JSON file, if they differ from the default."""


DESIGNS = {
    "sunglasses": Design(artwork.sunglasses, EYES_AND_BROWS, {"depth": -0.27, "bend": 0.6}),
    "hat": Design(artwork.hat, EYES_AND_BROWS, {"depth": 0.45, "round": True}),
    "moustache": Design(artwork.moustache, UPPER_LIP, {"depth": -0.28, "bend": 0.6}),
    "mask": Design(artwork.mask, EYES_AND_BROWS, {"depth": -0.22, "bend": 0.45}),
}


def draw_filter(name: str, folder: Path) -> None:
    """Write NAME.png and NAME.json into the folder."""
    design = DESIGNS[name]
    canvas = design.draw()
    with atomic_path(folder / f"{name}.png") as temporary:
        Image.fromarray(canvas.rgba()).save(temporary, optimize=True)
    anchors = {}
    for scheme in SCHEMES:
        indices = list(design.keypoints[scheme.name])
        pixels = canvas.to_pixels(head_points(scheme)[indices, :2]).round(2).tolist()
        names = [scheme.names[index] for index in indices]
        anchors[scheme.name] = dict(zip(names, pixels, strict=True))
    text = json.dumps({"anchors": anchors, **design.settings}, indent=2)
    # Each anchor on one line.
    text = re.sub(r"\[\s+(\S+)\s+(\S+)\s+\]", r"[\1 \2]", text)
    write_text(folder / f"{name}.json", text + "\n")


def main() -> None:
    """Draw all filters."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=FOLDER, help=f"default: {FOLDER}")
    folder = parser.parse_args().out
    for name in DESIGNS:
        draw_filter(name, folder)


if __name__ == "__main__":
    main()
