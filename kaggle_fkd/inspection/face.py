"""`FaceInspection`: figures of how a network responds to one face."""

from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaggle_fkd.export.opened import open_exported
from kaggle_fkd.figures.heat_maps import gaussian_heat_maps
from kaggle_fkd.figures.style import save_figure
from kaggle_fkd.inference.keypoints import OnnxKeypoints
from kaggle_fkd.inspection.drawings import (
    draw_features,
    draw_filters,
    draw_heat_maps,
    draw_saliency,
)
from kaggle_fkd.inspection.responses import InspectedNetwork
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.text import in_words

SIGMAS_PER_WIDTH = 32
"""Width of a face in sigmas of the Gaussian heat maps. The sigma is that of a heat-map network's
targets: 3 of 96 pixels."""

OWN = (
    "Gaussian: what heat-map networks are trained on. Own: the network's own weights over its grid "
    "or heat map; the keypoint is their weighted mean. The cells of a grid vote for positions, so "
    "it may be beside the heaviest one."
)
NO_OWN = (
    "Gaussian: what heat-map networks are trained on. "
    "This network regresses coordinates and has no heat maps of its own."
)


class FaceInspection:
    """One network on one face, H x W: its keypoints, and figures of how it responds."""

    def __init__(self, network: InspectedNetwork, chip: NDArray[np.uint8], title: str) -> None:
        self.network, self.chip, self.title = network, chip, title
        self.scheme = network.metadata.scheme
        self.keypoints = network.predict(chip[None])[0, :, :2]

    @classmethod
    def from_run(cls, run: Run, chip: NDArray[np.uint8], convention: int = 0) -> Self:
        """The first member of a run on one face, in the label convention of that index.

        Raises what `open_exported` raises.
        """
        member = run.require_members().members[0]
        file = open_exported(run, member, OnnxKeypoints, "cpu")
        return cls(InspectedNetwork(file.path, convention), chip, run.config.train.model)

    def draw(self, folder: Path, stem: str, keypoint: int) -> None:
        """Write STEM_filters.png and so on; FkdError if a file cannot be written."""
        save_figure(self.filters(), folder / f"{stem}_filters.png")
        save_figure(self.features(), folder / f"{stem}_features.png")
        save_figure(self.heat_maps(keypoint), folder / f"{stem}_heat_maps.png")
        save_figure(self.saliency(keypoint), folder / f"{stem}_saliency.png")

    def filters(self) -> Figure:
        """The filters of the first convolution, each beside its map of the face."""
        first = next(iter(self._maps))
        return draw_filters(
            self.network.first_filters(), self._maps[first],
            f"Filters of the first convolution: {self.title}",
            f"Each filter ({first}) beside its response to the face: a map is bright where the "
            "face resembles the filter.",
        )  # fmt: skip

    def features(self) -> Figure:
        """Some feature maps of some layers, from the first to the last."""
        return draw_features(self.chip, self._maps, f"Feature maps: {self.title}")

    def saliency(self, keypoint: int) -> Figure:
        """Which parts of the face the keypoint of that index depends on."""
        return draw_saliency(
            self.chip, self.keypoints[keypoint],
            self.network.saliency(self.chip, keypoint),
            f"Saliency of {self._name(keypoint)}: {self.title}",
        )  # fmt: skip

    def heat_maps(self, keypoint: int) -> Figure:
        """Those of the keypoint, and of the middle one of every other part of the face."""
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
        return draw_heat_maps(self.chip, points, names, rows, f"Heat maps: {self.title}", note)

    @cached_property
    def _maps(self) -> dict[str, NDArray[np.float32]]:
        return self.network.feature_maps(self.chip)

    def _name(self, keypoint: int) -> str:
        return f"{keypoint} {in_words(self.scheme.names[keypoint])}"
