"""`Video`: a video file, whose frames are read one at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.errors import PictureError, UsageError
from kaggle_fkd.imaging.picture import unreadable
from kaggle_fkd.photo.video.packets import decoded
from kaggle_fkd.system.console import log
from kaggle_fkd.system.reading import open_file

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

VIDEO_SUFFIXES = (
    ".3gp", ".avi", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".webm",
    ".wmv",
)  # fmt: skip
USUAL_RATE = 25.0
"""Frames per second that are assumed for a file that does not state its rate."""
MAX_RATE = 1000.0
"""Frames per second; files that state more do not know their rate."""
MAX_PIXEL_ASPECT = 4.0
"""A pixel is shown at most this many times as wide as high, or as high as wide; files that state
more do not know it."""
BROADCASTS = ("mpegts", "mpeg")
"""The formats of files that can be joined by writing one behind the other: times may begin anew."""
MAX_STEP = 10.0
"""Seconds; a longer step in such a file is where recordings were joined."""


class Clock:
    """Makes the stated times of a stream continuous."""

    def __init__(self, container: "InputContainer") -> None:
        """Of a stream of that file."""
        self._may_begin_anew = container.format.name in BROADCASTS
        self._shift = 0.0
        self._last: float | None = None

    def time(self, stated: float | None, usual_step: float) -> float:
        """The time in seconds of what is stated to be at that time.

        Where it is not stated, or the step from the time before is impossible, that step is taken
        to be the usual one.
        """
        expected = 0.0 if self._last is None else self._last + usual_step
        time = expected if stated is None else stated + self._shift
        if self._last is not None and not self._is_possible(time - self._last):
            self._shift += expected - time
            time = expected
        self._last = time
        return time

    def _is_possible(self, step: float) -> bool:
        """Slides are shown for long, and some cameras state a time twice."""
        return 0 < step <= MAX_STEP if self._may_begin_anew else step >= 0


class Frame(NamedTuple):
    """A frame of a video."""

    picture: NDArray[np.uint8]
    """H x W x 3 RGB, upright."""
    time: float
    """Seconds from the beginning of the file; the first frame may be later."""


@dataclass(frozen=True)
class Video:
    """A video file that can be read."""

    path: Path
    """Where the file is."""
    rate: float
    """Frames per second, on average."""
    length: int
    """Number of frames that the file states (some are wrong by a few); 0 if it states none."""
    width: int
    """Pixels of a frame, upright."""
    height: int
    """Pixels of a frame, upright."""

    def frames(self) -> Iterator[Frame]:
        """The frames in order; each is read when it is needed.

        Damaged ones are left out, with a warning.
        """
        return _frames(self.path)


def is_video(path: Path) -> bool:
    """True if the file's suffix is that of a video."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def open_video(path: Path) -> Video:
    """The video in a file.

    Raises PictureError if it does not exist or has no readable frame, UsageError without PyAV.
    """
    with opened(path) as container:
        streams = container.streams.video
        if not streams:
            raise _not_a_video(path)
        rate, length = _rate_of(streams[0]), streams[0].frames
    first = next(_frames(path), None)
    if first is None:
        raise PictureError(
            f"{path}: none of its frames can be decoded",
            "convert it to an mp4 with H.264, or copy or download it again",
        )
    height, width = first.picture.shape[:2]
    return Video(path, rate, max(0, length), width, height)


@contextmanager
def opened(path: Path) -> Iterator["InputContainer"]:
    """The streams of a video file; raises what `open_video` raises."""
    av = require_av()
    try:
        file = open_file(path)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise unreadable(path, error) from error
    with file:
        if not file.read(1):
            raise PictureError(f"{path} is empty (0 bytes)", "copy or download it again")
        file.seek(0)
        try:
            container = av.open(file, metadata_errors="replace")  # titles that are not UTF-8
        except av.error.FFmpegError as error:
            raise _not_a_video(path) from error
        with container:
            yield container


def require_av() -> ModuleType:
    """PyAV, which reads and writes videos; UsageError if it is not installed."""
    try:
        import av
    except ImportError as error:
        raise UsageError("videos need PyAV, which is not installed", "pip install av") from error
    return av


def _frames(path: Path) -> Iterator[Frame]:
    scaled = False
    size: tuple[int, int] | None = None
    with opened(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "SLICE"  # with frame threads, a damaged end takes intact frames along
        clock, interval = Clock(container), 1 / _rate_of(stream)
        for frame in decoded(container, stream):
            time = clock.time(frame.time, interval)
            shown = _shown_size(frame, stream)
            size = size or shown
            if shown != size and not scaled:
                log.warning("%s: frames of another size are scaled to %s x %s", path, *size)
                scaled = True
            yield Frame(np.ascontiguousarray(_upright(frame, size)), time)


def _shown_size(frame: "VideoFrame", stream: "VideoStream") -> tuple[int, int]:
    """The width and height at which the frame is shown.

    Pixels need not be square, as on a DVD: they are then stretched, never squeezed.
    """
    aspect = float(stream.sample_aspect_ratio or 1)
    if not 1 / MAX_PIXEL_ASPECT <= aspect <= MAX_PIXEL_ASPECT:
        aspect = 1.0
    return round(frame.width * max(1.0, aspect)), round(frame.height / min(1.0, aspect))


def _upright(frame: "VideoFrame", size: tuple[int, int]) -> NDArray[np.uint8]:
    """H x W x 3, the frame as its file says that it is shown: rotated, and perhaps mirrored.

    It is scaled to a width and height of `size` before.
    """
    pixels = frame.to_ndarray(format="rgb24", width=size[0], height=size[1])
    quarters = frame.rotation // 90  # as phones state it, counter-clockwise
    matrix: Any = frame.side_data.get("DISPLAYMATRIX")
    if matrix is not None:
        (xx, xy, _), (yx, yy, _), _ = np.frombuffer(matrix, np.int32).reshape(3, 3).tolist()
        if xx * yy < xy * yx:  # PyAV states the rotation of a mirror image about its other axis
            return np.rot90(pixels[:, ::-1], quarters + 2)
    return np.rot90(pixels, quarters)


def _rate_of(stream: "VideoStream") -> float:
    """Frames per second, on average, or as usual where the file does not know it."""
    rate = float(stream.average_rate or 0)
    return rate if 0 < rate <= MAX_RATE else USUAL_RATE


def _not_a_video(path: Path) -> PictureError:
    return PictureError(
        f"{path} is not a video, or is damaged", "give a video such as an mp4 with H.264"
    )
