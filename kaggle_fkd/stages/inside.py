"""inside: what a network sees in a face: filters, feature maps, heat maps, saliency, as figures."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from kaggle_fkd.errors import PictureError, UsageError
from kaggle_fkd.figures.heat_maps import gaussian_heat_maps
from kaggle_fkd.figures.style import save_figure
from kaggle_fkd.inspection.drawings import (
    draw_features,
    draw_filters,
    draw_heat_maps,
    draw_saliency,
)
from kaggle_fkd.inspection.responses import feature_maps, first_filters, own_heat_maps, saliency
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.networks.network import KeypointNetwork, predict
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.photo.inputs import Record, process_inputs
from kaggle_fkd.photo.pretrained import read_pretrained
from kaggle_fkd.stages.context import Context
from kaggle_fkd.system.console import log

SIGMAS_PER_WIDTH = 32
"""The Gaussian heat maps are as wide as a heat-map network's targets: 3 of 96 pixels."""
HEAD = 0
"""The head that is looked into: of the richest convention, as on photographs."""

OWN = (
    "Gaussian: what heat-map networks are trained on. Own: how this network weighs the cells of "
    "its grid;\nthe keypoint is the mean of the places its cells vote for, so it may lie beside "
    "the heaviest one."
)
NO_OWN = (
    "Gaussian: what heat-map networks are trained on.\n"
    "This network regresses coordinates and has no heat maps of its own."
)


def run(context: Context) -> None:
    """Draw what the network makes of the surest face of every input.

    Of a run with several members the first is looked into. An input without a face costs a line,
    and the others go on; it is `context.failure`.
    """
    request = context.request
    named = context.named_runs()
    find = FaceKeypoints(named[0] if named else None, device=context.device)
    if request.points not in (None, len(find.scheme.names)):
        raise UsageError(
            f"--points {request.points}: this network has {len(find.scheme.names)}",
            "leave --points out, or name another run: --run",
        )
    keypoint = _keypoint(find.scheme, request.keypoint)
    if named:
        member = named[0].members[0]
        network, name = member.load_network(context.device), member.name
    else:
        network, name = read_pretrained().fine.to(context.device), "the shipped network"
    folder = request.output or request.runs_dir / "inside"

    def inspect_face(path: Path, stem: str) -> Record:
        faces = find.detect(str(path))
        if not faces:
            raise PictureError(f"{path}: no face found", "give a picture with a face in it")
        view = FaceInspection(network, find.chip(faces[0]), find.scheme, f"{stem}, seen by {name}")
        view.draw(folder, stem, keypoint)
        log.info("%s: %s_*.png", path, folder / stem)
        return {"input": str(path)}

    _, failure = process_inputs(request.inputs, folder, inspect_face)
    context.failure = failure or context.failure


class FaceInspection:
    """A network's view of one face."""

    def __init__(
        self,
        network: KeypointNetwork,
        chip: NDArray[np.uint8],
        scheme: KeypointScheme,
        title: str,
    ) -> None:
        self.network, self.chip, self.scheme, self.title = network, chip, scheme, title
        images = torch.from_numpy(chip)[None].to(network.mean_keypoints.device)
        self.keypoints = predict(network, images, torch.tensor([HEAD], device=images.device))[0]

    def draw(self, folder: Path, stem: str, keypoint: int) -> None:
        """Write STEM_filters.png and so on; FkdError when the disk refuses."""
        maps = feature_maps(self.network, self.chip)
        first = next(iter(maps))
        title = f"The first convolution ({first}) of {self.title}"
        filters = draw_filters(first_filters(self.network), maps[first], title)
        save_figure(filters, folder / f"{stem}_filters.png")
        features = draw_features(self.chip, maps, f"Feature maps: {self.title}")
        save_figure(features, folder / f"{stem}_features.png")
        self._draw_heat_maps(folder / f"{stem}_heat_maps.png", keypoint)
        figure = draw_saliency(
            self.chip, self.keypoints[keypoint],
            saliency(self.network, self.chip, keypoint, HEAD),
            f"Saliency of {self._name(keypoint)}: {self.title}",
        )  # fmt: skip
        save_figure(figure, folder / f"{stem}_saliency.png")

    def _draw_heat_maps(self, path: Path, keypoint: int) -> None:
        """Of the keypoint, and of the middle one of every other part of the face."""
        group = self.scheme.group_by_keypoint[keypoint]
        others = [m[len(m) // 2] for name, m in self.scheme.groups.items() if name != group]
        shown = [keypoint, *others]
        points = self.keypoints[shown]
        height, width = self.chip.shape
        sigma = width / SIGMAS_PER_WIDTH
        gaussian = gaussian_heat_maps(points, height, width, sigma)
        rows = {f"Gaussian, sigma {sigma:g} px": gaussian}
        own = own_heat_maps(self.network, self.chip, HEAD)
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


def _keypoint(scheme: KeypointScheme, wanted: str | None) -> int:
    """The index of a keypoint by name or number; UsageError for one the scheme does not have."""
    if wanted is None:
        return scheme.nose_tip
    if wanted in scheme.names:
        return scheme.index(wanted)
    if wanted.isdecimal() and int(wanted) < len(scheme.names):
        return int(wanted)
    raise UsageError(
        f"--keypoint {wanted}: not one of {scheme.name}",
        f"a number from 0 to {len(scheme.names) - 1}, or one of {', '.join(scheme.names)}",
    )
