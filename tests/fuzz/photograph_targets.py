"""What photographs, videos and tables are made from: pictures, filters, networks and lists."""

import json
import zlib
from fractions import Fraction
from functools import cache
from pathlib import Path
from shutil import copy
from typing import Any

import numpy as np
import onnx
from fuzz.target import Target
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from pillow_heif import from_pillow
from support.made_up_faces import a_face_of_68
from support.posed_faces import face_of

from kaggle_fkd.imaging.picture import read_picture
from kaggle_fkd.inference.metadata import KEYPOINTS, NetworkMetadata
from kaggle_fkd.inspection.responses import InspectedNetwork
from kaggle_fkd.keypoints import IBUG68, KAGGLE15
from kaggle_fkd.photo.input_files import PICTURES, files_of
from kaggle_fkd.photo.open_networks import open_networks
from kaggle_fkd.photo.overlay.builtin import FOLDER as FILTERS
from kaggle_fkd.photo.overlay.filter import load_filter
from kaggle_fkd.photo.overlay.wear import apply_filter
from kaggle_fkd.photo.parquet.part import PartWriter
from kaggle_fkd.photo.parquet.rows import face_rows, failure_row
from kaggle_fkd.photo.parquet.table import begin_table
from kaggle_fkd.photo.video.encode import write_video
from kaggle_fkd.photo.video.frames import open_video, require_av
from kaggle_fkd.web.runtime import BINARY, SCRIPT, Runtime

PICTURE = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
SHAPE = a_face_of_68() / 4 + (40, 25)
FACES = [
    face_of(SHAPE, PICTURE, IBUG68), face_of(KAGGLE15.from_ibug68(SHAPE), PICTURE, KAGGLE15)
]  # fmt: skip
PNG_START = 8
"""Bytes before the first chunk of a PNG."""
SIDE = 96
"""Pixels of a side of a network's chips."""


def _write_pictures(folder: Path) -> None:
    picture = Image.fromarray(PICTURE).resize((24, 18))
    for suffix in ("png", "jpg", "gif", "webp", "tif", "bmp", "ppm", "jp2"):
        picture.save(folder / f"picture.{suffix}")
    picture.save(folder / "progressive.jpg", progressive=True, exif=Image.Exif())
    picture.save(folder / "phone.mpo", save_all=True, append_images=[picture])
    picture.convert("P").save(folder / "palette.png", transparency=3)
    picture.convert("CMYK").save(folder / "print.jpg")
    picture.save(folder / "packed.tif", compression="tiff_lzw")
    Image.fromarray(PICTURE[..., 0].astype(np.uint16) * 256).save(folder / "deep.png")
    Image.fromarray(PICTURE[..., 0] / np.float32(255)).save(folder / "floats.tif")
    from_pillow(picture).save(folder / "phone.heic")


def _read_signed_png(folder: Path, file: Path) -> object:
    """A picture that is read after the checksums of its chunks were made right."""
    if file.is_file():
        content, start = bytearray(file.read_bytes()), PNG_START
        while start + 12 <= len(content):
            end = start + 8 + int.from_bytes(content[start : start + 4], "big")
            content[end : end + 4] = zlib.crc32(content[start + 4 : end]).to_bytes(4, "big")
            start = end + 4
        file.write_bytes(content)
    return read_picture(file)


def _write_videos(folder: Path) -> None:
    av = require_av()
    codecs = {"mp4": "libx264", "mov": "mpeg4", "avi": "mjpeg", "mkv": "ffv1", "webm": "libvpx",
              "mpg": "mpeg1video"}  # fmt: skip
    for suffix, codec in codecs.items():
        with av.open(str(folder / f"clip.{suffix}"), "w") as output:
            video: Any = output.add_stream(codec, rate=25)
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
            if codec == "mjpeg":
                video.pix_fmt = "yuvj420p"
            sound: Any = output.add_stream("aac", rate=8000) if suffix == "mp4" else None
            for number in range(6):
                frame = av.VideoFrame.from_ndarray(np.roll(PICTURE[:48, :64], number, 1), "rgb24")
                output.mux(video.encode(frame))
                if sound:
                    samples = av.AudioFrame.from_ndarray(
                        np.zeros((1, 1024), np.float32), "fltp", "mono"
                    )
                    samples.sample_rate, samples.pts = 8000, 1024 * number
                    samples.time_base = Fraction(1, 8000)
                    output.mux(sound.encode(samples))
            output.mux(video.encode())
            output.mux(sound.encode() if sound else [])
    pictures = [Image.fromarray(PICTURE), Image.fromarray(PICTURE[::-1])]
    pictures[0].save(folder / "animated.mpeg", "GIF", save_all=True, append_images=pictures[1:])


def _read_video(folder: Path, file: Path) -> object:
    video = open_video(file)
    return write_video(folder / "annotated.mp4", video.frames(), video.rate, file)


