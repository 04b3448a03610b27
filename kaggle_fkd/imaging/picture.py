"""Pictures from files, Pillow and arrays in one array format.

The format is H x W x 3, RGB, uint8, C-contiguous, upright (EXIF orientation applied).
"""

import io
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from kaggle_fkd.errors import MissingPictureError, PictureError
from kaggle_fkd.system.reading import read_file

ASTRONAUT = "astronaut"
"""The name that stands for a photograph that comes with the package."""
ASTRONAUT_FILE = Path(__file__).resolve().with_name("astronaut.png")
"""Eileen Collins, photographed by NASA in 1993; in the public domain."""

FORMATS = ("BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
"""Pillow's formats that are read, without those that it passes to another program, as it does EPS
to Ghostscript. JPEG includes MPO."""
PICTURE_SUFFIXES = (
    ".bmp", ".gif", ".jfif", ".jpg", ".jpeg", ".jp2", ".mpo", ".pbm", ".pgm", ".png", ".ppm",
    ".tif", ".tiff", ".webp",
)  # fmt: skip
JPEG_QUALITY = 92
"""Of the JPEGs that are written, from 0 to 100."""
MAX_PIXELS = 64_000_000
"""Files with more pixels are not read: decoding takes up to 22 bytes for each of them."""
ADDRESSES = ("http://", "https://", "ftp://")
"""Beginnings of addresses on the internet."""
HEIC_SUFFIXES = (".heic", ".heif")
"""Photographs of phones, which Pillow cannot read."""
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
"""The kinds of ISO media files that they are (ISO/IEC 23008-12), at the ninth byte."""

Source = str | Path | Image.Image | NDArray[np.generic]
"""The types that `read_picture` takes."""

_READABLE = f"give a picture of one of these kinds: {', '.join(FORMATS)}"
_SHAPES = "give H x W (grey), H x W x 1, H x W x 3 (RGB) or H x W x 4 (RGBA)"


def read_picture(source: Source) -> NDArray[np.uint8]:
    """The picture as H x W x 3 RGB uint8, upright.

    `source` is a file, the name "astronaut", a Pillow picture of any mode, or an array of shape
    H x W, H x W x 1, H x W x 3 or H x W x 4, RGB order, uint8, uint16 (0..65535) or float (0..1).
    Transparent parts become white. An array that already has the format is returned itself,
    not a copy.

    Raises MissingPictureError (a PictureError and a FileNotFoundError) if there is no such file,
    and PictureError for a source that is not a picture or is damaged, for a file that is animated
    or has more than `MAX_PIXELS`, and for an array of another shape or type. Of an animation that
    Pillow has opened, it is the frame that was chosen there.
    """
    if isinstance(source, np.ndarray):
        return _from_array(np.asarray(source))
    if isinstance(source, Image.Image):
        return _from_pillow(source, "the Pillow picture")
    if not isinstance(source, str | Path):
        raise PictureError(f"a {type(source).__name__} is not a picture", _SHAPES)
    if str(source) == ASTRONAUT:
        return _from_file(ASTRONAUT_FILE)
    refuse_address(str(source))
    return _from_file(Path(source))


def refuse_address(text: str) -> None:
    """PictureError for an address on the internet."""
    if text.lower().startswith(ADDRESSES):
        raise PictureError(f"{text} is an address, not a file", "download the picture first")


def write_picture(picture: NDArray[np.uint8], file: Path | BinaryIO, kind: str) -> None:
    """Write an H x W x 3 picture as a file of that kind, jpeg or png; OSError if that fails."""
    Image.fromarray(picture).save(file, kind, quality=JPEG_QUALITY)


def grey_of(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """H x W grey values of H x W x 3 RGB: ITU-R 601, 0.299 R + 0.587 G + 0.114 B."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def decode_picture(content: bytes, name: str, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
    """The picture in a file's bytes, as `read_picture` gives it; errors call it `name`.

    One with more than `max_pixels` is refused before it is decoded.
    """
    if not content:
        raise PictureError(f"{name} is empty (0 bytes)", "copy or download it again")
    try:
        with _open(content, name) as image:
            if image.width * image.height > max_pixels:
                raise _too_large(name, max_pixels)
            # An MPO is a phone's photograph followed by previews or a depth map, not an animation.
            frames = getattr(image, "n_frames", 1)
            if frames > 1 and image.format != "MPO":
                raise PictureError(
                    f"{name} contains {frames} frames or pages",
                    "save one of them as a separate file",
                )
            return _from_pillow(image, name)
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise PictureError(f"{name} is not a picture, or is damaged", _READABLE) from error
    except Image.DecompressionBombError as error:
        raise _too_large(name, 2 * (Image.MAX_IMAGE_PIXELS or 0)) from error
    # For damaged bytes decoders raise OSError, SyntaxError, struct.error, zlib.error and others.
    except Exception as error:
        raise _damaged(name, error) from error


def _open(content: bytes, name: str) -> Image.Image:
    """The picture in a file's bytes, whatever its name says; of a HEIC, only the header is read."""
    if content[4:8] != b"ftyp" or content[8:12] not in HEIC_BRANDS:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    try:
        from pillow_heif import HeifImageFile
    except ImportError as error:
        raise PictureError(
            f"{name} is a HEIC picture, which Pillow cannot read",
            "pip install pillow-heif, or convert it to JPEG",
        ) from error
    image: Image.Image = HeifImageFile(io.BytesIO(content))
    if image.width * image.height > 2 * (Image.MAX_IMAGE_PIXELS or float("inf")):
        raise Image.DecompressionBombError
    return image


def _from_file(path: Path) -> NDArray[np.uint8]:
    if path.is_dir():
        raise PictureError(f"{path} is a folder", "give the file of a picture")
    try:
        content = read_file(path)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise unreadable(path, error) from error
    return decode_picture(content, str(path))


def unreadable(path: Path, error: Exception) -> PictureError:
    """What to raise when a file cannot be read: a MissingPictureError if it does not exist."""
    problem = f"cannot read {path}: {getattr(error, 'strerror', None) or error}"
    if isinstance(error, FileNotFoundError):
        return MissingPictureError(problem, "check the path")
    return PictureError(problem, "check the path and its permissions")


def _too_large(name: str, max_pixels: int) -> PictureError:
    millions = max_pixels // 1_000_000
    return PictureError(f"{name} has more than {millions} million pixels", "reduce its size first")


def _damaged(name: str, error: Exception) -> PictureError:
    return PictureError(f"{name} is damaged or cut off: {error}", "copy or download it again")


def _from_pillow(image: Image.Image, name: str) -> NDArray[np.uint8]:
    try:
        if 0 in image.size:
            raise PictureError(f"{name} has no pixels: {image.width} x {image.height}", _SHAPES)
        image = ImageOps.exif_transpose(image)
        if image.mode in ("I", "F") or image.mode.startswith("I;16"):
            return _from_deep(image, name)
        if image.mode == "La":
            image = image.convert("LA")  # Pillow converts it to nothing else
        if image.has_transparency_data:
            image = image.convert("RGBA")
            white = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(white, image)
        return np.array(image.convert("RGB"))
    except (PictureError, Image.DecompressionBombError):
        raise
    except Exception as error:
        raise _damaged(name, error) from error


def _from_deep(image: Image.Image, name: str) -> NDArray[np.uint8]:
    """The array of a grey Pillow picture of more than 8 bits: integers to 65535, or floats 0..1.

    Integers to 255 are 8 bits: with 16, they would all be black.
    """
    if image.mode == "F":
        return _from_array(np.asarray(image), name)
    grey = np.asarray(image).astype(np.int64)
    kind = np.uint8 if grey.max(initial=0) <= 255 else np.uint16
    return _from_array(grey.clip(0, 65535).astype(kind), name)


def _from_array(array: NDArray[np.generic], name: str = "the array") -> NDArray[np.uint8]:
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4) or array.size == 0:
        raise PictureError(f"{name} of shape {array.shape} is not a picture", _SHAPES)
    pixels = _as_uint8(array, name)
    if pixels.shape[2] == 1:
        pixels = pixels.repeat(3, axis=2)
    elif pixels.shape[2] == 4:
        alpha = pixels[:, :, 3:].astype(np.float32) / 255
        pixels = np.rint(255 + alpha * (pixels[:, :, :3].astype(np.float32) - 255))
    return np.ascontiguousarray(pixels, dtype=np.uint8)


def _as_uint8(array: NDArray[np.generic], name: str) -> NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array.astype(np.uint8, copy=False)
    if array.dtype.kind == "u" and array.dtype.itemsize == 2:  # of either byte order
        return ((array.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if not np.issubdtype(array.dtype, np.floating):
        raise PictureError(
            f"{name} is of type {array.dtype}", "give uint8, uint16, or floats from 0 to 1"
        )
    values = array.astype(np.float64)  # a copy
    if not (values.min() >= 0 and values.max() <= 1):  # written so that NaN fails, too
        raise PictureError(
            f"{name} has floats outside 0..1, or NaN", "divide by 255, or convert it to uint8"
        )
    values *= 255
    return np.rint(values, out=values).astype(np.uint8)
