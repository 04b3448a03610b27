"""Videos: frames read one at a time, and frames written as an mp4 that is whole or absent."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.errors import FkdError, PictureError
from kaggle_fkd.system.files import atomic_path

USUAL_RATE = 25.0
"""Frames a second of a file that does not tell its own."""
CODEC = "mp4v"
"""MPEG-4 part 2: in every build of OpenCV, unlike H.264."""


@dataclass(frozen=True)
class Video:
    """A video file that can be read."""

    path: Path
    rate: float
    """Frames a second."""
    length: int
    """Frames, as the file says (some are wrong by a few); 0 where it does not say."""

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """The frames in turn, H x W x 3 RGB, upright; each is read when it is asked for."""
        capture = _open(self.path)
        try:
            while True:
                found, frame = capture.read()
                if not found:
                    return
                yield np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8)
        finally:
            capture.release()


def open_video(path: Path) -> Video:
    """The video in the file; raises PictureError when there is none, or no frame can be read."""
    try:
        str(path).encode()  # OpenCV dies of names that are no text
        with path.open("rb") as file:
            empty = not file.read(1)
    except UnicodeEncodeError as error:
        raise PictureError(f"{path!r}: its name is no UTF-8", "give it another name") from error
    except OSError as error:
        raise PictureError(
            f"cannot read {path}: {error.strerror or error}", "check the path and its permissions"
        ) from error
    capture = _open(path)
    try:
        readable, _ = capture.read()
        if empty or not readable:
            raise PictureError(
                f"{path} is not a video, or is damaged", "give a video such as an mp4 with H.264"
            )
        rate, length = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
    finally:
        capture.release()
    return Video(path, rate if 0 < rate <= 1000 else USUAL_RATE, max(0, int(length)))


def write_video(path: Path, frames: Iterable[NDArray[np.uint8]], rate: float) -> Path:
    """Write H x W x 3 RGB frames, all of one size, as an mp4, atomically; return its path.

    Each frame is written before the next is asked for. The codec's sizes are even: of an odd
    height or width the last row or column is lost. Raises FkdError when there is no frame, or
    when the file cannot be written.
    """
    with atomic_path(path) as temporary:
        writer = None
        try:
            for frame in frames:
                if writer is None:
                    _silence_codecs()
                    code = cv2.VideoWriter.fourcc(*CODEC)
                    size = (frame.shape[1], frame.shape[0])
                    writer = cv2.VideoWriter(str(temporary), code, rate, size)
                writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
        finally:
            if writer is not None:
                writer.release()
        if writer is None:
            raise FkdError(f"there is no frame to write to {path}", "give a video with frames")
        if not temporary.exists() or temporary.stat().st_size == 0:
            raise FkdError(f"cannot write {path}", "give a path that ends in .mp4, on a free disk")
    return path


def _open(path: Path) -> cv2.VideoCapture:
    _silence_codecs()
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        return cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    finally:
        cv2.utils.logging.setLogLevel(level)


def _silence_codecs() -> None:
    """What is damaged is told of in one line, ours. FFmpeg asks for this at its first use."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
