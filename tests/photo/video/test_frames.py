"""Videos read and written frame by frame."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from kaggle_fkd.errors import FkdError, PictureError
from kaggle_fkd.photo.video.frames import is_video, open_video, write_video


def colours(count):
    return [np.full((48, 64, 3), (240 - 20 * i, 30, 20 * i), np.uint8) for i in range(count)]


def test_a_video_keeps_its_frames_rate_and_colours(tmp_path: Path):
    path = write_video(tmp_path / "clip.mp4", iter(colours(10)), 12.5)
    video = open_video(path)
    frames = list(video.frames())
    assert (video.rate, video.length, len(frames)) == (12.5, 10, 10)
    assert (video.width, video.height) == (64, 48)
    for frame, expected in zip(frames, colours(10), strict=True):
        assert np.abs(frame.astype(int) - expected).mean() < 6


def test_each_frame_is_written_before_the_next_is_taken(tmp_path: Path):
    write_video(tmp_path / "clip.mp4", colours(5), 10)
    frames = open_video(tmp_path / "clip.mp4").frames()
    copies = write_video(tmp_path / "copy.mp4", frames, 10)
    assert open_video(copies).length == 5


def test_a_video_that_cannot_be_finished_leaves_the_old_one(tmp_path: Path):
    path = write_video(tmp_path / "clip.mp4", colours(4), 10)

    def breaking():
        yield from colours(2)
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError):
        write_video(path, breaking(), 10)
    assert open_video(path).length == 4
    assert [file.name for file in tmp_path.iterdir()] == ["clip.mp4"]


FULL_DISK = """
import resource, sys
from pathlib import Path
import numpy as np
from kaggle_fkd.errors import FkdError
from kaggle_fkd.photo.video.frames import write_video

# The kernel refuses writes beyond the limit, as it does on a full disk.
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
noise = np.random.default_rng(0).integers(0, 256, (40, 48, 64, 3), dtype=np.uint8)
try:
    write_video(Path(sys.argv[1]), noise, 10)
except FkdError as error:
    sys.exit(str(error))
"""


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.01, 0.5, 0.99, 1.0])
def test_a_video_that_does_not_fit_on_the_disk_is_rejected_and_the_old_one_stays(share, tmp_path):
    pytest.importorskip("resource", reason="this system has no limit for the size of a file")
    noise = np.random.default_rng(0).integers(0, 256, (40, 48, 64, 3), dtype=np.uint8)
    limit = int(share * write_video(tmp_path / "clip.mp4", noise, 10).stat().st_size)
    path = write_video(tmp_path / "clip.mp4", colours(4), 10)
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, path, str(limit)],
        cwd=Path(__file__).parents[3], capture_output=True, text=True,
    )  # fmt: skip
    if share == 1.0:
        assert done.returncode == 0 and open_video(path).length == 40
    else:
        assert done.returncode == 1 and open_video(path).length == 4
        (line,) = done.stderr.splitlines()
        assert "clip.mp4" in line and "40 frames could not be read back" in line and "disk" in line
    assert [file.name for file in tmp_path.iterdir()] == ["clip.mp4"]


def test_videos_are_recognised_by_their_suffix():
    assert is_video(Path("clip.MP4"))
    assert not is_video(Path("a.png"))


def test_videos_in_several_threads_leave_opencvs_messages_as_they_were(tmp_path: Path):
    level = cv2.utils.logging.getLogLevel()
    path = write_video(tmp_path / "clip.mp4", colours(2), 10)

    def copy(number):
        target = tmp_path / f"{number}.mp4"
        for _ in range(10):
            write_video(target, open_video(path).frames(), 10)

    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(copy, range(8)))
        assert cv2.utils.logging.getLogLevel() == level
    finally:
        cv2.utils.logging.setLogLevel(level)


def test_a_video_without_frames_is_rejected(tmp_path: Path):
    with pytest.raises(FkdError, match="no frame"):
        write_video(tmp_path / "clip.mp4", [], 10)
    assert not list(tmp_path.iterdir())


def test_files_that_are_not_videos_are_rejected_in_one_line(tmp_path: Path, capfd):
    complete = write_video(tmp_path / "complete.mp4", colours(5), 10).read_bytes()
    for name, content in (
        ("text.mp4", b"no video"),
        ("empty.mp4", b""),
        ("cut.mp4", complete[:900]),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(PictureError, match=name):
            open_video(tmp_path / name)
    with pytest.raises(PictureError, match="gone"):
        open_video(tmp_path / "gone.mp4")
    assert capfd.readouterr().err == ""


def test_a_video_whose_name_is_not_text_is_rejected(tmp_path):
    with pytest.raises(PictureError, match="UTF-8") as error:
        open_video(tmp_path / "\udcfe.mp4")
    assert str(error.value).isprintable() and "Path(" not in str(error.value)
