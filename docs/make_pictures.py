"""The pictures of the README and of docs/: `python docs/make_pictures.py`.

Of sample faces, of the generic head, and of scikit-image's astronaut (NASA, public domain).
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

from kaggle_fkd import FaceKeypoints  # noqa: E402
from kaggle_fkd.competition.sample import sample_faces  # noqa: E402
from kaggle_fkd.figures.gallery import gallery  # noqa: E402
from kaggle_fkd.figures.style import save_figure  # noqa: E402
from kaggle_fkd.imaging.picture import read_picture  # noqa: E402
from kaggle_fkd.photo.overlay.drawing import draw_faces, index_figure  # noqa: E402
from kaggle_fkd.photo.overlay.filters import apply_filter, get_filter  # noqa: E402
from kaggle_fkd.stages.request import FILTERS  # noqa: E402

HEAD = slice(0, 240), slice(100, 340)
"""Where the astronaut's head is, and a hat above it."""

faces = sample_faces(16, seed=0)
figure = gallery(faces, [""] * len(faces), "", columns=8)
save_figure(figure, DOCS / "sample_faces.png")

save_figure(index_figure(), DOCS / "points68.png")

picture = read_picture("astronaut")
found = FaceKeypoints().detect(picture)
shown = [draw_faces(picture, found, boxes=False)]
shown += [apply_filter(picture, found, get_filter(name)) for name in FILTERS]
row = Image.fromarray(np.hstack([part[HEAD] for part in shown]))
row.save(DOCS / "astronaut.png", optimize=True)
