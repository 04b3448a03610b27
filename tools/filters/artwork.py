"""The artwork of the package's filters: sunglasses, hat, moustache and carnival mask.

Each function paints on a `Canvas`, in the units of the generic head: the eyes are at (-0.36, 0)
and (0.36, 0), the base of the nose is at (0, 0.5), the chin at (0, 1.3).
"""

import numpy as np

from tools.filters.canvas import Canvas, Plane, Points, both_sides, curve, mirrored

BLACK = (0.05, 0.05, 0.06)
WHITE = (1.0, 1.0, 1.0)
FELT = (0.66, 0.45, 0.27)
RIBBON = (0.36, 0.07, 0.10)
HAIR = (0.27, 0.15, 0.08)
VELVET = (0.36, 0.10, 0.50)
GOLD = (0.93, 0.74, 0.30)
GRAIN_STEP = 8
"""Colours with grain are rounded to multiples of this, out of 255; this is invisible, and the PNGs
of the hat and the mask take 383 kB instead of 595 kB."""


def sunglasses() -> Canvas:
    """Dark lenses in a black frame, with a sheen; as wide as the face, with arms that fade away."""
    canvas = Canvas(-1.05, -0.42, 1.05, 0.52)
    rim = curve([(0.09, -0.10), (0.14, -0.20), (0.43, -0.25), (0.76, -0.23), (0.83, -0.13),
                 (0.77, 0.11), (0.60, 0.26), (0.36, 0.26), (0.16, 0.11)], closed=True)  # fmt: skip
    lens = _shrunk(rim, 0.045)
    arm = np.array([(0.74, -0.205), (1.02, -0.155), (1.02, -0.095), (0.77, -0.10)])
    bridge = both_sides([(0, -0.135), (0.13, -0.14), (0.15, -0.06), (0.08, -0.075), (0, -0.085)])
    frame = canvas.area(bridge)
    for side in (rim, mirrored(rim), arm, mirrored(arm)):
        frame = np.maximum(frame, canvas.area(side))
    frame = frame * _fade(np.abs(canvas.x), 1.0, 0.88)  # the ends of the arms are behind the face
    _drop_shadow(canvas, frame, 0.03, 0.04)
    # The frame turns grey towards its upper edge, as if it were round and lit from above.
    canvas.paint(frame, BLACK, light=1 + 2.2 * _fade(canvas.y, -0.10, -0.22))
    for outline in (lens, mirrored(lens)):
        glass = canvas.area(outline)
        canvas.erase(glass)
        canvas.paint(glass, (0.07, 0.09, 0.11), alpha=0.97 - 0.22 * _fade(canvas.y, -0.05, 0.25))
        middle = outline[:, 0].mean()
        slope = canvas.x - middle + 0.6 * canvas.y
        stripes = _fade(np.abs(slope + 0.14), 0.075, 0.055) + _fade(
            np.abs(slope + 0.015), 0.028, 0.012
        )
        canvas.paint(glass * stripes, WHITE, alpha=0.20 * _fade(canvas.y, 0.24, -0.20))
        canvas.paint(canvas.stroke(outline, 0.008, closed=True), WHITE, alpha=0.18)
    for hinge in (-0.775, 0.775):
        canvas.paint(canvas.area(_ellipse(hinge, -0.17, 0.022, 0.012)), GOLD)
    return canvas


