"""A picture of an invented person, with its true keypoints: pose, light, background and noise."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from scipy import ndimage

from kaggle_fkd.competition.sample.anatomy import CURVE, SIDES, Points, draw_person, moved
from kaggle_fkd.competition.sample.paint import paint
from kaggle_fkd.competition.sample.relief import (
    HEIGHT,
    LEFT,
    TEXELS,
    TOP,
    WIDTH,
    Field,
    hair_mask,
    heights_at,
    resample,
    sculpt,
)
from kaggle_fkd.competition.tables import SIDE
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.imaging.sample_mark import with_mark
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.system.console import progress

_FINE = 1.5
"""The scene is rendered with this number of rays per pixel, in x and in y."""
_RAYS = round(SIDE * _FINE)
"""Number of rays in x and in y."""
_BEHIND = -50.0
"""Depth of the background plane, in face units: rays end there, behind the ears."""
_PIVOT = np.array([0.0, 19.0, -12.0])
"""The head turns about this point, in face units, and the picture is centred on it."""


@dataclass(frozen=True)
class Portrait:
    """A picture and its true keypoints."""

    image: NDArray[np.uint8]
    """SIDE x SIDE, grey."""
    labels: NDArray[np.float32]
    """C x K x 2: pixels in each convention of KAGGLE15, NaN for points it does not mark."""


def portrait(seed: int, index: int) -> Portrait:
    """Face `index` of the sequence generated from `seed`."""
    rng = np.random.default_rng([seed, index])
    person, camera = draw_person(rng), _draw_camera(rng)
    hair = hair_mask(person, rng)
    coarse_hair = resample(hair, (HEIGHT, WIDTH))
    bare, height = sculpt(person, coarse_hair)
    light = _shade(height, coarse_hair, rng)
    texture = paint(person, hair, rng) * resample(light, hair.shape)
    scene = _background(rng)
    camera.render(resample(height, hair.shape), texture, scene)
    if person.glasses != "none":
        scene = _glasses(scene, person.glasses == "dark", camera, rng)
    points = person.keypoints()
    pixels = camera.project(np.column_stack([points, heights_at(bare, points)]))
    return Portrait(_photograph(scene, (person.skin / 0.6) ** 0.4, rng), _labels(pixels))


def empty_picture(seed: int, index: int) -> NDArray[np.uint8]:
    """A SIDE x SIDE picture without a face."""
    rng = np.random.default_rng([seed, index])
    return _photograph(_background(rng), 1.0, rng)


def sample_faces(count: int, seed: int) -> FaceDataset:
    """`count` generated faces with the exact keypoints of convention A; their ids count from 0.

    Face i depends only on `seed` and i, so the first faces are the same for any `count`.
    """
    images = np.empty((count, SIDE, SIDE), np.uint8)
    keypoints = np.empty((count, len(KAGGLE15.names), 2), np.float32)
    for index in progress(range(count), "drawing sample faces"):
        face = portrait(seed, index)
        images[index], keypoints[index] = face.image, face.labels[0]
    return FaceDataset(KAGGLE15, images, keypoints, np.zeros(count, np.int8), np.arange(count))


def _labels(pixels: Points) -> NDArray[np.float32]:
    """2 x K x 2, the labels in both conventions, from the 17 x 2 points of `Person.keypoints`."""
    labels = np.full((2, len(KAGGLE15.names), 2), np.nan, np.float32)
    labels[0] = pixels[:-2]
    *same, nose, lip = KAGGLE15.conventions[1].keypoints
    labels[1, same] = pixels[same]
    labels[1, [nose, lip]] = pixels[-2:]
    return labels


@dataclass(frozen=True)
class Camera:
    """An orthographic camera: the rotation of the head, and its place in the picture."""

    rotation: NDArray[np.float64]
    """3 x 3, from face coordinates to those of the camera, which looks along its z axis."""
    scale: float
    """Pixels per face unit."""
    centre: NDArray[np.float64]
    """x and y, in pixels, at which the pivot appears."""

    def project(self, points: NDArray[np.float64]) -> Points:
        """The positions in the picture, P x 2 in pixels, of P x 3 points of the head."""
        return np.asarray((points - _PIVOT) @ self.rotation[:2].T * self.scale + self.centre)

    def render(self, height: Field, texture: Field, scene: Field) -> None:
        """Draw the head over `scene`, in place; `height` and `texture` are fine maps.

        At height z, a ray is at `column + z * slope[0]`, `row + z * slope[1]` of the maps. It is
        followed through a stack of levels, and its foremost crossing is interpolated.
        """
        row, column, slope = self._rays()
        width = height.shape[1]
        top = float(height.max()) + 0.1
        # A step moves a ray by at most five texels, so that it cannot jump over a nose.
        count = int((top - _BEHIND) * np.abs(slope).max() / 5.0) + 4
        step = (top - _BEHIND) / (count - 1)
        hit = np.full(scene.shape, _BEHIND, np.float32)
        behind = np.zeros_like(scene)
        for level in np.linspace(_BEHIND, top, count, dtype=np.float32):
            rows = np.clip(row + level * slope[1], 0, height.shape[0] - 1).astype(np.int32)
            columns = np.clip(column + level * slope[0], 0, width - 1).astype(np.int32)
            gap = level - height.take(rows * width + columns)
            crossed = (gap > 0) & (behind < 0)
            hit = np.where(crossed, level - step * gap / (gap - behind + 1e-6), hit)
            behind = gap
        seen = hit > _BEHIND
        hit = hit[seen]
        position = np.stack([row[seen] + slope[1] * hit, column[seen] + slope[0] * hit])
        scene[seen] = ndimage.map_coordinates(texture, position, order=1, mode="nearest")

    def _rays(self) -> tuple[Field, Field, Field]:
        """Row and column of the fine maps at which each ray is at height 0, and the rays' slope."""
        inverse = np.linalg.inv(self.rotation[:2, :2])
        slope = -inverse @ self.rotation[:2, 2]
        origin = TEXELS * (_PIVOT[:2] - _PIVOT[2] * slope - (LEFT, TOP)) - 0.5
        pixel = (np.arange(_RAYS) + 0.5) / _FINE - 0.5
        x, y = ((pixel - self.centre[:, None]) * (TEXELS / self.scale)).astype(np.float32)
        (xx, xy), (yx, yy) = inverse.tolist()
        column = xx * x + float(origin[0]) + (xy * y)[:, None]
        row = yx * x + float(origin[1]) + (yy * y)[:, None]
        return row, column, (slope * TEXELS).astype(np.float32)


