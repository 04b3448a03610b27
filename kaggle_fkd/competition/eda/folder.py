"""Where the analysis of some training faces is."""

from pathlib import Path

from kaggle_fkd.dataset import FaceDataset


def analysis_folder(runs_dir: Path, faces: FaceDataset) -> Path:
    """RUNS_DIR/eda-<data>, which is the same for the same faces."""
    return runs_dir / f"eda-{faces.digest()[:12]}"
