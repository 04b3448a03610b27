"""photo: keypoints on the faces of any pictures and videos, drawn, worn and written down."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from kaggle_fkd.errors import UsageError
from kaggle_fkd.imaging.picture import is_video, read_picture
from kaggle_fkd.keypoints import IBUG68, KeypointScheme
from kaggle_fkd.photo.annotations.formats import format_pts
from kaggle_fkd.photo.face import DetectedFace
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.photo.inputs import Record, process_inputs
from kaggle_fkd.photo.overlay.drawing import draw_faces
from kaggle_fkd.photo.overlay.filters import Filter, apply_filter, get_filter, load_filter
from kaggle_fkd.photo.video.frames import open_video, write_video
from kaggle_fkd.photo.video.smoothing import Smoother
from kaggle_fkd.stages.context import Context
from kaggle_fkd.stages.request import FILTERS, Request
from kaggle_fkd.system.console import log, progress
from kaggle_fkd.system.files import atomic_path, write_json, write_text


def run(context: Context) -> None:
    """Annotate every input; `context.document` is what --json prints.

    An input that cannot be read costs a line, and the others go on; it is `context.failure`.
    """
    request = context.request
    named = context.named_runs()
    find = FaceKeypoints(named[0] if named else None, request.points, device=context.device)
    if request.pts and find.scheme != IBUG68:
        raise UsageError("--pts: .pts files have 68 points", "use --points 68, or --csv")
    annotator = Annotator(find, request)
    results, failure = process_inputs(request.inputs, annotator.folder, annotator.annotate)
    if request.json:
        context.document = json.dumps(results)
    context.failure = failure or context.failure


class Annotator:
    """Annotates pictures and videos as the request wants it."""

    def __init__(self, find: FaceKeypoints, request: Request) -> None:
        """Raises UsageError and PictureError for a filter that is not there."""
        self.find, self.request = find, request
        self.folder = request.output or request.runs_dir / "photo"
        self.worn: Filter | None = None
        if request.filter:
            own = request.filter not in FILTERS and request.filter.lower().endswith(".png")
            self.worn = load_filter(Path(request.filter)) if own else get_filter(request.filter)

    def annotate(self, path: Path, name: str) -> Record:
        """Write everything about one picture or video as `name`_keypoints...; what JSON says."""
        if is_video(path):
            return self._video(path, self.folder / f"{name}_keypoints.mp4")
        picture = read_picture(path)
        faces = self.find.detect(picture)
        target = self.folder / f"{name}_keypoints.png"
        with atomic_path(target) as temporary:
            Image.fromarray(self._drawn(picture, faces)).save(temporary, format="png")
        log.info("%s: %s: %s", path, _count(faces), target)
        height, width = picture.shape[:2]
        record = {
            "input": str(path), "output": str(target), "width": width, "height": height,
            "faces": [face.as_dict() for face in faces],
        }  # fmt: skip
        if self.request.json:
            write_json(self.folder / f"{name}.json", record)
        if self.request.csv:
            write_text(
                self.folder / f"{name}.csv", _table(faces, self.find.scheme).to_csv(index=False)
            )
        if self.request.pts:
            for number, face in enumerate(faces, 1):
                write_text(self.folder / f"{name}_{number}.pts", format_pts(face.keypoints))
        return record

    def _video(self, path: Path, target: Path) -> Record:
        video = open_video(path)
        if self.request.csv or self.request.pts:
            log.warning("%s: --csv and --pts are for pictures; --json has a video's frames", path)
        smoother = Smoother(video.rate)
        found: list[list[dict[str, Any]]] = []

        def frames() -> Iterator[NDArray[np.uint8]]:
            for frame in progress(video.frames(), path.name, video.length or None):
                faces = self.find.detect(frame)
                faces += self.find.detect_near(frame, smoother.lost(faces), faces)
                faces = smoother.smooth(faces)
                found.append([face.as_dict() for face in faces])
                yield self._drawn(frame, faces)

        write_video(target, frames(), video.rate)
        log.info("%s: %d frames: %s", path, len(found), target)
        record = {"input": str(path), "output": str(target), "rate": video.rate, "frames": found}
        if self.request.json:
            write_json(target.with_name(f"{target.stem.removesuffix('_keypoints')}.json"), record)
        return record

    def _drawn(
        self, picture: NDArray[np.uint8], faces: Sequence[DetectedFace]
    ) -> NDArray[np.uint8]:
        if self.worn:
            return apply_filter(picture, faces, self.worn)
        return draw_faces(picture, faces)


def _count(faces: Sequence[DetectedFace]) -> str:
    return {0: "no face", 1: "1 face"}.get(len(faces), f"{len(faces)} faces")


def _table(faces: Sequence[DetectedFace], scheme: KeypointScheme) -> pd.DataFrame:
    """A row a face: its number, box, confidence, and the coordinates of its keypoints."""
    rows = [
        [number, *face.box.round(2), round(face.confidence, 3), *face.keypoints.round(2).ravel()]
        for number, face in enumerate(faces, 1)
    ]
    columns = ["face", "x0", "y0", "x1", "y1", "confidence", *scheme.feature_names]
    return pd.DataFrame(rows, columns=columns)
