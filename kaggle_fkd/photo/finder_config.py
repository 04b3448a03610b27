"""`FinderConfig`: the arguments of a `FaceKeypoints`, which other processes can be given."""

from dataclasses import dataclass
from pathlib import Path

from kaggle_fkd.photo.finder import FaceKeypoints


@dataclass(frozen=True)
class FinderConfig:
    """Which networks find faces and keypoints; see `FaceKeypoints`."""

    run: Path | None = None
    """The folder of a run, or a file that was exported from one; None for those of the package."""
    convention: str | None = None
    """The label convention of the keypoints; None for the default."""
    points: int | None = None
    """The number of keypoints of a face; None for all."""
    device: str = "cpu"
    """What computes them."""

    def load(self) -> FaceKeypoints:
        """What finds them; raises what `FaceKeypoints` raises."""
        return FaceKeypoints(
            run=self.run, convention=self.convention, points=self.points, device=self.device
        )
