"""`decoded`: the frames of a video, or the parts of its sound, that can be decoded."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kaggle_fkd.system.console import log
from kaggle_fkd.system.text import count_of

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream


def decoded(container: "InputContainer", stream: "Stream") -> Iterator[Any]:
    """The frames of a stream of the container, in order.

    Damaged packets are left out, as players do; at the end, a warning says how many.
    """
    from av.error import FFmpegError

    damaged = 0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except FFmpegError:
            log.warning("%s: the rest of its %s cannot be read", container.name, stream.type)
            break
        if packet is None:
            break
        try:
            frames = packet.decode()
        except FFmpegError:
            damaged += 1
        else:
            yield from frames
    if damaged:
        log.warning(
            "%s: left out %s of its %s that cannot be decoded",
            container.name, count_of(damaged, "packet"), stream.type,
        )  # fmt: skip
