"""`PointsCascade`: the pretrained network for keypoints, applied to faces once or twice."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.imaging.similarity import similarity, transform_points
from kaggle_fkd.inference.pretrained import POINTS68
from kaggle_fkd.photo.chip_networks import ChipNetworks
from kaggle_fkd.photo.detection.faces import CENTRE, SIZE, face_of_points, upright_maps

FAR = 0.05
"""Mean distance of keypoints in the crop of a face from where they are in an aligned one, as a
share of the crop's width. Nearer, a second look gains little: with one at every face, the NME of
held-out faces as detected is 0.5 % smaller (results/README.md)."""
CLOSER = 1.1
"""An aligned face may be larger than in the first crop by this factor for the mean of both looks to
count, which lowers the NME of held-out faces by 1 %. Where the first crop showed the face smaller,
the mean is worse than the second look alone (results/README.md)."""
CERTAIN = 0.06
"""The mean expected error, as a share of the face's size, up to which keypoints align a face. On
photographs of the web and of people with masks, 16 % of the faces are less certain, mostly
small ones. Aligned by these, 1 face in 100 was lost (results/README.md)."""


class PointsCascade:
    """From faces, as a detector gives them, to iBUG's points.

    The network takes the crop of a face, upright by its eyes. Where the keypoints that it finds are
    far from those of an aligned face, it takes the face once more, aligned by them, unless it is
    unsure of them; the mean of both looks counts, or the second alone where the face was too small
    in the first. So neither the tightness of a detector's boxes nor a tilted head matters much.
    Such cascades are from Sun et al., "Deep Convolutional Network Cascade for Facial Point
    Detection", CVPR 2013.
    """

    def __init__(
        self, device: str = "cpu", convention: str | None = None, mirror: bool = False
    ) -> None:
        """Read the network; UsageError for a convention that it was not trained on."""
        self.networks = ChipNetworks.from_file(POINTS68, device, convention, mirror)

    def align(
        self, greys: Sequence[NDArray[np.uint8]], faces: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """N x 2 x 3, the similarities from N grey pictures, H x W, to the chips of the N faces,
        N x 7, in the last look at each."""
        return self._align_and_predict(greys, faces)[0]

    def predict(
        self, greys: Sequence[NDArray[np.uint8]], faces: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """N x 68 x 3, the keypoints and expected errors of the N faces, N x 7.

        They are in pixels of N grey pictures, H x W.
        """
        return self._align_and_predict(greys, faces)[1]

    def _align_and_predict(
        self, greys: Sequence[NDArray[np.uint8]], faces: NDArray[np.floating]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """N x 2 x 3 similarities and N x 68 x 3 keypoints, as `align` and `predict` return them."""
        shape = self.networks.mean_shape
        typical = face_of_points(shape)
        maps = upright_maps(faces, typical[CENTRE], float(typical[SIZE]))
        chips = self.networks.cut(greys, maps)
        predicted = self.networks.predict_chips(chips, maps)
        points = predicted[..., :2]
        aligned = similarity(points, shape)
        moved = transform_points(aligned, points) - transform_points(maps, points)
        far = np.linalg.norm(moved, axis=2).mean(axis=1) > FAR * self.networks.size
        certain = predicted[..., 2].mean(axis=1) <= CERTAIN * face_of_points(points)[:, SIZE]
        again = np.flatnonzero(far & certain)
        if len(again):
            area, new_area = (np.linalg.det(each[again][..., :2]) for each in (maps, aligned))
            maps[again] = aligned[again]
            chips[again] = self.networks.cut([greys[int(i)] for i in again], maps[again])
            second = self.networks.predict_chips(chips[again], maps[again])
            mean = (predicted[again] + second) / 2
            closer = new_area > CLOSER**2 * area
            predicted[again] = np.where(closer[:, None, None], second, mean)
        return maps, self.networks.with_mirror_images(predicted, chips, maps)
