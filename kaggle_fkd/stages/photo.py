"""photo: keypoints on the faces of any pictures and videos, drawn, worn and written down."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from kaggle_fkd.command.context import Context
from kaggle_fkd.command.request import FILTERS, Request
from kaggle_fkd.errors import FkdError, PictureError, UsageError
from kaggle_fkd.keypoints import IBUG68, KeypointScheme
from kaggle_fkd.photo.estimator import FaceKeypoints
from kaggle_fkd.photo.face import Face
from kaggle_fkd.photo.overlay.drawing import draw_faces
from kaggle_fkd.photo.overlay.filters import Filter, apply_filter, get_filter, load_filter
from kaggle_fkd.photo.picture import is_video, pictures_in, read_picture
from kaggle_fkd.photo.video.frames import open_video, write_video
from kaggle_fkd.photo.video.smoothing import Smoother
from kaggle_fkd.sources.points68.formats import format_pts
from kaggle_fkd.system.console import announce, log, progress
from kaggle_fkd.system.files import atomic_path, write_json, write_text


def run(context: Context) -> None:
    """Annotate every input; `context.document` is what --json prints.

    An input that cannot be read costs a line, and the others go on; it is `context.failure`.
    """
    request = context.request
    named = context.named_runs()
    if len(named) > 1:
        raise UsageError("--run: several runs", "name one for --stage photo")
    find = FaceKeypoints(named[0] if named else None, request.points, device=context.device)
    if request.pts and find.scheme is not IBUG68:
        raise UsageError("--pts: .pts files have 68 points", "use --points 68, or --csv")
    studio = Studio(find, request)
    results, failed = [], 0
    for name, path in progress(_named(_inputs(request.inputs)), "photographs"):
        try:
            if isinstance(path, FkdError):
                raise path
            results.append(studio.annotate(path, name))
        except FkdError as error:
            failed += 1
            given = name if isinstance(path, FkdError) else str(path)
            results.append({"input": given, "error": str(error)})
            announce(f"error: {error}")
    if request.json:
        context.document = json.dumps(results, indent=1)
    if failed:
        context.failure = PictureError(
            f"{failed} of {len(results)} inputs could not be read", "see above; the others are done"
        )


class Studio:
    """Annotates pictures and videos as the request wants it."""

    def __init__(self, find: FaceKeypoints, request: Request) -> None:
        """Raises UsageError and PictureError for a filter that is not there."""
        self.find, self.request = find, request
        self.folder = request.output or request.runs_dir / "photo"
        self.worn: Filter | None = None
        if request.filter:
            own = request.filter not in FILTERS and request.filter.lower().endswith(".png")
            self.worn = load_filter(Path(request.filter)) if own else get_filter(request.filter)

    def annotate(self, path: Path, name: str) -> dict[str, Any]:
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

    def _video(self, path: Path, target: Path) -> dict[str, Any]:
        video = open_video(path)
        smoother = Smoother(video.rate)
        found: list[list[dict[str, Any]]] = []

        def frames() -> Iterator[NDArray[np.uint8]]:
            for frame in progress(video.frames(), path.name, video.length or None):
                faces = smoother.smooth(self.find.detect(frame))
                found.append([face.as_dict() for face in faces])
                yield self._drawn(frame, faces)

        write_video(target, frames(), video.rate)
        log.info("%s: %d frames: %s", path, len(found), target)
        record = {"input": str(path), "output": str(target), "rate": video.rate, "frames": found}
        if self.request.json:
            write_json(target.with_name(f"{target.stem.removesuffix('_keypoints')}.json"), record)
        return record

    def _drawn(self, picture: NDArray[np.uint8], faces: Sequence[Face]) -> NDArray[np.uint8]:
        if self.worn:
            return apply_filter(picture, faces, self.worn)
        return draw_faces(picture, faces)


def _inputs(given: Sequence[str]) -> Iterator[Path | tuple[str, FkdError]]:
    """The files that the inputs stand for; an input that stands for none, and why."""
    for text in given:
        try:
            yield from pictures_in(Path(text))
        except PictureError as error:
            yield text, error


def _named(
    inputs: Iterable[Path | tuple[str, FkdError]],
) -> list[tuple[str, Path | FkdError]]:
    """Each file with a name of its own for what is made of it: its stem, numbered if need be."""
    taken: dict[str, int] = {}
    named: list[tuple[str, Path | FkdError]] = []
    for each in inputs:
        if isinstance(each, tuple):
            named.append(each)
            continue
        taken[each.stem] = taken.get(each.stem, 0) + 1
        number = taken[each.stem]
        named.append((each.stem if number == 1 else f"{each.stem}-{number}", each))
    return named


def _count(faces: Sequence[Face]) -> str:
    return {0: "no face", 1: "1 face"}.get(len(faces), f"{len(faces)} faces")


def _table(faces: Sequence[Face], scheme: KeypointScheme) -> pd.DataFrame:
    """A row a face: its number, box, confidence, and the coordinates of its keypoints."""
    rows = [
        [number, *face.box.round(2), round(face.confidence, 3), *face.keypoints.round(2).ravel()]
        for number, face in enumerate(faces, 1)
    ]
    columns = ["face", "x0", "y0", "x1", "y1", "confidence", *scheme.feature_names]
    return pd.DataFrame(rows, columns=columns)
