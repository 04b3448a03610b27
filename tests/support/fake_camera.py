"""A camera for Chromium, which shows the astronaut."""

from pathlib import Path

import numpy as np
from PIL import Image

from kaggle_fkd.imaging.picture import ASTRONAUT_FILE, read_picture

FRAMES = 10


def camera_flags(folder: Path) -> tuple[str, ...]:
    """What starts Chromium with the camera, whose video is written into the folder."""
    video = write_camera(folder / "camera.y4m")
    return (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={video}",
    )


def write_camera(path: Path) -> Path:
    """A video for Chromium's camera: the astronaut, who moves to the right."""
    picture = Image.fromarray(read_picture(ASTRONAUT_FILE)[:384]).resize((640, 480))
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W640 H480 F30:1 Ip A1:1 C420\n")
        for shift in range(FRAMES):
            y, cb, cr = (np.roll(np.asarray(band), 2 * shift, 1) for band in
                         picture.convert("YCbCr").split())  # fmt: skip
            halves = [band[::2, ::2].tobytes() for band in (cb, cr)]
            file.write(b"FRAME\n" + y.tobytes() + b"".join(halves))
    return path
