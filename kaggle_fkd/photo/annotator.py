"""`Annotator`: pictures and videos with the keypoints of their faces drawn, and saved as files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.imaging.picture import read_picture, write_picture
from kaggle_fkd.imaging.similarity import scaling, transform_points
from kaggle_fkd.keypoints.pts import write_pts_file
from kaggle_fkd.photo.face import DetectedFace, numbered
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.photo.inputs import Record
from kaggle_fkd.photo.overlay.drawing import draw_faces
from kaggle_fkd.photo.overlay.filter import Filter
from kaggle_fkd.photo.overlay.wear import apply_filter
from kaggle_fkd.photo.tables import face_table, frame_table
from kaggle_fkd.photo.video.encode import write_video
from kaggle_fkd.photo.video.frames import Frame, is_video, open_video
from kaggle_fkd.photo.video.tracking import Tracker
from kaggle_fkd.system.console import log, progress
from kaggle_fkd.system.files import atomic_path, write_json, write_text
from kaggle_fkd.system.text import count_of

JPEG_SUFFIXES = (".jfif", ".jpg", ".jpeg")
"""A JPEG is drawn into a JPEG: as a PNG, photographs are eight times as large."""
MIN_SIDE = 400
"""Pictures whose longer side is at most half of this, in pixels, are drawn enlarged."""


@dataclass(frozen=True)
class Annotator:
    """Annotates pictures and videos, one after the other."""

    finder: FaceKeypoints
    """Finds the faces."""
    folder: Path
    """The folder for all outputs."""
    worn: Filter | None = None
    """The filter to apply instead of drawing keypoints."""
    boxes: bool = True
    """Draw each face's box."""
    indices: bool = False
    """Draw each keypoint's number beside it."""
    line_width: float = 1.0
    """A factor on the widths of lines and keypoints."""
    json: bool = False
    """Write NAME.json, too."""
    csv: bool = False
    """Write NAME.csv, too: one row per face, in videos per face and frame."""
    pts: bool = False
    """Write NAME_1.pts, ..., too: iBUG's format, one file per face."""

    def annotate(self, path: Path, name: str) -> Record:
        """Write the outputs for one picture or video, with names that begin with `name`.

        Returns its JSON record; that of a video has no frames unless JSON or CSV is written.
        """
        record = self._video(path, name) if is_video(path) else self._picture(path, name)
        self._write_numbers(name, record)
        return record

    def _picture(self, path: Path, name: str) -> Record:
        picture = read_picture(path)
        faces = numbered(self.finder.detect(picture))
        jpeg = path.suffix.lower() in JPEG_SUFFIXES
        target = self.folder / f"{name}_{self._what}{path.suffix if jpeg else '.png'}"
        with atomic_path(target) as temporary:
            drawn = self._drawn(*_enlarged(picture, faces))
            write_picture(drawn, temporary, "jpeg" if jpeg else "png")
        log.info("%s: %s: %s", path, count_of(len(faces), "face") if faces else "no face", target)
        if self.pts:
            for face in faces:
                write_pts_file(self._pts_file(name, face.number), face.keypoints)
            for number in count(len(faces) + 1):  # those of an earlier call, which found more
                file = self._pts_file(name, number)
                if not file.exists():
                    break
                file.unlink()
        height, width = picture.shape[:2]
        return {
            "input": str(path), "output": str(target), "width": width, "height": height,
            "faces": [face.as_dict() for face in faces],
        }  # fmt: skip

    def _pts_file(self, name: str, number: int | None) -> Path:
        return self.folder / f"{name}_{number}.pts"

    def _video(self, path: Path, name: str) -> Record:
        video, target = open_video(path), self.folder / f"{name}_{self._what}.mp4"
        if self.pts:
            log.warning("%s: a video has no .pts files; its JSON and its CSV have the faces", path)
        tracker = Tracker(self.finder)
        found: list[list[dict[str, Any]]] = []
        times: list[float] = []
        counts: list[int] = []
        keeps_numbers = self.json or self.csv  # 13 kB for each face and frame

        def frames() -> Iterator[Frame]:
            for frame in progress(video.frames(), path.name, video.length or None):
                faces = tracker.next(frame.picture, frame.time)
                yield Frame(self._drawn(frame.picture, faces), frame.time)
                # Not before the frame is written: after Ctrl-C, the video has these frames, too.
                counts.append(len(faces))
                if keeps_numbers:
                    found.append([face.as_dict() for face in faces])
                    times.append(round(frame.time, 3))

        record: Record = {
            "input": str(path), "output": str(target), "width": video.width, "height": video.height,
            "rate": video.rate, "times": times, "frames": found,
        }  # fmt: skip
        try:
            write_video(target, frames(), video.rate, sound_of=path)
        except KeyboardInterrupt:
            if counts and target.exists():
                self._write_numbers(name, record)
            raise
        log.info("%s: %s: %s", path, describe_faces(counts), target)
        return record

    def _write_numbers(self, name: str, record: Record) -> None:
        """Write the record of a picture or a video as JSON and CSV, if they are wanted."""
        if self.json:
            write_json(self.folder / f"{name}.json", record)
        if self.csv:
            table = frame_table if "frames" in record else face_table
            write_text(self.folder / f"{name}.csv", table(record, self.finder.scheme))

    @property
    def _what(self) -> str:
        """What is drawn, in the names of the outputs."""
        return self.worn.name if self.worn else "keypoints"

    def _drawn(
        self, picture: NDArray[np.uint8], faces: Sequence[DetectedFace]
    ) -> NDArray[np.uint8]:
        if self.worn:
            return apply_filter(picture, faces, self.worn)
        return draw_faces(picture, faces, self.boxes, self.indices, self.line_width)


def _enlarged(
    picture: NDArray[np.uint8], faces: Sequence[DetectedFace]
) -> tuple[NDArray[np.uint8], list[DetectedFace]]:
    """A small picture with its faces, each pixel repeated, so that marks on faces can be seen."""
    factor = max(1, MIN_SIDE // max(picture.shape[:2])) if faces else 1
    large = picture.repeat(factor, axis=0).repeat(factor, axis=1)
    return large, [
        replace(
            face, picture=large, box=face.box * factor, errors=face.errors * factor,
            keypoints=transform_points(scaling(factor), face.keypoints),
        )
        for face in faces
    ]  # fmt: skip


def describe_faces(faces_per_frame: Sequence[int]) -> str:
    """The faces found in a video, in words: "40 frames, 0 to 2 faces in each"."""
    fewest, most = min(faces_per_frame, default=0), max(faces_per_frame, default=0)
    faces = count_of(most, "face") if fewest == most else f"{fewest} to {most} faces"
    return f"{count_of(len(faces_per_frame), 'frame')}, {faces} in each"
