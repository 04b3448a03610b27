"""A made-up person: the measures of the head, the expression and the looks, drawn at random.

Face units: one unit is one pixel of a picture at scale 1. The origin lies midway between the
eyes, x runs to the subject's left, y down, z towards the viewer.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""P x 2, x then y in face units."""

SIDES = (1.0, -1.0)
"""Sign of x on the subject's left and right."""

CURVE = np.linspace(-1.0, 1.0, 15)
"""Where the curves of lids, brows and lips are sampled, from one end to the other."""


def moved(points: Points, right: float, down: float) -> Points:
    """The points, moved by so many units."""
    return np.add(points, (right, down))


@dataclass(frozen=True)
class Hair:
    """A hair style: how far the hair stands off the head, and the opening it leaves the face."""

    volume: float
    """Thickness over the skull."""
    top: float
    """y of the hair line over the middle of the forehead."""
    swoop: float
    """How much lower the hair line lies at one temple than at the other."""
    side: float
    """How far the hair reaches in over the outline of the face."""
    bottom: float
    """y at which the hair ends at the sides."""
    ragged: float
    """Depth of the strands at its edge."""
    curl: float
    """0 for smooth strands, 1 for curls."""


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
"""Where a beard begins: y over the distance from the middle of the face."""


@dataclass(frozen=True)
class Person:
    """Everything about a face but its picture; lengths in face units, tones from 0 to 1."""

    masculine: bool
    age: float  # 0 young, 1 old
    # The head.
    width: float  # half of it, at the cheekbones
    jaw: float  # the higher, the squarer
    chin: float  # y
    # Its features, at rest; x, y and tip are places, the others sizes.
    eye_x: float
    eye_width: float  # half of it
    eye_tilt: float
    lid: float  # how far the eye is open above its corners; 0 is a closed eye
    brow_y: float
    brow_arch: float
    brow_width: float
    nose_tip: float  # y
    nose_width: float  # half of it
    nose_height: float
    mouth_y: float
    mouth_width: float  # half of it
    upper_lip: float
    lower_lip: float
    # The expression.
    gaze: tuple[float, float]  # how far the irises are from the middle, right and down
    brow_raise: tuple[float, float]  # the subject's left and right
    frown: float
    smile: float  # 1 is a broad one
    mouth_open: float
    # The looks.
    skin: float
    iris: float
    make_up: float
    hair: Hair
    hair_tone: float
    parting: float  # from -1 to 1, where it lies and to which side the hair falls
    beard: str
    beard_density: float
    glasses: str  # none, clear or dark

    @property
    def nose_base(self) -> float:
        """y where the nose meets the upper lip: convention B's nose label."""
        return self.nose_tip + 7.0

    @property
    def lip_gap(self) -> tuple[float, float]:
        """y of the upper and of the lower edge of the open mouth; equal when it is closed."""
        return self.mouth_y - 0.2 * self.mouth_open, self.mouth_y + 0.8 * self.mouth_open

    @property
    def corner(self) -> tuple[float, float]:
        """The left corner of the mouth: a smile draws it out and up."""
        x = self.mouth_width + 2.6 * self.smile - 0.25 * self.mouth_open
        return x, self.mouth_y + 0.25 * self.mouth_open - 2.6 * self.smile

    @property
    def jaw_y(self) -> float:
        """y of the chin, which drops as the mouth opens."""
        return self.chin + 0.7 * self.mouth_open

    @property
    def eye_corners(self) -> Points:
        """Inner and outer corner of the left eye, 2 x 2; the right eye is its mirror image."""
        inner, outer = self.eye_x - self.eye_width, self.eye_x + self.eye_width
        return np.array([(inner, 0.6), (outer, 0.3 - self.eye_tilt)])

    def lid_curve(self, height: float) -> Points:
        """A lid's edge, from the left eye's inner to its outer corner, `height` above them."""
        inner, outer = self.eye_corners[0], self.eye_corners[1]
        curve: Points = inner + (CURVE[:, None] + 1) / 2 * (outer - inner)
        # The highest point lies a little to the nose, as on real eyes.
        curve[:, 1] -= height * (1 - CURVE**2) ** 0.8 * (1 - 0.2 * CURVE)
        return curve

    @property
    def lid_heights(self) -> tuple[float, float]:
        """How far the upper lid stands above, and the lower below, the line of the corners."""
        if self.lid == 0:
            return 0.0, 0.6
        wide = self.lid + 0.2 * self.brow_raise[0] - 0.4 * self.smile
        return max(wide, 2.2), 2.2 - 0.5 * self.smile

    @property
    def eye_centre(self) -> Points:
        """The middle of the left eye's opening, 2."""
        upper, lower = self.lid_heights
        return moved(self.eye_corners.mean(axis=0), 0.0, (lower - upper) / 3)

    def brow_curve(self, side: float) -> Points:
        """The middle line of one brow, from the inner to the outer end."""
        share = (CURVE + 1) / 2
        raised = self.brow_raise[0 if side > 0 else 1]
        x = (8.8 - self.frown) + (22.5 + self.width - 37) * share
        y = self.brow_y - raised + 1.8 * self.frown * (1 - share) ** 2 + 1.5 * share**3
        return np.column_stack([side * x, y - self.brow_arch * np.sin(np.pi * share**1.3)])

    def lips(self) -> tuple[Points, Points, Points, Points]:
        """Curves from the right to the left corner: outer and inner edge of the upper lip,
        inner and outer edge of the lower lip."""
        x, y = self.corner
        upper, lower = self.lip_gap
        arch = 1 - CURVE**2

        def curve(middle: float, bend: NDArray[np.float64]) -> Points:
            return np.column_stack([x * CURVE, y + (middle - y) * bend])

        top = curve(upper - self.upper_lip * (1 - 0.3 * self.smile), arch**0.9)
        # Cupid's bow: a dip in the middle between two peaks.
        top[:, 1] += 0.9 * np.exp(-((CURVE / 0.12) ** 2))
        top[:, 1] -= 0.8 * np.exp(-((np.abs(CURVE) - 0.22) ** 2) / 0.02)
        return top, curve(upper, arch), curve(lower, arch), curve(lower + self.lower_lip, arch**0.7)

    def keypoints(self) -> Points:
        """17 x 2: the 15 points in the order of the KAGGLE15 scheme, convention A, then
        convention B's nose base and mouth centre."""
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
    """A person at random. Kinds of looks that rule each other out are drawn together."""

    def around(mean: float, spread: float) -> float:
        return mean + spread * float(np.clip(rng.normal(), -2.2, 2.2))

    def either(*values: float) -> float:
        return float(values[rng.integers(len(values))])

    masculine = bool(rng.random() < 0.5)
    age = float(rng.random())
    styles = MASCULINE_STYLES if masculine else FEMININE_STYLES
    bearded = masculine and rng.random() < 0.5
    skin = either(0.62, 0.56, 0.5, 0.42, 0.34, 0.24, 0.15) * around(1.0, 0.06)
    hair_tone = either(0.02, 0.04, 0.09, 0.2, 0.34) if skin > 0.4 else either(0.015, 0.03, 0.05)
    raised = around(0.3, 1.2)
    glasses = ["none"] * 15 + ["clear"] * 4 + ["dark"]
    return Person(
        masculine=masculine,
        age=age,
        width=around(37.5, 1.5),
        jaw=around(3.2 if masculine else 2.7, 0.3),
        chin=around(61.0 if masculine else 58.5, 2.0),
        eye_x=around(17.9, 0.7),
        eye_width=around(7.1, 0.4),
        eye_tilt=around(0.7, 0.7),
        lid=0.0 if rng.random() > 0.97 else max(around(3.5, 0.6), 2.0),
        brow_y=around(-8.8 if masculine else -10.2, 1.0),
        brow_arch=around(1.5 if masculine else 2.6, 0.7),
        brow_width=around(3.6 if masculine else 2.6, 0.5),
        nose_tip=around(20.3, 1.6),
        nose_width=around(6.8 if masculine else 6.0, 0.6),
        nose_height=around(12.5, 1.5),
        mouth_y=around(38.3, 1.3),
        mouth_width=around(14.0, 1.0),
        upper_lip=max(around(2.6 if masculine else 3.1, 0.6), 1.4),
        lower_lip=max(around(4.3 if masculine else 4.7, 0.7), 2.4),
        gaze=(around(0.0, 0.9), around(0.0, 0.4)),
        brow_raise=(raised + around(0, 0.3), raised + around(0, 0.3)),
        frown=max(around(0.0, 0.6), 0.0),
        smile=max(around(0.5, 0.45), -0.15),
        mouth_open=either(0, 0, 0, 0, *rng.uniform((1.5, 2, 4), (4, 5, 10))),
        skin=skin,
        iris=either(0.02, 0.03, 0.05, 0.14, 0.22),
        make_up=0.0 if masculine else float(rng.random()),
        hair=HAIR_STYLES[styles[rng.integers(len(styles))]],
        hair_tone=either(0.15, 0.25, 0.4) if age > 0.85 else hair_tone,
        parting=float(rng.uniform(-1, 1)),
        beard=list(BEARDS)[rng.integers(len(BEARDS))] if bearded else "full",
        beard_density=(either(0.3, 0.5, 0.8, 0.92) if bearded else 0.06) * masculine,
        glasses=glasses[rng.integers(len(glasses))],
    )