def _draw_camera(rng: np.random.Generator) -> Camera:
    """A random pose, framed as Kaggle's crops are."""
    yaw, pitch, roll = np.radians(np.clip(rng.normal(0, (13, 7, 6)), -32, 32))
    turn, nod = _rotation(yaw, 0, 2), _rotation(pitch, 1, 2)
    tilt = _rotation(-roll, 0, 1)
    scale = float(np.clip(rng.normal(1.0, 0.06), 0.84, 1.16))
    offset = np.clip(1.5 * rng.standard_t(4, 2), -15, 15)  # a few crops are off-centre
    return Camera(tilt @ nod @ turn, scale, np.array([48.0, 56.0]) + offset)


def _rotation(angle: float, first: int, second: int) -> NDArray[np.float64]:
    """3 x 3, the rotation by `angle` radians that turns the axis `second` towards `first`."""
    matrix = np.eye(3)
    matrix[[first, second], [first, second]] = np.cos(angle)
    matrix[first, second], matrix[second, first] = np.sin(angle), -np.sin(angle)
    return matrix


def _shade(height: Field, hair: Field, rng: np.random.Generator) -> Field:
    """The light that reaches the head, as a coarse map: a lamp, its shadows, and daylight."""
    azimuth, rise = rng.normal(0, 0.6), rng.uniform(-0.1, 1.0)
    lamp = np.array([np.sin(azimuth) * np.cos(rise), -np.sin(rise), 0.0])
    lamp[2] = max(np.cos(azimuth) * np.cos(rise), 0.35)
    lamp = (lamp / np.linalg.norm(lamp)).astype(np.float32)
    halfway = lamp + np.array([0, 0, 1], np.float32)
    halfway /= np.linalg.norm(halfway)
    daylight = rng.uniform(0.2, 0.5)

    z = ndimage.gaussian_filter(np.maximum(height, -45), 0.7)
    dy, dx = np.gradient(z)
    upright = 1 / np.sqrt(dx * dx + dy * dy + 1)
    facing = (lamp[2] - lamp[0] * dx - lamp[1] * dy) * upright
    facing += 0.6 * hair * (0.5 - facing)  # hair scatters light
    lit = np.clip((facing + 0.25) / 1.25, 0, 1) * (1 - 0.75 * _shadow(z, lamp))
    hollow = np.clip(1 + 0.045 * (z - ndimage.uniform_filter(z, 13)), 0.45, 1.15)
    gleam = np.clip((halfway[2] - halfway[0] * dx - halfway[1] * dy) * upright, 0, 1) ** 24
    indirect = daylight * hollow * (0.6 + 0.4 * upright)
    direct = (1.25 - daylight) * lit * (0.5 + 0.5 * hollow)
    return np.asarray(indirect + direct + rng.uniform(0.0, 0.25) * gleam * lit)


