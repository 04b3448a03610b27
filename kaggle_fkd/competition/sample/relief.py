"""A head as a relief: maps of its height and of its hair over the plane of the face.

Coarse maps have one texel per face unit (HEIGHT x WIDTH), fine ones have TEXELS. x, y and heights
are in face units.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from kaggle_fkd.competition.sample.anatomy import SIDES, Person, Points

Field = NDArray[np.floating]
"""A map, or a row or a column that broadcasts to one."""

LEFT, TOP = -58.0, -58.0
"""Coordinates of the upper left corner of the maps, in face units."""
WIDTH, HEIGHT = 116, 128
"""Size of the maps, in face units."""
TEXELS = 1.5
"""Texels per face unit in fine maps: slightly finer than the pixels of the picture."""

_FLOOR = -80.0
"""Height outside the head."""
_DEPTH = 46.0
"""Distance from the plane of the face back to the ears."""


def grid(texels: float) -> tuple[Field, Field]:
    """x as a row and y as a column at the centres of the texels, `texels` of them per unit."""
    x: Field = LEFT + (np.arange(round(WIDTH * texels), dtype=np.float32) + 0.5) / texels
    y: Field = TOP + (np.arange(round(HEIGHT * texels), dtype=np.float32) + 0.5) / texels
    return x[None, :], y[:, None]


def resample(field: Field, shape: tuple[int, ...]) -> Field:
    """The field with `shape` as its number of rows and columns, interpolated or averaged."""
    size = (shape[1], shape[0])
    return np.asarray(Image.fromarray(field).resize(size, Image.Resampling.BILINEAR))


def outline(person: Person, y: Field) -> Field:
    """Half the width of the head at each y; 0 above and below the head."""
    crown = np.clip(-y / 60.0, 0, 1) ** 2.6
    jaw = np.clip(y / person.jaw_y, 0, 1) ** person.jaw
    share = np.where(y < 0, (1 - crown) ** 0.55, (1 - jaw) ** 0.62)
    return np.asarray(person.width * share)


def hair_outline(person: Person, y: Field) -> Field:
    """Half the width of the head with its hair, which hangs straight below the temples."""
    return np.asarray(outline(person, np.minimum(y, 0.0)) + person.hair.volume)


def hair_mask(person: Person, rng: np.random.Generator) -> Field:
    """A fine map: 1 where hair covers the head, 0 elsewhere, with ragged edges."""
    x, y = grid(TEXELS)
    hair = person.hair

    def locks(positions: Field, size: float) -> Field:
        """How far locks of the width `size` protrude at each position along an edge."""
        heights = rng.normal(0, hair.ragged, round(np.ptp(positions) / size) + 2)
        along = (positions - positions.min()) / size
        return np.asarray(np.interp(along, np.arange(len(heights)), heights))

    ragged = 0.5 * locks(x, 4.5) + 0.35 * locks(x, 1.2)
    forehead = hair.top + hair.swoop * np.sign(person.parting) * x / 40.0 + ragged
    forehead += 9.0 * (np.abs(x) / 30.0) ** 4
    side = outline(person, np.minimum(y, 15.0)) - hair.side + 0.4 * locks(y, 12.0)
    inside = np.maximum(forehead - y, np.abs(x) - np.maximum(side, 18.0))
    end = hair.bottom + 1.5 * ragged - 0.1 * np.abs(x)
    return np.asarray(np.clip(0.8 * np.minimum(inside, end - y) + 0.5, 0, 1), np.float32)


def sculpt(person: Person, hair: Field) -> tuple[Field, Field]:
    """The heights of the bare head, and of the head with its hair; all maps are coarse.

    `hair` is 1 where hair covers the head.
    """
    x, y = grid(1)
    chin = person.jaw_y
    profile = np.interp(
        y,
        [-62, -48, -34, -18, -8, 0, 12, 28, 36, 47, chin - 5, chin],
        [-26, -13, -3.5, 1.5, 2.2, 0.5, 0.0, 2.0, 4.0, 2.5, 3.5, -2],
    )
    profile = ndimage.gaussian_filter1d(profile, 2.5, axis=0)
    back = np.interp(y, [20, chin], [_DEPTH, 0.62 * _DEPTH])
    face = profile - _rounded(x, outline(person, y), back) + _features(person, x, y)
    face += _nose(person, x, y)
    neck = 21.0 + 4.0 * person.masculine + 0.012 * np.clip(y - 55, 0, None) ** 3
    height = np.maximum(face, np.where(y > 30, -22 - _rounded(x, neck, 24.0), _FLOOR))
    for side in SIDES:
        ear = 1 - ((x - side * (person.width + 0.6)) / 4.0) ** 2 - ((y - 8.0) / 10.5) ** 2
        height = np.where(ear > 0, np.maximum(height, 7 * np.sqrt(np.abs(ear)) - 34), height)
    shell = profile + 0.6 * person.hair.volume - _rounded(x, hair_outline(person, y), 40.0)
    # The height rises only well inside the painted mask, as skin must not be seen on the slope.
    rise = np.clip(3 * hair - 2, 0, 1) * np.clip(shell - height, 0, None)
    return height, np.maximum(height + rise, _FLOOR).astype(np.float32)


def heights_at(height: Field, points: Points) -> NDArray[np.float64]:
    """P, the heights of a coarse map at P x 2 points, interpolated."""
    rows, columns = points[:, 1] - TOP - 0.5, points[:, 0] - LEFT - 0.5
    return np.asarray(ndimage.map_coordinates(height, [rows, columns], np.float64, order=1))


def _features(person: Person, x: Field, y: Field) -> Field:
    """Bumps and hollows of the face, as a coarse map: a sum of Gaussians."""
    upper, lower = person.lip_gap
    corner_x, corner_y = person.corner
    # x, y, breadth, length, height; the paired ones are mirrored, too.
    paired = [
        (0.85 * person.eye_x, person.brow_y + 1, 10, 3.6, 1.6 + 1.2 * person.masculine),  # brow
        (0.94 * person.eye_x, -0.5, 9.5, 5.6, -5.0),  # eye socket
        (7.5, 0.0, 4.0, 5.0, -1.6),
        (person.eye_x, 0.3, 6.6, 4.6, 3.6),  # eyeball
        (25.0, 16.0, 9.0, 8.0, 2.0),  # cheekbone
        (21.0, 25.0, 7.5, 8.0, 1.0 + 2.6 * person.smile),  # cheek
        (26.0, 40.0, 6.0, 9.0, -1.5 - 1.5 * person.age),
        (person.nose_width - 0.6, person.nose_tip + 2.6, 2.6, 3.0, 5.2),  # wing of the nose
        (corner_x, corner_y, 3.0, 3.0, -1.6),  # corner of the mouth
    ]
    single = [
        (0, upper - person.upper_lip - 2.5, 1.6, 3.0, -0.8),  # philtrum
        (0, upper - 0.5 * person.upper_lip, 10.0, 0.8 * person.upper_lip, 1.8),
        (0, lower + 0.5 * person.lower_lip, 9.0, 0.75 * person.lower_lip, 2.4),
        (0, lower + person.lower_lip + 3.2, 9.0, 2.4, -2.6),
        (0, person.jaw_y - 7.0, 9.0, 5.5, 2.6),  # chin
    ]
    mirrored = [(-bump[0], *bump[1:]) for bump in paired]
    bumps = np.array(paired + mirrored + single, np.float32)
    centre_x, centre_y, breadth, length, height = bumps.T[:, :, None]
    across = np.exp(-(((x - centre_x) / breadth) ** 2))
    down = height * np.exp(-(((y.T - centre_y) / length) ** 2))
    return np.asarray(np.einsum("by,bx->yx", down, across))


def _nose(person: Person, x: Field, y: Field) -> Field:
    """The nose, as a coarse map: a ridge from between the eyes to its steep end above the lip."""
    tip, base = person.nose_tip, person.nose_base
    positions = [-9, -2, tip - 5, tip, tip + 3, base + 0.5]
    ridge = np.interp(y, positions, [0, 0.26, 0.86, 1.0, 0.74, 0.0])
    ridge = person.nose_height * ndimage.gaussian_filter1d(ridge, 1.0, axis=0)
    half = np.interp(y, [-6, 4, tip - 4, tip + 1, base], [4.6, 3.6, 4.2, 5.0, 4.6])
    return np.asarray(ridge * np.exp(-((x / (half * person.nose_width / 6.4)) ** 2)))


def _rounded(x: Field, half: Field, depth: Field | float) -> Field:
    """How far the surface of a rounded body, of half width `half`, recedes at x.

    At its edge, it recedes by `depth`, and beyond it increasingly. This steep slope, instead of a
    cliff, preserves the position of an edge between two texels.
    """
    share = np.abs(x) / np.maximum(half, 1e-3)
    round_part = depth * (1 - np.clip(1 - share**2.4, 0, None) ** (1 / 2.2))
    return np.where(share < 1, round_part, depth + 20.0 * (np.abs(x) - half))
