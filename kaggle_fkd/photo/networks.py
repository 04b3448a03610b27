"""`Networks`: which networks find faces, as other processes are told."""

from dataclasses import dataclass
from pathlib import Path

from kaggle_fkd.photo.finder import FaceKeypoints


@dataclass(frozen=True)
class Networks:
    """The arguments of `FaceKeypoints`, which are the same wherever it is opened."""

    run: Path | None = None
    """The folder of a run, or a file that was exported from one; None for those of the package."""
    convention: str | None = None
    """The label convention of the keypoints; None for the default."""
    points: int | None = None
    """The number of keypoints of a face; None for all."""
    device: str = "cpu"
    """What computes them."""

    def open(self) -> FaceKeypoints:
        """Read them; raises what `FaceKeypoints` raises."""
        return FaceKeypoints(
            run=self.run, convention=self.convention, points=self.points, device=self.device
        )