def _write_filter(folder: Path) -> None:
    for suffix in ("png", "json"):
        copy(FILTERS / f"sunglasses.{suffix}", folder / f"mine.{suffix}")
    with Image.open(folder / "mine.png") as art:
        small = art.resize((art.width // 4, art.height // 4))
    small.save(folder / "mine.png")
    stored = json.loads((folder / "mine.json").read_text())
    (folder / "mine.json").write_text(
        json.dumps({"depth": -0.2, "bend": 0.5, "round": False} | stored)
    )


def _wear_filter(folder: Path, file: Path) -> object:
    worn = load_filter(folder / "mine.png")
    return [
        apply_filter(PICTURE, [face], worn) for face in FACES if face.scheme.name in worn.anchors
    ]


@cache
def _network() -> onnx.ModelProto:
    """A network whose keypoints are always the same."""
    constant = np.concatenate([_mean_shape(), np.ones((68, 1))], axis=1).astype(np.float32)
    constants = {
        "mean": constant[None],
        "one by one": np.array([-1, 1, 1]),
        "zero": np.zeros(1, np.float32),
    }
    nodes = [
        helper.make_node("Cast", ["images"], ["grey"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["grey"], ["means"], axes=[1, 2], keepdims=0),
        helper.make_node("Reshape", ["means", "one by one"], ["column"]),
        helper.make_node("Mul", ["column", "zero"], ["zeros"]),
        helper.make_node("Add", ["zeros", "mean"], ["keypoints"]),
    ]
    inputs = [
        helper.make_tensor_value_info("images", TensorProto.UINT8, ["faces", SIDE, SIDE]),
        helper.make_tensor_value_info("convention", TensorProto.INT64, ["faces"]),
    ]
    outputs = [helper.make_tensor_value_info("keypoints", TensorProto.FLOAT, ["faces", 68, 3])]
    stored = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "constant", inputs, outputs, stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def _mean_shape() -> np.ndarray:
    return a_face_of_68() / 2 + 40


def _metadata() -> dict[str, str]:
    names = tuple(convention.name for convention in IBUG68.conventions)
    means = np.stack([_mean_shape()] * len(names))
    return NetworkMetadata(
        KEYPOINTS, IBUG68, names, SIDE, SIDE, means, True, "of the test", {}
    ).as_strings()


def _store_network(path: Path, metadata: dict[str, str]) -> None:
    model = _network()
    helper.set_model_props(model, metadata)
    path.write_bytes(model.SerializeToString())


def _predict(path: Path) -> object:
    networks = open_networks(path, "cpu", None, mirror=True)
    assert not hasattr(networks, "search")
    networks.scheme.from_ibug68(SHAPE)
    InspectedNetwork(path)
    return networks.predict([PICTURE[..., 0]], np.eye(2, 3)[None])


def _write_metadata(folder: Path) -> None:
    """The metadata as one JSON value, so that what is in it can be changed."""
    values = {key: _decoded(value) for key, value in _metadata().items()}
    (folder / "metadata.json").write_text(json.dumps(values))


def _decoded(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _predict_with_metadata(folder: Path, file: Path) -> object:
    try:
        values = json.loads(file.read_bytes())
        metadata = {
            key: value
            if isinstance(value, str) and key not in ("names", "format")
            else json.dumps(value)
            for key, value in values.items()
        } | {"format": str(values["format"])}
        _store_network(folder / "network.onnx", metadata)
    except (OSError, ValueError, RecursionError, KeyError, AttributeError, TypeError):
        return None  # not metadata that a file can hold
    return _predict(folder / "network.onnx")


def _write_list(folder: Path) -> None:
    (folder / "list.txt").write_text("astronaut\n/no/such/picture.jpg\n\nholiday/é.png\n")


def _write_table(folder: Path) -> None:
    _write_list(folder)
    table = _begin(folder)
    writer = PartWriter(table, finder=None)  # type: ignore[arg-type]  # only its scheme is used
    object.__setattr__(writer, "finder", FACES[0])
    writer.store(0, [*face_rows("astronaut", 80, 60, FACES[:1]), *face_rows("none", 80, 60, [])])
    writer.store(1, [failure_row("broken", "it is damaged")])


def _begin(folder: Path) -> Any:
    return begin_table(folder / "table", [str(folder / "list.txt")], 2, {"networks": ["a"]})


def _read_table(folder: Path, file: Path) -> object:
    table = _begin(folder)
    listed = [list(table.listed(part)) for part in range(table.parts)]
    return listed, table.unfinished(), table.pictures_in([0, 1]), table.count_rows()


def _write_runtime(folder: Path) -> None:
    (folder / SCRIPT).write_text("export const ort = 1;\n")
    (folder / BINARY).write_bytes(b"\0asm\1\0\0\0")


TARGETS = (
    Target(
        "pictures", _write_pictures, lambda folder, file: read_picture(file),
        ("imaging/picture.py",), weight=16,
    ),
    Target(
        "PNGs with their checksums", _write_pictures, _read_signed_png, ("imaging/picture.py",),
        ("*.png",), weight=8,
    ),
    Target(
        "videos", _write_videos, _read_video, ("photo/video/frames.py", "photo/video/encode.py"),
    ),
    Target("filter", _write_filter, _wear_filter, ("photo/overlay/filter.py",)),
    Target(
        "exported network", lambda folder: _store_network(folder / "network.onnx", _metadata()),
        lambda folder, file: _predict(file), ("inference/network.py", "inspection/responses.py"),
    ),
    Target(
        "metadata of a network", _write_metadata, _predict_with_metadata,
        ("inference/metadata.py",), regular=True,
    ),
    Target(
        "list of pictures", _write_list, lambda folder, file: list(files_of(str(file), PICTURES)),
        ("photo/input_files.py",), weight=8,
    ),
    Target(
        "table of faces", _write_table, _read_table,
        ("photo/parquet/table.py", "photo/parquet/listing.py"), ("table/*", "list.txt"),
    ),
    Target(
        "runtime of a page", _write_runtime, lambda folder, file: Runtime.from_folder(folder),
        ("web/runtime.py",), weight=8,
    ),
)  # fmt: skip
