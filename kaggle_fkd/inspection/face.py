"""`FaceInspection`: figures of how a network responds to one face."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.figures.heat_maps import gaussian_heat_maps
from kaggle_fkd.figures.style import save_figure
from kaggle_fkd.inspection.drawings import (
    draw_features,
    draw_filters,
    draw_heat_maps,
    draw_saliency,
)
from kaggle_fkd.inspection.responses import InspectedNetwork

SIGMAS_PER_WIDTH = 32
"""Width of a face in sigmas of the Gaussian heat maps. The sigma is that of a heat-map network's
targets: 3 of 96 pixels."""

OWN = (
    "Gaussian: what heat-map networks are trained on. Own: the network's own weights over its grid "
    "or heat map;\nthe keypoint is their weighted mean. The cells of a grid vote for positions, so "
    "it may be beside the heaviest one."
)
NO_OWN = (
    "Gaussian: what heat-map networks are trained on.\n"
    "This network regresses coordinates and has no heat maps of its own."
)


class FaceInspection:
    """One network on one face, H x W: its keypoints, and figures of how it responds."""

    def __init__(self, network: InspectedNetwork, chip: NDArray[np.uint8], title: str) -> None:
        self.network, self.chip, self.title = network, chip, title
        self.scheme = network.about.scheme
        self.keypoints = network.predict(chip[None])[0, :, :2]

    def draw(self, folder: Path, stem: str, keypoint: int) -> None:
        """Write STEM_filters.png and so on; FkdError if a file cannot be written."""
        maps = self.network.feature_maps(self.chip)
        first = next(iter(maps))
        title = f"The first convolution ({first}) of {self.title}"
        filters = draw_filters(self.network.first_filters(), maps[first], title)
        save_figure(filters, folder / f"{stem}_filters.png")
        features = draw_features(self.chip, maps, f"Feature maps: {self.title}")
        save_figure(features, folder / f"{stem}_features.png")
        self._draw_heat_maps(folder / f"{stem}_heat_maps.png", keypoint)
        figure = draw_saliency(
            self.chip, self.keypoints[keypoint],
            self.network.saliency(self.chip, keypoint),
            f"Saliency of {self._name(keypoint)}: {self.title}",
        )  # fmt: skip
        save_figure(figure, folder / f"{stem}_saliency.png")

    def _draw_heat_maps(self, path: Path, keypoint: int) -> None:
        """Draw those of the keypoint, and of the middle one of every other part of the face."""
        group = self.scheme.group_by_keypoint[keypoint]
        others = [m[len(m) // 2] for name, m in self.scheme.groups.items() if name != group]
        shown = [keypoint, *others]
        points = self.keypoints[shown]
        height, width = self.chip.shape
        sigma = width / SIGMAS_PER_WIDTH
        gaussian = gaussian_heat_maps(points, height, width, sigma)
        rows = {f"Gaussian, sigma {sigma:g} px": gaussian}
        own = self.network.heat_maps(self.chip)
        if own is None:
            note = NO_OWN
        else:
            note = OWN
            rows[f"the network's own, {own.shape[2]} x {own.shape[1]}"] = own[shown]
        names = [self._name(index) for index in shown]
        figure = draw_heat_maps(self.chip, points, names, rows, f"Heat maps: {self.title}", note)
        save_figure(figure, path)

    def _name(self, keypoint: int) -> str:
        return f"{keypoint} {self.scheme.names[keypoint]}"