def hat() -> Canvas:
    """A felt hat with a dented crown and a ribbon; its shadow falls on the forehead."""
    canvas = Canvas(-1.75, -2.25, 1.75, -0.25)
    brim = both_sides([(0, -0.56), (0.55, -0.585), (1.05, -0.68), (1.42, -0.84), (1.60, -0.99),
                       (1.50, -1.04), (1.15, -1.01), (0.6, -0.97), (0, -0.96)])  # fmt: skip
    crown = both_sides([(0, -0.78), (0.55, -0.81), (0.96, -0.88), (0.98, -1.10), (0.90, -1.50),
                        (0.74, -1.85), (0.46, -2.01), (0.20, -1.96), (0, -1.90)])  # fmt: skip
    silhouette = np.maximum(canvas.area(brim), canvas.area(crown))
    _drop_shadow(canvas, silhouette, 0.05, 0.09)
    # The brim is lit from above, and darker where it curls at the sides and under the crown.
    sides = 1 - 0.30 * _fade(np.abs(canvas.x), 0.8, 1.6)
    canvas.paint(
        canvas.area(brim), FELT, light=sides * (0.80 + 0.30 * _fade(canvas.y, -0.95, -0.60))
    )
    edge = curve([(-1.58, -0.985), (-1.05, -0.69), (-0.55, -0.60), (0, -0.575), (0.55, -0.60),
                  (1.05, -0.69), (1.58, -0.985)])  # fmt: skip
    canvas.paint(canvas.stroke(edge, 0.022), FELT, light=0.55)
    contact = canvas.blurred(canvas.area(crown), 0.05)
    canvas.paint(contact * canvas.area(brim), BLACK, alpha=0.55)
    body = canvas.area(crown)
    round_light = 1.12 - 0.50 * (np.abs(canvas.x + 0.22) / 1.15) ** 2
    canvas.paint(body, FELT, light=round_light)
    dent = canvas.blurred(canvas.area(curve([(0, -1.93), (0.10, -1.70), (0.03, -1.40),
                                             (-0.06, -1.70)], closed=True)), 0.05)  # fmt: skip
    canvas.paint(dent * body, BLACK, alpha=0.38)
    for x in (-0.47, 0.47):
        pinch = canvas.blurred(canvas.area(_ellipse(x, -1.72, 0.10, 0.20)), 0.07)
        canvas.paint(pinch * body, BLACK if x > 0 else WHITE, alpha=0.22 if x > 0 else 0.16)
    # Level lines on the crown are arcs, as its lower edge is.
    level = canvas.y + 0.1 * canvas.x**2
    ribbon = body * _fade(level, -1.015, -1.005)
    canvas.paint(ribbon, RIBBON, light=round_light * 1.15)
    for height in (-0.995, -0.81):
        canvas.paint(body * _fade(np.abs(level - height), 0.012, 0.006), BLACK, alpha=0.35)
    _add_grain(canvas, body + canvas.area(brim) * (1 - body) - ribbon, 0.05)
    return canvas


def moustache() -> Canvas:
    """A handlebar moustache, hair by hair."""
    canvas = Canvas(-0.75, 0.30, 0.75, 0.95)
    upper = curve([(0.0, 0.575), (0.10, 0.548), (0.24, 0.585), (0.37, 0.655), (0.49, 0.645),
                   (0.555, 0.565), (0.545, 0.48)])  # fmt: skip
    lower = curve([(0.0, 0.665), (0.08, 0.70), (0.22, 0.735), (0.37, 0.745), (0.51, 0.70),
                   (0.585, 0.59), (0.545, 0.48)])  # fmt: skip
    outline = np.concatenate([upper, lower[::-1]])
    shape = np.maximum(canvas.area(outline), canvas.area(mirrored(outline)))
    _drop_shadow(canvas, shape, 0.02, 0.025)
    canvas.paint(canvas.blurred(shape, 0.006), HAIR, light=0.75)
    random = np.random.default_rng(7)
    hairs, tones = [], []
    for _ in range(450):
        share = random.uniform(-0.02, 1.02)
        start = int(random.uniform(0, 0.75) * len(upper))
        end = min(len(upper), start + int(random.uniform(0.15, 0.45) * len(upper)))
        drift = share + random.normal(0, 0.06) * np.linspace(0, 1, end - start)[:, None]
        hair = (1 - drift) * upper[start:end] + drift * lower[start:end]
        # Hairs near the upper edge catch the light.
        tone = random.uniform(0.65, 1.3) + 0.6 * max(1 - share, 0) ** 2
        hairs += [hair, mirrored(hair)]
        tones += [tone, tone]
    cover, light = canvas.hatching(hairs, tones, 0.005)
    canvas.paint(cover, HAIR, light=light, alpha=0.8)
    parting = canvas.blurred(canvas.area(_ellipse(0, 0.615, 0.012, 0.055)), 0.012)
    canvas.paint(parting, BLACK, alpha=0.5)
    return canvas