def _shadow(z: Field, lamp: Field) -> Field:
    """1 where the relief `z` casts a shadow on itself, 0 elsewhere, with soft edges."""
    above = np.zeros_like(z)
    for step in (2, 4, 6, 9, 12, 16, 20):
        dx, dy = np.rint(step * lamp[:2]).astype(int)
        np.maximum(above, np.roll(z, (-dy, -dx), (0, 1)) - z - step * lamp[2], out=above)
    return np.asarray(ndimage.gaussian_filter(np.clip(above / 5.0, 0, 1), 1.0))


def _background(rng: np.random.Generator) -> Field:
    """A background out of focus: a plain wall, a gradient, or clutter."""
    cells = (2, 3, 5, 9)[rng.integers(4)]
    clouds = Image.fromarray(rng.random((cells, cells), np.float32) - 0.5)
    clouds = clouds.resize((_RAYS, _RAYS), Image.Resampling.BICUBIC)
    scene = 0.02 + 0.8 * rng.random() ** 2 + rng.uniform(0.0, 0.4) * np.asarray(clouds)
    if rng.random() < 0.5:
        clutter = Image.new("F", (_RAYS, _RAYS))
        draw = ImageDraw.Draw(clutter)
        for _ in range(rng.integers(3, 12)):
            corner, extent = rng.uniform(-0.3, 1.0, 2), rng.uniform(0.05, 0.6, 2)
            box = _RAYS * np.concatenate([corner, corner + extent])
            draw.rectangle(box.tolist(), fill=rng.uniform(-0.3, 0.3))
        scene += ndimage.gaussian_filter(np.asarray(clutter), rng.uniform(0.5, 4))
    return np.asarray(np.clip(scene, 0, 1), np.float32)


def _glasses(scene: Field, dark: bool, camera: Camera, rng: np.random.Generator) -> Field:
    """The scene with clear or dark glasses in front of the eyes."""
    half_width, half_height = rng.uniform(9.8, 11.5), rng.uniform(6.5, 9.0)
    square = rng.uniform(0.5, 1.0)
    turn = np.linspace(0, 2 * np.pi, 40)
    x, y = (np.sign(wave) * np.abs(wave) ** square for wave in (np.cos(turn), np.sin(turn)))
    rim = np.column_stack([half_width * x, half_height * y + 1.2])
    thickness = int(rng.integers(1, 4))

    def path(points: Points) -> list[float]:
        z = 5.0 - 7.0 * (points[:, 0] / 28.0) ** 2
        pixels = camera.project(np.column_stack([points, z]))
        return list(((pixels + 0.5) * _FINE - 0.5).ravel())

    lenses, frame = Image.new("L", scene.shape[::-1]), Image.new("L", scene.shape[::-1])
    pen = ImageDraw.Draw(frame)
    for side in SIDES:
        ring = path(moved(rim, side * 17.8, 0.0))
        ImageDraw.Draw(lenses).polygon(ring, fill=255)
        pen.line(ring, fill=255, width=thickness, joint="curve")
    bridge = np.column_stack([(18.2 - half_width) * CURVE, 1.5 * CURVE**2 - 3.0])
    pen.line(path(bridge), fill=255, width=thickness, joint="curve")
    glass = np.asarray(lenses, np.float32) / 255
    metal = np.asarray(frame.filter(ImageFilter.GaussianBlur(0.7)), np.float32) / 255
    sky = np.linspace(0.07, -0.03, len(scene), dtype=np.float32)[:, None].clip(0.004)
    scene = scene + glass * (0.96 * (sky - scene) if dark else 0.03)
    return scene + metal * ((0.01 if dark else rng.uniform(0.01, 0.2)) - scene)


def _photograph(scene: Field, exposure: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """The scene as a cheap camera takes it: focus, exposure, noise, JPEG, and the sample mark."""
    blur = (0.4, 0.45, 0.5, 0.7, 1.1)[rng.integers(5)]
    image = ndimage.gaussian_filter(resample(scene, (SIDE, SIDE)), blur)
    bright = np.percentile(image[24:84, 22:74], 80)
    image *= exposure * rng.uniform(0.45, 0.9) / bright
    grey = 255 * (1 - np.exp(-1.5 * image)) ** (1 / rng.uniform(0.95, 1.6))
    grey += (1.0, 1.0, 2.0, 4.0)[rng.integers(4)] * rng.standard_normal(grey.shape, np.float32)
    stream = io.BytesIO()
    picture = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
    picture.save(stream, "JPEG", quality=int(rng.integers(60, 96)))
    return with_mark(np.asarray(Image.open(stream)))
