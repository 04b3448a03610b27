"""An invented person: proportions of the head, expression and appearance, at random.

Lengths are in face units: one unit is one pixel of a picture at scale 1. The origin lies midway
between the eyes; x points to the subject's left, y down, and z towards the viewer.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""P x 2, x then y, in face units."""

SIDES = (1.0, -1.0)
"""The sign of x on the subject's left, and on the right."""

CURVE = np.linspace(-1.0, 1.0, 15)
"""The parameter at which the curves of lids, brows and lips are sampled, from end to end."""


def moved(points: Points, right: float, down: float) -> Points:
    """The points, moved by `right` and `down` units."""
    return np.add(points, (right, down))


@dataclass(frozen=True)
class Hair:
    """A hair style: the thickness of the hair and the position of its edge, in face units."""

    volume: float
    """Thickness of the hair over the skull."""
    top: float
    """y of the hairline in the middle of the forehead."""
    swoop: float
    """Difference between the heights of the hairline at the two temples."""
    side: float
    """Width of the hair over the face, inwards from its outline."""
    bottom: float
    """y at which the hair ends at the sides."""
    ragged: float
    """Depth of the strands at the edge of the hair."""
    curl: float
    """Texture, from 0 (smooth strands) to 1 (curls)."""


HAIR_STYLES = {
    "bald": Hair(0.0, -75.0, 0.0, -4.0, -75.0, 0.0, 0.0),
    "receding": Hair(1.5, -46.0, 0.0, 1.5, 3.0, 1.5, 0.2),
    "cropped": Hair(1.5, -34.0, 0.0, 1.5, 5.0, 0.8, 0.5),
    "short": Hair(4.0, -31.0, 6.0, 3.0, 7.0, 2.2, 0.1),
    "swept": Hair(5.0, -25.0, 18.0, 4.0, 9.0, 2.5, 0.0),
    "fringe": Hair(6.0, -15.0, 4.0, 6.0, 46.0, 3.0, 0.0),
    "bob": Hair(8.0, -27.0, 16.0, 7.0, 54.0, 2.5, 0.0),
    "long": Hair(7.0, -31.0, 8.0, 7.0, 99.0, 2.5, 0.0),
    "curly": Hair(12.0, -28.0, 4.0, 4.0, 44.0, 3.0, 1.0),
}
MASCULINE_STYLES = ("bald", "receding", "cropped", "cropped", "short", "short", "swept", "curly")
FEMININE_STYLES = ("cropped", "short", "swept", "fringe", "bob", "long", "long", "curly")

BEARDS = {
    "full": ((0, 8, 11, 15, 22, 31, 40), (30, 30, 33, 37, 34, 20, 2)),
    "goatee": ((0, 8, 12, 14, 15), (30, 30, 34, 42, 99)),
    "moustache": ((0, 9, 14, 15), (30, 30.5, 34, 99)),
}
"""The upper edge of each beard: distances from the middle of the face, and the y at each."""


