"""`index_figure`: a map of a scheme's keypoints on the generic head, with their numbers."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaggle_fkd.figures.palette import keypoint_colours
from kaggle_fkd.figures.style import describe, new_figure
from kaggle_fkd.keypoints import IBUG68, KeypointScheme
from kaggle_fkd.photo.head_model import head_points
from kaggle_fkd.system.text import in_words


def index_figure(scheme: KeypointScheme = IBUG68) -> Figure:
    """A map of the scheme's keypoints, seen from the front, with their numbers from 0."""
    points = head_points(scheme)[:, :2]
    colours = keypoint_colours(scheme)
    figure = new_figure(9, 9)
    axes = figure.add_subplot()
    lines = []
    for contour in scheme.contours:
        members = list(contour.keypoints)
        line = points[members + members[:1]] if contour.closed else points[members]
        axes.plot(line[:, 0], line[:, 1], color=colours[members[0]], linewidth=1.5, zorder=1)
        lines.append(_points_along(line))
    axes.scatter(
        points[:, 0], points[:, 1], s=40, c=colours, edgecolors="black", linewidths=0.8, zorder=2
    )
    for index, (x, y) in enumerate(_positions_of_numbers(points, np.concatenate([points, *lines]))):
        axes.text(x, y, str(index), ha="center", va="center", fontsize=9)
    for group, indices in scheme.groups.items():
        axes.scatter(
            [], [], color=colours[indices[0]], edgecolors="black", s=40, label=in_words(group)
        )
    figure.legend(loc="outside lower center", ncols=len(scheme.groups), frameon=False)
    axes.set_aspect("equal")
    axes.margins(0.05)
    axes.invert_yaxis()
    axes.set_axis_off()
    describe(
        figure, f"The {len(scheme.names)} keypoints of {scheme.name}",
        "Numbers count from 0. The head is seen from the front, so the subject's right is at the "
        "left.",
    )  # fmt: skip
    return figure


def _points_along(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """P x 2 points close together along a polyline."""
    steps = np.linspace(0, 1, 12)[:, None, None]
    return (line[:-1] + steps * np.diff(line, axis=0)).reshape(-1, 2)


def _positions_of_numbers(
    points: NDArray[np.float64], taken: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    """K positions beside the points, each where it is farthest from the points `taken`, P x 2.

    Each number takes its own position, too. Among free positions the outermost is chosen.
    """
    distance = 0.027 * float(np.ptp(points[:, 0]))
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    around = distance * np.column_stack([np.cos(angles), np.sin(angles)])
    # A number of two digits is about this wide, so it is kept away at both of its ends.
    ends = 0.35 * distance * np.array([[-1, 0], [0, 0], [1, 0]])
    centre = points.mean(axis=0)
    positions: list[NDArray[np.float64]] = []
    for point in points:
        candidates = point + around
        obstacles = np.concatenate([taken, *(position + ends for position in positions)])
        corners = candidates[:, None, None] + ends[:, None]
        free = np.linalg.norm(corners - obstacles, axis=3).min(axis=(1, 2))
        outwards = np.linalg.norm(candidates - centre, axis=1)
        positions.append(candidates[np.argmax(free.round(3) + 0.01 * outwards)])
    return positions
