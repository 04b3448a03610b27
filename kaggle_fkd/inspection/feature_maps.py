"""Which of a network's many feature maps are shown, and with which contrast."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

LAYERS, MAPS = 8, 8
"""Maximum number of layers that are shown, and of maps of each."""

Maps = NDArray[np.floating]


def shown_maps(maps: Mapping[str, Maps]) -> dict[str, Maps]:
    """Some maps, C' x h x w, of some of the layers, C x h x w, from the first to the last.

    They are the maps whose values vary most over the face, in their order.
    """
    steps = np.linspace(0, len(maps) - 1, min(LAYERS, len(maps))).round().astype(int)
    names = [list(maps)[step] for step in steps]
    return {name: maps[name][_most_varied(maps[name])] for name in names}


def contrast(values: Maps) -> tuple[float, float]:
    """The values of a map, h x w, that the lowest and the highest colour show."""
    low, high = np.percentile(values, (1, 99))  # one very high pixel would leave the others dark
    return float(low), float(high)


def _most_varied(layer: Maps) -> NDArray[np.intp]:
    return np.sort(np.argsort(-layer.std(axis=(1, 2)), kind="stable")[:MAPS])