@dataclass(frozen=True)
class Person:
    """Everything about a face except its picture; lengths in face units, tones from 0 to 1."""

    masculine: bool
    age: float  # from 0 (young) to 1 (old)
    # The head.
    width: float  # half the width, at the cheekbones
    jaw: float  # higher values are squarer
    chin: float  # y
    # Its features, at rest: x, y and tip are coordinates, the others are sizes.
    eye_x: float
    eye_width: float  # half the width
    eye_tilt: float
    lid: float  # height of the opening above the corners; 0 is a closed eye
    brow_y: float
    brow_arch: float
    brow_width: float
    nose_tip: float  # y
    nose_width: float  # half the width
    nose_height: float
    mouth_y: float
    mouth_width: float  # half the width
    upper_lip: float
    lower_lip: float
    # The expression.
    gaze: tuple[float, float]  # offset of the irises from the middle, x and y
    brow_raise: tuple[float, float]  # the subject's left and right
    frown: float
    smile: float  # 1 is a broad smile
    mouth_open: float
    # The appearance.
    skin: float
    iris: float
    make_up: float
    hair: Hair
    hair_tone: float
    parting: float  # from -1 to 1: its position, and the side to which the hair falls
    beard: str
    beard_density: float
    glasses: str  # none, clear or dark

    @property
    def nose_base(self) -> float:
        """y where the nose meets the upper lip: the nose label of convention B."""
        return self.nose_tip + 7.0

    @property
    def lip_gap(self) -> tuple[float, float]:
        """y of the upper and the lower edge of the open mouth; the same if it is closed."""
        return self.mouth_y - 0.2 * self.mouth_open, self.mouth_y + 0.8 * self.mouth_open

    @property
    def corner(self) -> tuple[float, float]:
        """x and y of the left corner of the mouth, which a smile moves outwards and up."""
        x = self.mouth_width + 2.6 * self.smile - 0.25 * self.mouth_open
        return x, self.mouth_y + 0.25 * self.mouth_open - 2.6 * self.smile

    @property
    def jaw_y(self) -> float:
        """y of the chin, which an open mouth lowers."""
        return self.chin + 0.7 * self.mouth_open

    @property
    def eye_corners(self) -> Points:
        """Inner and outer corner of the left eye, 2 x 2; the right eye is the mirror image."""
        inner, outer = self.eye_x - self.eye_width, self.eye_x + self.eye_width
        return np.array([(inner, 0.6), (outer, 0.3 - self.eye_tilt)])

    def lid_curve(self, height: float) -> Points:
        """Edge of a lid of the left eye, from its inner to its outer corner, 15 x 2.

        In the middle it is about `height` units above the line between the corners.
        """
        inner, outer = self.eye_corners[0], self.eye_corners[1]
        curve: Points = inner + (CURVE[:, None] + 1) / 2 * (outer - inner)
        # The highest point is a little nearer to the nose, as in real eyes.
        curve[:, 1] -= height * (1 - CURVE**2) ** 0.8 * (1 - 0.2 * CURVE)
        return curve

    @property
    def lid_heights(self) -> tuple[float, float]:
        """Distances of the upper and the lower lid from the line between the corners."""
        if self.lid == 0:
            return 0.0, 0.6
        wide = self.lid + 0.2 * self.brow_raise[0] - 0.4 * self.smile
        return max(wide, 2.2), 2.2 - 0.5 * self.smile

    @property
    def eye_centre(self) -> Points:
        """The middle of the opening of the left eye: x and y."""
        upper, lower = self.lid_heights
        return moved(self.eye_corners.mean(axis=0), 0.0, (lower - upper) / 3)

    def brow_curve(self, side: float) -> Points:
        """Middle line of the brow on one of SIDES, from its inner to its outer end, 15 x 2."""
        share = (CURVE + 1) / 2
        raised = self.brow_raise[0 if side > 0 else 1]
        x = (8.8 - self.frown) + (22.5 + self.width - 37) * share
        y = self.brow_y - raised + 1.8 * self.frown * (1 - share) ** 2 + 1.5 * share**3
        return np.column_stack([side * x, y - self.brow_arch * np.sin(np.pi * share**1.3)])

    def lips(self) -> tuple[Points, Points, Points, Points]:
        """The edges of the lips from the right to the left corner, 15 x 2 each.

        From top to bottom: outer and inner edge of the upper lip, inner and outer edge of the
        lower lip.
        """
        x, y = self.corner
        upper, lower = self.lip_gap
        arch = 1 - CURVE**2

        def curve(middle: float, bend: NDArray[np.float64]) -> Points:
            return np.column_stack([x * CURVE, y + (middle - y) * bend])

        top = curve(upper - self.upper_lip * (1 - 0.3 * self.smile), arch**0.9)
        # Cupid's bow: a dip between two peaks.
        top[:, 1] += 0.9 * np.exp(-((CURVE / 0.12) ** 2))
        top[:, 1] -= 0.8 * np.exp(-((np.abs(CURVE) - 0.22) ** 2) / 0.02)
        return top, curve(upper, arch), curve(lower, arch), curve(lower + self.lower_lip, arch**0.7)

    def keypoints(self) -> Points:
        """17 x 2: the 15 keypoints of KAGGLE15 in convention A, then two of convention B.

        The last two are the base of the nose and the centre of the mouth.
        """
        corners = [self.eye_corners * (side, 1) for side in SIDES]
        brow_ends = [self.brow_curve(side)[end] for side in SIDES for end in (0, -1)]
        x, y = self.corner
        top, upper, lower, bottom = (curve[len(CURVE) // 2] for curve in self.lips())
        return np.array([
            *(self.eye_centre * (side, 1) for side in SIDES), *np.vstack(corners), *brow_ends,
            (0.0, self.nose_tip), (x, y), (-x, y), top, bottom,
            (0.0, self.nose_base), (upper + lower) / 2,
        ])  # fmt: skip


def draw_person(rng: np.random.Generator) -> Person:
    """A random person. Traits that depend on each other are chosen together."""

    def normal(mean: float, spread: float) -> float:
        # Without the tails, in which faces no longer look human.
        return mean + spread * float(np.clip(rng.normal(), -2.2, 2.2))

    def choice(*values: float) -> float:
        return float(values[rng.integers(len(values))])

    masculine = bool(rng.random() < 0.5)
    age = float(rng.random())
    styles = MASCULINE_STYLES if masculine else FEMININE_STYLES
    bearded = masculine and rng.random() < 0.5
    skin = choice(0.62, 0.56, 0.5, 0.42, 0.34, 0.24, 0.15) * normal(1.0, 0.06)
    hair_tone = choice(0.02, 0.04, 0.09, 0.2, 0.34) if skin > 0.4 else choice(0.015, 0.03, 0.05)
    raised = normal(0.3, 1.2)
    glasses = ["none"] * 15 + ["clear"] * 4 + ["dark"]
    return Person(
        masculine=masculine,
        age=age,
        width=normal(37.5, 1.5),
        jaw=normal(3.2 if masculine else 2.7, 0.3),
        chin=normal(61.0 if masculine else 58.5, 2.0),
        eye_x=normal(17.9, 0.7),
        eye_width=normal(7.1, 0.4),
        eye_tilt=normal(0.7, 0.7),
        lid=0.0 if rng.random() > 0.97 else max(normal(3.5, 0.6), 2.0),
        brow_y=normal(-8.8 if masculine else -10.2, 1.0),
        brow_arch=normal(1.5 if masculine else 2.6, 0.7),
        brow_width=normal(3.6 if masculine else 2.6, 0.5),
        nose_tip=normal(20.3, 1.6),
        nose_width=normal(6.8 if masculine else 6.0, 0.6),
        nose_height=normal(12.5, 1.5),
        mouth_y=normal(38.3, 1.3),
        mouth_width=normal(14.0, 1.0),
        upper_lip=max(normal(2.6 if masculine else 3.1, 0.6), 1.4),
        lower_lip=max(normal(4.3 if masculine else 4.7, 0.7), 2.4),
        gaze=(normal(0.0, 0.9), normal(0.0, 0.4)),
        brow_raise=(raised + normal(0, 0.3), raised + normal(0, 0.3)),
        frown=max(normal(0.0, 0.6), 0.0),
        smile=max(normal(0.5, 0.45), -0.15),
        mouth_open=choice(0, 0, 0, 0, *rng.uniform((1.5, 2, 4), (4, 5, 10))),
        skin=skin,
        iris=choice(0.02, 0.03, 0.05, 0.14, 0.22),
        make_up=0.0 if masculine else float(rng.random()),
        hair=HAIR_STYLES[styles[rng.integers(len(styles))]],
        hair_tone=choice(0.15, 0.25, 0.4) if age > 0.85 else hair_tone,
        parting=float(rng.uniform(-1, 1)),
        beard=list(BEARDS)[rng.integers(len(BEARDS))] if bearded else "full",
        beard_density=(choice(0.3, 0.5, 0.8, 0.92) if bearded else 0.06) * masculine,
        glasses=glasses[rng.integers(len(glasses))],
    )