def mask() -> Canvas:
    """A carnival mask of velvet with golden trimmings and stones."""
    canvas = Canvas(-1.25, -0.95, 1.25, 0.60)
    outline = both_sides([(0, -0.36), (0.17, -0.40), (0.42, -0.47), (0.72, -0.56), (1.06, -0.78),
                          (1.00, -0.42), (0.86, -0.05), (0.70, 0.21), (0.45, 0.30), (0.24, 0.25),
                          (0.13, 0.13), (0.065, 0.22), (0, 0.25)])  # fmt: skip
    eye = curve([(0.155, 0.03), (0.26, -0.10), (0.42, -0.125), (0.58, -0.05), (0.60, 0.0),
                 (0.50, 0.085), (0.36, 0.11), (0.24, 0.09)], closed=True)  # fmt: skip
    body, holes = canvas.area(outline), np.maximum(canvas.area(eye), canvas.area(mirrored(eye)))
    _drop_shadow(canvas, body, 0.03, 0.04)
    canvas.paint(body, VELVET, light=1.25 - 0.55 * np.abs(canvas.x) - 0.45 * (canvas.y + 0.1))
    sheen = canvas.blurred(canvas.area(_ellipse(-0.30, -0.32, 0.26, 0.07)), 0.06)
    canvas.paint(sheen * body, WHITE, alpha=0.20)
    _add_grain(canvas, body, 0.04)
    scroll = curve([(0.22, -0.22), (0.36, -0.33), (0.55, -0.37), (0.76, -0.44), (0.90, -0.60)])
    curl = curve([(0.70, 0.08), (0.79, -0.06), (0.86, -0.24), (0.82, -0.36), (0.73, -0.34),
                  (0.72, -0.25), (0.78, -0.23)])  # fmt: skip
    for line in (scroll, mirrored(scroll), curl, mirrored(curl)):
        _gild(canvas, line, 0.020, closed=False)
    for line in (outline, eye, mirrored(eye)):
        _gild(canvas, line, 0.034, closed=True)
    inner = np.maximum(canvas.area(_shrunk(eye, 0.012)), canvas.area(mirrored(_shrunk(eye, 0.012))))
    canvas.erase(np.minimum(holes, inner))
    for x, y, size in ((0, -0.27, 0.065), (0.55, -0.25, 0.03), (-0.55, -0.25, 0.03),
                       (0.93, -0.64, 0.035), (-0.93, -0.64, 0.035)):  # fmt: skip
        _set_stone(canvas, x, y, size)
    return canvas


def _fade(values: Plane, start: float, end: float) -> Plane:
    """0 up to `start`, 1 from `end` on, with a smooth transition between them."""
    share = np.clip((values - start) / (end - start), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def _shrunk(outline: Points, width: float) -> Points:
    """The closed outline, moved inwards by `width` head units."""
    ahead, behind = np.roll(outline[:-1], -1, axis=0), np.roll(outline[:-1], 1, axis=0)
    along = ahead - behind
    normal = np.column_stack([-along[:, 1], along[:, 0]])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    # The sign of the area tells in which direction the outline runs.
    turn = np.sign(np.sum(outline[:-1, 0] * ahead[:, 1] - outline[:-1, 1] * ahead[:, 0]))
    moved = outline[:-1] + turn * width * normal
    return np.concatenate([moved, moved[:1]])


def _ellipse(x: float, y: float, width: float, height: float) -> Points:
    angle = np.linspace(0, 2 * np.pi, 90)
    return np.column_stack([x + width * np.cos(angle), y + height * np.sin(angle)])


def _drop_shadow(canvas: Canvas, shape: Plane, blur: float, drop: float) -> None:
    """A soft shadow below the shape, which has to be painted before the shape itself."""
    rows = round(drop * canvas.to_pixels(canvas.corner + 1)[0])
    fallen = np.zeros_like(shape)
    fallen[rows:] = shape[:-rows]
    canvas.paint(canvas.blurred(fallen, blur), BLACK, alpha=0.42)


def _add_grain(canvas: Canvas, plane: Plane, strength: float) -> None:
    """Fine light and dark specks, like those of cloth."""
    random = np.random.default_rng(3)
    noise = canvas.blurred(random.normal(0, 1, plane.shape).astype(np.float32), 0.004)
    noise *= strength / noise.std()
    canvas.paint(plane, WHITE, alpha=np.clip(noise, 0, 1))
    canvas.paint(plane, BLACK, alpha=np.clip(-noise, 0, 1))
    canvas.round_colours(plane, GRAIN_STEP)


def _gild(canvas: Canvas, line: Points, width: float, closed: bool) -> None:
    """A golden cord: dark edge, gold, and a line of light on its upper side."""
    canvas.paint(canvas.stroke(line, width + 0.012, closed), BLACK, alpha=0.45)
    canvas.paint(canvas.stroke(line, width, closed), GOLD, light=0.88)
    canvas.paint(canvas.stroke(line - [0.002, 0.004], width / 3, closed), (1.0, 0.93, 0.70))


def _set_stone(canvas: Canvas, x: float, y: float, size: float) -> None:
    """A round red stone in a golden setting."""
    canvas.paint(canvas.area(_ellipse(x, y, size + 0.022, size + 0.022)), GOLD, light=0.85)
    stone = canvas.area(_ellipse(x, y, size, size))
    canvas.paint(stone, (0.80, 0.06, 0.16), light=1.15 - 3 * (canvas.y - y) * 0.2 / size)
    spark = canvas.area(_ellipse(x - 0.35 * size, y - 0.38 * size, 0.26 * size, 0.18 * size))
    canvas.paint(spark, WHITE, alpha=0.85)
