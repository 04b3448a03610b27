"""The pictures of the README, of sample faces alone: `python docs/make_pictures.py`."""

import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

from kaggle_fkd.figures.gallery import gallery  # noqa: E402
from kaggle_fkd.figures.style import save_figure  # noqa: E402
from kaggle_fkd.sources.sample import sample_faces  # noqa: E402

faces = sample_faces(16, seed=0)
figure = gallery(faces, [""] * len(faces), "", columns=8)
save_figure(figure, DOCS / "sample_faces.png")
