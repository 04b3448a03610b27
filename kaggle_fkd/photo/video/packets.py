"""`decoded`: the frames of a video, or the parts of its sound, that can be decoded."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kaggle_fkd.system.console import log
from kaggle_fkd.system.text import count_of

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream


def decoded(container: "InputContainer", stream: "VideoStream | AudioStream") -> Iterator[Any]:
    """The frames of a stream of the container, in order.

    Damaged packets are left out, as players do; at the end, a warning says how many.
    """
    from av.error import FFmpegError

    damaged = 0
    for packet in _packets(container, stream):
        try:
            frames = stream.decode(packet)
        except FFmpegError:
            damaged += 1
        else:
            yield from frames
    if damaged:
        log.warning(
            "%s: left out %s of its %s that cannot be decoded",
            container.name, count_of(damaged, "packet"), stream.type,
        )  # fmt: skip


def _packets(
    container: "InputContainer", stream: "VideoStream | AudioStream"
) -> Iterator["Packet[Any] | None"]:
    """The packets that can be read, and at the end what makes the decoder give its last frames."""
    from av.error import FFmpegError

    try:
        yield from container.demux(stream)
    except FFmpegError:
        log.warning("%s: the rest of its %s cannot be read", container.name, stream.type)
        yield None
