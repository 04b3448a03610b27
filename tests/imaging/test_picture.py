"""Pictures from files, Pillow and arrays become one kind of array, or one clear error."""

import io
import os
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from kaggle_fkd.errors import MissingPictureError, PictureError
from kaggle_fkd.imaging.picture import read_picture

RAMP = np.arange(0, 240, dtype=np.uint8).reshape(12, 20)
RGB = np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1]], axis=2)


@given(
    arrays.arrays(
        np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3]))
    )
)
def test_a_picture_of_bytes_keeps_its_values(array):
    picture = read_picture(array)
    assert picture.shape == (*array.shape[:2], 3)
    assert picture.flags.c_contiguous
    assert (picture == array).all()


def test_grey_becomes_three_equal_bands():
    assert (read_picture(RAMP) == RAMP[:, :, None]).all()


def test_deep_and_float_arrays_become_bytes():
    assert (read_picture(RGB.astype(np.uint16) * 257) == RGB).all()
    assert (read_picture(RGB.astype(np.float32) / 255) == RGB).all()


def test_transparent_parts_become_white():
    alpha = np.zeros((12, 20, 1), np.uint8)
    alpha[:, 10:] = 255
    array = np.concatenate([RGB, alpha], axis=2)
    for source in (array, Image.fromarray(array)):
        picture = read_picture(source)
        assert (picture[:, :10] == 255).all()
        assert (picture[:, 10:] == RGB[:, 10:]).all()


def test_a_transparent_palette_becomes_white(tmp_path: Path):
    image = Image.frombytes("P", (2, 4), bytes([0, 1] * 4))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.save(tmp_path / "p.png", transparency=0)
    assert read_picture(tmp_path / "p.png")[0].tolist() == [[255, 255, 255], [200, 100, 50]]


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "1"])
def test_every_pillow_mode_is_read(mode: str):
    image = Image.fromarray(np.where(RAMP > 120, 255, 0).astype(np.uint8)).convert(mode)
    expected = np.asarray(image.convert("RGB"))
    assert (read_picture(image) == expected).all()


def test_a_grey_picture_with_premultiplied_transparency_is_read():
    image = Image.fromarray(RAMP).convert("LA")
    image.putalpha(255)
    assert (read_picture(image.convert("La")) == RAMP[:, :, None]).all()


@pytest.mark.parametrize("dtype", [np.uint16, np.int32])
def test_deep_grey_pillow_pictures_are_scaled(dtype: type, tmp_path: Path):
    image = Image.fromarray((RAMP.astype(np.int64) * 257).astype(dtype))
    assert (read_picture(image)[:, :, 0] == RAMP).all()
    image.save(tmp_path / "deep.tif")
    assert (read_picture(tmp_path / "deep.tif")[:, :, 1] == RAMP).all()


@pytest.mark.parametrize("mode", ["I", "I;16"])
def test_grey_pillow_pictures_of_8_bits_are_not_black_in_a_deep_mode(mode: str):
    image = Image.fromarray(RAMP).convert(mode)
    assert (read_picture(image)[:, :, 0] == RAMP).all()


def test_a_float_pillow_picture_is_read():
    image = Image.fromarray(RAMP.astype(np.float32) / 255)
    assert (read_picture(image)[:, :, 0] == RAMP).all()


def test_a_photograph_with_an_orientation_is_turned_upright(tmp_path: Path):
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned a quarter clockwise
    Image.fromarray(RGB).save(tmp_path / "turned.png", exif=exif)
    assert (read_picture(tmp_path / "turned.png") == np.rot90(RGB, -1)).all()


def test_a_progressive_jpeg_is_read(tmp_path: Path):
    Image.fromarray(RGB).save(tmp_path / "p.jpg", progressive=True, quality=95, subsampling=0)
    assert np.abs(read_picture(str(tmp_path / "p.jpg")).astype(int) - RGB).mean() < 6


def test_a_phones_photograph_with_a_preview_is_its_first_picture(tmp_path: Path):
    first, second = Image.fromarray(RGB), Image.new("RGB", (5, 5))
    first.save(tmp_path / "phone.mpo", save_all=True, append_images=[second])
    assert read_picture(tmp_path / "phone.mpo").shape == RGB.shape


def test_the_astronaut_needs_no_file():
    assert read_picture("astronaut").shape == (512, 512, 3)


@pytest.mark.parametrize(
    "array",
    [
        RAMP > 3,
        RAMP.astype(np.int64),
        RGB / 100.0,
        np.full((4, 4), np.nan),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((3, 40, 40), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros(7, np.uint8),
    ],
)
def test_arrays_that_are_not_pictures_are_rejected(array):
    with pytest.raises(PictureError, match="->"):
        read_picture(array)


def test_other_objects_are_rejected():
    with pytest.raises(PictureError, match="a list is not a picture"):
        read_picture([[1, 2], [3, 4]])  # type: ignore[arg-type]


def test_files_that_are_not_pictures_are_rejected_by_name(tmp_path: Path):
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "empty.png").touch()
    for name, says in (
        ("text.jpg", "not a picture"),
        ("empty.png", "0 bytes"),
        ("gone.png", "No such"),
    ):
        with pytest.raises(PictureError, match=says) as error:
            read_picture(tmp_path / name)
        assert name in error.value.problem
    with pytest.raises(PictureError, match="folder"):
        read_picture(tmp_path)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tif", ".gif"])
