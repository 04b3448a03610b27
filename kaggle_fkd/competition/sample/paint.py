"""The reflectance of a head, the share of light that each point reflects, as a fine map."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from kaggle_fkd.competition.sample.anatomy import BEARDS, CURVE, SIDES, Person, Points, moved
from kaggle_fkd.competition.sample.relief import (
    LEFT,
    TEXELS,
    TOP,
    Field,
    grid,
    hair_outline,
    resample,
)

_FINE = 2
"""Shapes are drawn this many times finer than the map, so that their edges are smooth."""


class Canvas:
    """A map of reflectances that is painted with shapes in face units.

    It stores the square roots of the reflectances, as dark tones need the finer steps.
    """

    def __init__(self, tone: Field) -> None:
        self._image = Image.fromarray((255 * np.sqrt(tone)).astype(np.uint8))

    @property
    def tone(self) -> Field:
        """The reflectances, from 0 to 1."""
        return (np.asarray(self._image, np.float32) / 255) ** 2

    def draw(
        self, shapes: Sequence[Points], tone: float, opacity: float = 1.0, soft: float = 0.3,
        width: float = 0.0, within: Image.Image | None = None,
    ) -> None:  # fmt: skip
        """Cover polygons, or lines if `width` is not 0, with `tone`; edges fade over `soft` units.

        `within`, a mask as large as the map, keeps the paint inside another shape.
        """
        box, mask = self._mask(shapes, opacity, soft, width)
        if within is not None:
            mask = ImageChops.multiply(mask, within.crop(box))
        self._image.paste(round(255 * np.sqrt(tone)), box, mask)

    def stencil(self, shapes: Sequence[Points], soft: float) -> Image.Image:
        """A mask as large as the map that lets paint through only inside the polygons."""
        mask = Image.new("L", self._image.size)
        box, inside = self._mask(shapes, 1.0, soft, 0.0)
        mask.paste(inside, box)
        return mask

    def _mask(
        self, shapes: Sequence[Points], opacity: float, soft: float, width: float
    ) -> tuple[tuple[int, int, int, int], Image.Image]:
        """The bounding box of the shapes on the map, and the coverage of each texel in it."""
        texels = (np.concatenate(shapes) - (LEFT, TOP)) * TEXELS
        margin = (3 * soft + width) * TEXELS + 1
        left, top = (max(int(low - margin), 0) for low in texels.min(axis=0))
        right, bottom = (int(high + margin) + 1 for high in texels.max(axis=0))
        right, bottom = min(right, self._image.width), min(bottom, self._image.height)
        mask = Image.new("L", ((right - left) * _FINE, (bottom - top) * _FINE))
        brush, fill = ImageDraw.Draw(mask), round(255 * opacity)
        corner = np.array((left, top)) / TEXELS + (LEFT, TOP)
        for points in shapes:
            path = ((points - corner) * (TEXELS * _FINE)).ravel().tolist()
            if width:
                thick = max(round(width * TEXELS * _FINE), 1)
                brush.line(path, fill=fill, width=thick, joint="curve")
            else:
                brush.polygon(path, fill=fill)
        blurred = mask.reduce(_FINE).filter(ImageFilter.GaussianBlur(soft * TEXELS))
        return (left, top, right, bottom), blurred


def both(points: Points | Sequence[tuple[float, float]]) -> list[Points]:
    """Points on the left half of the face, and their mirror image."""
    return [np.asarray(points) * (side, 1.0) for side in SIDES]


def ellipse(x: float, y: float, rx: float, ry: float) -> Points:
    """The outline of an ellipse with centre (x, y) and radii rx and ry, 20 x 2."""
    turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    return np.column_stack([x + rx * np.cos(turn), y + ry * np.sin(turn)])


def paint(person: Person, hair: Field, rng: np.random.Generator) -> Field:
    """The reflectance of the head, whose hair covers the mask `hair`; both are fine maps."""
    grain = rng.random(hair.shape, np.float32) - 0.5
    canvas = Canvas(_beard(person, _skin(person, grain, rng), grain))
    _lines(canvas, person)
    _nose(canvas, person)
    _mouth(canvas, person)
    _eyes(canvas, person)
    _brows(canvas, person, grain)
    if person.glasses != "none":
        canvas.draw(both([(28.0, -1.0), (person.width + 3.0, -1.0)]), 0.03, 0.9, width=1.4)
    tone = _clothes(canvas.tone, rng)
    return np.clip(_blend(tone, hair, _hair(person, rng)), 0.004, 1.0)


def _blend(below: Field, mask: Field, above: Field | float) -> Field:
    """A mixture of `below` and `above`, in which the mask is the share of `above`."""
    return below + mask * (above - below)


def _skin(person: Person, grain: Field, rng: np.random.Generator) -> Field:
    """Bare skin with blotches and pores."""
    rows, columns = grain.shape
    blotches = resample(rng.random((rows // 6, columns // 6), np.float32) - 0.5, grain.shape)
    return person.skin * (1 + 0.14 * blotches + (0.05 + 0.1 * person.age) * grain)


def _beard(person: Person, skin: Field, grain: Field) -> Field:
    """The skin with the beard on it, if any."""
    x, y = grid(TEXELS)
    edge = np.interp(np.abs(x), *BEARDS[person.beard]).astype(np.float32)
    end = person.mouth_y + 2 if person.beard == "moustache" else person.jaw_y + 4
    mask = np.clip((y - edge) / 3.5 + 0.5, 0, 1) * np.clip((end - y) / 4, 0, 1)
    tone = min(person.hair_tone, 0.3 * person.skin)
    return _blend(
        skin,
        np.clip(person.beard_density * mask * (1 + 0.5 * grain), 0, 1),
        tone * (1 + 1.2 * grain),
    )


def _clothes(tone: Field, rng: np.random.Generator) -> Field:
    """The map `tone` with clothes below a collar."""
    x, y = grid(TEXELS)
    collar = rng.uniform(64, 74) + rng.uniform(-0.4, 0.2) * np.abs(x)
    return _blend(tone, np.clip(y - collar, 0, 1), rng.uniform(0.02, 0.6))


def _lines(canvas: Canvas, person: Person) -> None:
    """Paint cheeks, ears, and the lines of age and expression."""
    skin = person.skin
    x, y = person.corner
    canvas.draw(both(ellipse(22, 18, 8, 6)), (0.8 - 0.2 * person.make_up) * skin, 0.6, 4.0)
    canvas.draw(both(ellipse(person.width + 1.5, 7.5, 1.6, 5)), 0.4 * skin, 0.7, 0.8)
    fold = [
        (person.nose_width + 2.2, person.nose_tip + 2.5),
        (x - 0.5, person.nose_tip + 9.5),
        (x + 3.2, y - 2.0),
    ]
    depth = np.clip(0.15 + 0.3 * person.smile + 0.4 * person.age, 0.0, 0.7)
    canvas.draw(both(fold), 0.5 * skin, depth, 0.8, width=1.0)
    bag = person.lid_curve(-4.8)[3:13]
    canvas.draw(both(bag), 0.55 * skin, 0.2 + 0.4 * person.age, 0.8, width=0.9)
    frown = [(2.6, person.brow_y - 2.0), (2.2, person.brow_y + 4.0)]
    canvas.draw(both(frown), 0.5 * skin, min(0.5 * person.frown, 0.7), 0.5, width=0.7)
    wave = np.column_stack([16 * CURVE, -17.0 - 1.5 * CURVE**2 + 0.5 * np.cos(5 * CURVE)])
    lines = [wave - (0.0, drop) for drop in (0.0, 4.5, 9.0)]
    depth = np.clip(0.6 * (person.age - 0.5) * (1 + max(person.brow_raise)), 0.0, 0.5)
    canvas.draw(lines, 0.6 * skin, depth, 0.5, width=0.6)


def _nose(canvas: Canvas, person: Person) -> None:
    """Paint the wings, the shade below the nose, and the nostrils."""
    skin, y = person.skin, person.nose_base - 1.4
    wing = person.nose_width + 1.0
    canvas.draw(both([(wing - 0.8, y - 5), (wing + 0.3, y - 2), (wing - 1.2, y + 0.4)]),
                0.4 * skin, 0.6, 0.5, width=0.9)  # fmt: skip
    canvas.draw([ellipse(0, y + 0.6, 4.5, 1.3)], 0.5 * skin, 0.5, 0.8)
    canvas.draw(both(ellipse(3.2, y + 0.2, 1.9, 1.0)), 0.08 * skin, 0.9, 0.35)


def _mouth(canvas: Canvas, person: Person) -> None:
    """Paint the lips, an open mouth with its teeth, the corners, and the shade below."""
    top, upper, lower, bottom = person.lips()
    tone = person.skin * (0.66 - 0.35 * person.make_up)
    canvas.draw([np.vstack([top, bottom[::-1]])], tone, 0.9, 0.45)
    canvas.draw([np.vstack([top, upper[::-1]])], 0.7 * tone, 0.7, 0.4)
    inside = np.vstack([upper, lower[::-1]])
    if person.mouth_open:
        canvas.draw([inside], 0.025, 1.0, 0.25)
        if person.smile > 0.2:
            teeth = upper + 0.75 * (lower - upper)
            row = np.vstack([upper[2:-2], teeth[-3:1:-1]])
            canvas.draw([row], 0.2 + 0.5 * person.skin, 0.85, 0.4)
    canvas.draw([upper], 0.04, 0.8, 0.3, width=0.8)
    canvas.draw(both(ellipse(*person.corner, 1.3, 0.9)), 0.15 * person.skin, 0.6, 0.6)
    shade = ellipse(0, person.lip_gap[1] + person.lower_lip + 1.8, 7, 1.2)
    canvas.draw([shade], 0.5 * person.skin, 0.5, 1.0)


def _eyes(canvas: Canvas, person: Person) -> None:
    """Paint the shadows around the eyes, eyeballs, irises, pupils, glints, lids and lashes."""
    upper, lower = person.lid_heights
    top, bottom = person.lid_curve(upper), person.lid_curve(-lower)
    skin, (x, y) = person.skin, person.eye_centre
    shadow = (0.7 - 0.4 * person.make_up) * skin
    canvas.draw(both(ellipse(x, y - 2.5, 8.0, 3.5)), shadow, 0.6, 1.8)
    if upper > 0:
        opening = both(np.vstack([top, bottom[::-1]]))
        inside = canvas.stencil(opening, 0.25)
        canvas.draw(opening, min(0.5, 1.5 * skin), 1.0, 0.25)
        irises = [moved(centre, *person.gaze) for centre in both((x, y - 0.2))]

        def disc(radius: float, tone: float, soft: float) -> None:
            discs = [ellipse(x, y, radius, radius) for x, y in irises]
            canvas.draw(discs, tone, 1.0, soft, within=inside)

        disc(3.6, 0.3 * person.iris, 0.35)
        disc(2.8, person.iris, 0.4)
        disc(1.5, 0.004, 0.3)
        canvas.draw(both(moved(top, 0.0, 0.7)), 0.05, 0.6, 0.5, width=1.2, within=inside)
        glints = [ellipse(x + 0.9, y - 1.1, 0.7, 0.7) for x, y in irises]
        canvas.draw(glints, min(1.0, 0.2 + 1.6 * skin), 0.9, 0.2)
        canvas.draw(both(person.lid_curve(upper + 2.2)[1:-1]), 0.4 * skin, 0.6, 0.4, width=0.7)
    canvas.draw(both(top), 0.02, 0.9, 0.25, width=0.9 + 0.6 * person.make_up)
    canvas.draw(both(bottom[3:]), 0.25 * skin, 0.5 + 0.3 * person.make_up, 0.3, width=0.6)


def _brows(canvas: Canvas, person: Person, grain: Field) -> None:
    """Paint the brows, whose hairs follow the grain."""
    half = 0.5 * person.brow_width * np.interp(CURVE, [-1, -0.8, 0, 1], [0.7, 1.0, 1.0, 0.3])
    bands = []
    for side in SIDES:
        curve, thick = person.brow_curve(side), np.outer(half, (0.0, 1.0))
        bands.append(np.vstack([curve - thick, (curve + thick)[::-1]]))
    tone = min(person.hair_tone, 0.2 * person.skin)
    hairs = Image.fromarray((255 * np.clip(0.85 + 0.6 * grain, 0, 1)).astype(np.uint8))
    canvas.draw(bands, tone, 1.0, 0.35, within=hairs)


def _hair(person: Person, rng: np.random.Generator) -> Field:
    """Strands from the crown down along the head, or curls, as a fine map of reflectances."""
    x, y = grid(TEXELS)
    strand = (x - 6 * person.parting) / np.maximum(hair_outline(person, y), 14.0)
    strand = strand + 0.025 * np.sin(y / 7.0 + rng.uniform(0, 6.3))
    number = np.clip(200 + 160 * strand, 0, 399).astype(np.int32)
    locks = np.repeat(rng.random(40, np.float32), 10)
    strands = (0.5 * rng.random(400, np.float32) + 0.5 * locks)[number]
    curls = resample(rng.random((y.size // 6, x.size // 6), np.float32), (y.size, x.size))
    shine = 1 + 0.5 * np.exp(-(((y + 36.0) / 9.0) ** 2))
    texture = strands + person.hair.curl * (curls - strands)
    return np.asarray(person.hair_tone * shine * (0.35 + 1.3 * texture))
