"""`ChipNetworks`: trained networks that predict the keypoints of chips."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kaggle_fkd.errors import RunError, UsageError, suggest
from kaggle_fkd.imaging.chips import cut_chip
from kaggle_fkd.imaging.similarity import invert, transform_points
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.networks.network import KeypointNetwork
from kaggle_fkd.photo.pretrained import POINTS68, read_pretrained
from kaggle_fkd.runs.run import Run

BATCH = 64
"""Chips per forward pass."""


class ChipNetworks:
    """An ensemble: its keypoints are the mean of its networks' predictions."""

    def __init__(
        self, networks: Sequence[KeypointNetwork], scheme: KeypointScheme, device: torch.device,
        head: int = 0,
    ) -> None:  # fmt: skip
        """The networks themselves, for chips of one size, are moved to the device and set to
        evaluation mode. `head` is the one that predicts the keypoints."""
        self.scheme, self.device, self.head = scheme, device, head
        self.networks = [network.eval().to(device) for network in networks]
        self.size = networks[0].shape.width
        """Side of the chips in pixels."""
        self.mean_shape: NDArray[np.float64] = (
            networks[0].mean_keypoints[head].double().cpu().numpy()
        )
        """K x 2, the mean keypoints of the training faces, in pixels of a chip."""

    @classmethod
    def from_run(
        cls, run: Run, device: torch.device, convention: str | None = None
    ) -> "ChipNetworks":
        """The networks of the run's finished members, for one label convention.

        By default, it is the first that they were trained on of those which have all keypoints.
        Raises RunError for a run that has no finished member, or was trained on faces that are not
        square; UsageError for a convention that it was not trained on.
        """
        if run.shape.width != run.shape.height:
            raise RunError(
                f"{run.folder}: trained on faces of {run.shape.width} x {run.shape.height} pixels",
                "give a run that was trained on square faces",
            )
        members = run.require_members().members
        networks = [member.load_network(device) for member in members]
        head = _find_head(
            run.scheme, run.shape.heads, usable_conventions(run), convention, str(run.folder)
        )
        return cls(networks, run.scheme, device, head)

    @classmethod
    def pretrained(
        cls, scheme: KeypointScheme, device: torch.device, convention: str | None = None
    ) -> "ChipNetworks":
        """The package's network, whose scheme is `scheme`, for one label convention.

        By default, it is the first that it was trained on. UsageError for another one.
        """
        read = read_pretrained(POINTS68)
        head = _find_head(
            scheme, read.network.shape.heads, read.conventions, convention,
            "the network of the package",
        )  # fmt: skip
        return cls([read.network], scheme, device, head)

    def predict(
        self, greys: Sequence[NDArray[np.uint8]], maps: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """N x K x 3, keypoints and expected errors, in pixels of N grey pictures, H x W.

        There is one face in each. `maps`, N x 2 x 3, are the similarities from each picture to its
        chip.
        """
        with torch.inference_mode():
            means = [
                torch.stack(
                    [network.predict_head(batch, self.head) for network in self.networks]
                ).mean(dim=0)
                for batch in self.cut(greys, maps).split(BATCH)
            ]
            return to_pictures(torch.cat(means), maps)

    def cut(self, greys: Sequence[NDArray[np.uint8]], maps: NDArray[np.floating]) -> Tensor:
        """N x size x size, the networks' input for N grey pictures, on their device."""
        pairs = zip(greys, maps, strict=True)
        chips = np.stack([cut_chip(grey, matrix, self.size) for grey, matrix in pairs])
        return torch.from_numpy(chips).to(self.device)


def usable_conventions(run: Run) -> list[str]:
    """The label conventions with all keypoints that every finished member was trained on."""
    trained = [member.summary.get("conventions", ()) for member in run.members]
    return [
        each.name
        for each in run.scheme.conventions
        if len(each.keypoints) == len(run.scheme.names)
        and all(each.name in names for names in trained)
    ]


def _find_head(
    scheme: KeypointScheme, heads: int, usable: Sequence[str], convention: str | None, owner: str
) -> int:
    """The head that predicts the convention, by default the first of the `usable` ones."""
    known = [each.name for each in scheme.conventions]
    if not usable:
        raise RunError(
            f"{owner}: not trained on a label convention with all keypoints",
            "give a run that was trained on one",
        )
    if convention is not None and convention not in usable:
        raise UsageError(
            f"{owner}: not trained on the label convention {convention} with all keypoints",
            suggest(convention, usable),
        )
    return min(known.index(convention or usable[0]), heads - 1)


def to_pictures(predicted: Tensor, maps: NDArray[np.floating]) -> NDArray[np.float64]:
    """N x K x 3 keypoints and errors of chips in pixels of the pictures.

    `maps`, N x 2 x 3, lead from the pictures to the chips.
    """
    numbers, back = predicted.cpu().double().numpy(), invert(maps)
    errors = numbers[..., 2:] * np.hypot(*back[:, :, 0].T)[:, None, None]
    return np.concatenate([transform_points(back, numbers[..., :2]), errors], axis=-1)