def test_a_truncated_file_is_rejected(suffix: str, tmp_path: Path):
    complete, cut = tmp_path / f"complete{suffix}", tmp_path / f"cut{suffix}"
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    Image.fromarray(noise).save(complete)
    assert read_picture(complete).shape == (60, 80, 3)
    cut.write_bytes(complete.read_bytes()[: complete.stat().st_size // 2])
    with pytest.raises(PictureError, match="cut"):
        read_picture(cut)


@pytest.mark.parametrize("name", ["film.gif", "film.png", "film.webp", "pages.tif"])
def test_animations_and_pages_are_rejected(name: str, tmp_path: Path):
    frames = [Image.fromarray(RGB), Image.fromarray(255 - RGB)]
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
    with pytest.raises(PictureError, match="2 frames or pages"):
        read_picture(tmp_path / name)


def test_a_frame_of_an_animation_that_pillow_has_opened_is_a_picture(tmp_path: Path):
    frames = [Image.fromarray(RGB), Image.fromarray(255 - RGB)]
    frames[0].save(tmp_path / "film.png", save_all=True, append_images=frames[1:])
    with Image.open(tmp_path / "film.png") as film:
        assert (read_picture(film) == RGB).all()
        film.seek(1)
        assert (read_picture(film) == 255 - RGB).all()


def test_a_large_picture_is_read_and_a_decompression_bomb_rejected(tmp_path: Path, monkeypatch):
    Image.fromarray(RGB).save(tmp_path / "bomb.png")  # 240 pixels
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 200)  # Pillow refuses twice as many
    assert read_picture(tmp_path / "bomb.png").shape == RGB.shape
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(PictureError, match="million pixels"):
        read_picture(tmp_path / "bomb.png")


def test_a_file_of_too_many_pixels_is_rejected_before_it_is_decoded(tmp_path: Path):
    Image.new("1", (8001, 8001)).save(tmp_path / "large.png")
    with pytest.raises(PictureError, match=r"large\.png has more than 64 million pixels"):
        read_picture(tmp_path / "large.png")


def test_a_pipe_or_a_device_is_not_a_picture(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    for name in ("pipe.png", "zero.png"):
        with pytest.raises(PictureError, match=f"cannot read .*{name}: not a regular file"):
            read_picture(tmp_path / name)


def test_a_missing_file_is_a_file_not_found_and_a_picture_error(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"gone\.png") as error:
        read_picture(tmp_path / "gone.png")
    assert isinstance(error.value, MissingPictureError)
    (tmp_path / "file.png").touch()
    with pytest.raises(PictureError) as error:
        read_picture(tmp_path / "file.png" / "below.png")
    assert not isinstance(error.value, FileNotFoundError)


def test_threads_that_read_files_leave_the_filters_of_warnings_as_they_were(tmp_path: Path):
    Image.fromarray(RGB).save(tmp_path / "a.png")
    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(read_picture, [tmp_path / "a.png"] * 400))
    assert warnings.filters == before


def damaged_files():
    """Contents for which Pillow raises other errors than OSError."""
    frames = [Image.new("P", (40, 30), index) for index in range(3)]
    gif, tiff = io.BytesIO(), io.BytesIO()
    frames[0].save(gif, "GIF", save_all=True, append_images=frames[1:])
    frames[0].convert("L").save(tiff, "TIFF", save_all=True, append_images=frames[1:])
    yield "cut.gif", gif.getvalue()[: len(gif.getvalue()) // 2]
    yield "cut.tif", tiff.getvalue()[:200]
    yield "header.ppm", b"P6 x y 255 abc"


@pytest.mark.parametrize(("name", "content"), list(damaged_files()))
def test_damage_of_every_kind_is_the_same_error(tmp_path: Path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PictureError, match=name.replace(".", r"\.")):
        read_picture(tmp_path / name)


def test_a_name_with_a_zero_byte_cannot_be_read():
    with pytest.raises(PictureError, match="cannot read"):
        read_picture("a\0b.png")


def test_sixteen_bits_of_either_byte_order_are_the_same_picture():
    grey = np.arange(600, dtype=np.uint16).reshape(20, 30) * 100
    np.testing.assert_array_equal(read_picture(grey), read_picture(grey.astype(">u2")))


def test_a_photograph_of_a_phone_is_read_or_called_by_its_format(tmp_path: Path, monkeypatch):
    from pillow_heif import from_pillow

    large = Image.fromarray(RGB).resize((80, 48))
    from_pillow(large).save(tmp_path / "a.HEIC", quality=95)
    difference = read_picture(tmp_path / "a.HEIC").astype(int) - np.asarray(large)
    assert np.abs(difference).mean() < 8
    with monkeypatch.context() as patch:
        patch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
        with pytest.raises(PictureError, match=r"a\.HEIC has more than 0 million pixels"):
            read_picture(tmp_path / "a.HEIC")
    large.save(tmp_path / "really.heic", format="jpeg")
    assert read_picture(tmp_path / "really.heic").shape == (48, 80, 3)
    (tmp_path / "sent.jpg").write_bytes((tmp_path / "a.HEIC").read_bytes())
    assert read_picture(tmp_path / "sent.jpg").shape == (48, 80, 3)
    (tmp_path / "cut.heic").write_bytes((tmp_path / "a.HEIC").read_bytes()[:100])
    with pytest.raises(PictureError, match=r"cut\.heic is damaged"):
        read_picture(tmp_path / "cut.heic")
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(PictureError, match=r"a\.HEIC is a HEIC picture.*pip install pillow-heif"):
        read_picture(tmp_path / "a.HEIC")


def test_an_address_is_no_file():
    with pytest.raises(PictureError, match=r"is an address.*download the picture first"):
        read_picture("https://example.org/a.jpg")


@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_a_pillow_picture_without_pixels_is_refused(size):
    with pytest.raises(PictureError, match="the Pillow picture has no pixels"):
        read_picture(Image.new("RGB", size))
