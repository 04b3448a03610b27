"""`FaceKeypoints`: from pictures to faces with their keypoints."""

import copy
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kaggle_fkd.errors import UsageError
from kaggle_fkd.imaging.boxes import box_of_keypoints
from kaggle_fkd.imaging.picture import Source, grey_of, read_picture
from kaggle_fkd.imaging.similarity import similarity
from kaggle_fkd.inference.detector import OnnxDetector
from kaggle_fkd.inference.pretrained import DETECTOR
from kaggle_fkd.keypoints import KeypointScheme, convertible_to
from kaggle_fkd.photo.cascade import PointsCascade
from kaggle_fkd.photo.chip_networks import ChipNetworks
from kaggle_fkd.photo.detection.faces import face_of_points
from kaggle_fkd.photo.detection.proposals import non_maximum_suppression, same_face
from kaggle_fkd.photo.detectors import (
    MIN_SCORE,
    Detector,
    FaceDetector,
    boxes_of_faces,
    checked_boxes,
    faces_in_boxes,
    scores_of_boxes,
)
from kaggle_fkd.photo.face import DetectedFace
from kaggle_fkd.photo.open_networks import open_networks
from kaggle_fkd.photo.overlay.drawing import draw_faces
from kaggle_fkd.photo.overlay.line_width import check_line_width
from kaggle_fkd.runs.run import Run

LOST = 1.5
"""The factor by which the uncertainty of a face may grow from one frame to the next."""


class FaceKeypoints:
    """Finds the faces of a picture and their keypoints.

        finder = FaceKeypoints()
        for face in finder.detect("family.jpg"):
            print(face["nose_tip"], face.confidence)

    It needs neither training nor a download. Making one reads networks from a file, so keep it
    for all your pictures. It can be pickled, and so used in worker processes, if its detector can;
    in several threads, use one in each. All arguments are given by name:

    run: a training run, the path of its folder, or of a file that was exported from one. Its
        networks then predict the keypoints of their own scheme, which must define `ibug68`; or, if
        it is one of a face detector, its first network finds the faces. By default, the networks of
        the package find faces and predict iBUG's 68 points.
    convention: the label convention of the keypoints, one of those that the networks were trained
        on. By default the first: for iBUG's points "photographs", as people marked them, rather
        than "frames", as a tracker did. The package's networks know both.
    points: the number of keypoints of a face. With networks for iBUG's 68 points, 15 converts them
        to the competition's keypoints. By default, all keypoints of the networks.
    detector: a function that takes a picture, H x W x 3 RGB uint8, and returns the boxes of its
        faces, N x 4: x0, y0, x1, y1 in pixels, the latter two exclusive. A box should be roughly
        the tight box of iBUG's points, expanded on each side by 10 % of its width and height. Some
        boxes may contain no face. It may also return scores, N x 5, and the eyes, N x 9 (see
        `Detector`); faces whose score is below 0.8 are discarded. By default, the package's
        network, which finds faces of any roll.
    mirror: whether the keypoints of a face are averaged with those of its mirror image. That makes
        their errors up to 1.3 % smaller, and takes nearly twice the time. By default, they are not;
        nor are those of a run that was trained without mirrored faces.
    device: where the networks are computed: "cpu", "cuda", "cuda:1", or "auto" for a GPU that
        onnxruntime can use. By default, "cpu" (the default of the command line is auto).

    Its attributes are `scheme`, the names and groups of the keypoints that it gives, `detector`,
    `networks`, those that predict the keypoints, and `device`.
    """

    def __init__(
        self,
        *,
        run: Run | Path | str | None = None,
        convention: str | None = None,
        points: int | None = None,
        detector: Detector | None = None,
        mirror: bool = False,
        device: str = "cpu",
    ) -> None:
        """See the class.

        Raises RunError for a run that cannot be used, UsageError for a convention or a number of
        points that its networks do not give, and for a detector or a device that cannot be used.
        """
        self.device = device
        given = None if run is None else open_networks(run, self.device, convention, mirror)
        own_keypoints = isinstance(given, ChipNetworks)
        self._cascade = PointsCascade(self.device, None if own_keypoints else convention, mirror)
        self.networks: ChipNetworks = self._cascade.networks
        if isinstance(given, ChipNetworks):
            self.networks = given
            # Raises if the scheme does not say which of iBUG's points its keypoints are.
            self.networks.scheme.from_ibug68(self._cascade.networks.mean_shape)
        found = given if isinstance(given, OnnxDetector) else OnnxDetector(DETECTOR, self.device)
        self._own_detector = FaceDetector(found)
        self.detector: Detector = self._own_detector if detector is None else _usable(detector)
        self.scheme: KeypointScheme = _scheme_with(points, self.networks.scheme)

    @property
    def network_files(self) -> list[Path]:
        """The ONNX files of the package's networks and of the run's, if any; each once."""
        own = self._own_detector.network
        files = (own, *self._cascade.networks.files, *self.networks.files)
        return list(dict.fromkeys(file.path for file in files))

    def detect(
        self, image: Source, boxes: Sequence[Sequence[float]] | NDArray[np.floating] | None = None
    ) -> list[DetectedFace]:
        """The faces of one picture, the most confident first; an empty list if there are none.

        `image` is a file, a Pillow picture, or an array, H x W or H x W x 3 in RGB order. With
        `boxes`, N x 4 (x0, y0, x1, y1, the latter two exclusive; they may extend beyond the
        picture), face detection is skipped: exactly one face is returned for each box, in their
        order, whatever its confidence. Raises PictureError for an unreadable picture
        (MissingPictureError, also a FileNotFoundError, if the file does not exist), and UsageError
        for impossible boxes.
        """
        picture = read_picture(image)
        if boxes is not None:
            given = checked_boxes(boxes)
            faces = self._faces([picture], [given])[0]
            return [replace(face, box=row[:4]) for face, row in zip(faces, given, strict=True)]
        return self.detect_many([picture])[0]

    def track(
        self, image: Source, before: Sequence[DetectedFace], *, search: bool = True
    ) -> list[DetectedFace]:
        """The faces of the next frame of a video, given those of the frame `before`.

        Each is looked for where it was, and lost if its keypoints are much less certain there
        (`LOST`); with `search`, the detector then looks for lost and for other faces.
        """
        picture = read_picture(image)
        now = self._faces([picture], [boxes_of_faces(before)])[0]
        followed = [
            face for face, then in zip(now, before, strict=True)
            if face.uncertainty <= LOST * then.uncertainty
        ]  # fmt: skip
        faces = _without_false_positives(followed)
        return self.with_others(picture, faces) if search else faces

    def with_others(self, image: Source, known: Sequence[DetectedFace]) -> list[DetectedFace]:
        """The `known` faces of a picture, and those that the detector finds beside them.

        Of both, faces whose confidence is below `MIN_SCORE` are left out.
        """
        picture = read_picture(image)
        found = checked_boxes(self.detector(picture))
        is_known = same_face(faces_in_boxes(found), faces_in_boxes(boxes_of_faces(known)))
        others = self._faces([picture], [found[~is_known.any(axis=1)]])[0]
        return _without_false_positives([*known, *others])

    def detect_many(self, images: Iterable[Source]) -> list[list[DetectedFace]]:
        """The faces of each picture, as `detect` gives them.

        All faces go through the networks for keypoints in one batch. All pictures are in memory at
        the same time: give some dozens at a time.
        """
        if isinstance(images, str | Path | np.ndarray | Image.Image):
            raise UsageError(
                "detect_many takes several pictures, not one", "give a list, or call detect"
            )
        pictures = [read_picture(image) for image in images]
        found = [checked_boxes(self.detector(picture)) for picture in pictures]
        return [_without_false_positives(faces) for faces in self._faces(pictures, found)]

    def with_points(self, points: int) -> Self:
        """One that gives that number of keypoints, by the same networks, which are not read again.

        Raises UsageError for a number of points that the networks do not give.
        """
        other = copy.copy(self)
        other.scheme = _scheme_with(points, self.networks.scheme)
        return other

    def draw(
        self,
        picture: Source,
        faces: Iterable[DetectedFace],
        *,
        boxes: bool = True,
        indices: bool = False,
        line_width: float = 1.0,
    ) -> NDArray[np.uint8]:
        """A copy of the picture, H x W x 3 RGB, with the faces drawn in it, coloured by group.

        `boxes` draws the boxes, `indices` the number of each keypoint in its scheme, from 0;
        `line_width` is a factor on the widths of lines and keypoints. Raises PictureError for an
        unreadable picture, UsageError for a factor that is not from 0.1 to 5.
        """
        check_line_width(line_width, "line_width")
        return draw_faces(read_picture(picture), faces, boxes, indices, line_width)

    def chip(self, face: DetectedFace) -> NDArray[np.uint8]:
        """S x S grey, the input of the networks that predict the keypoints of a face.

        The face is aligned as `track` aligns it.
        """
        return self.chip_and_map(face)[0]

    def chip_and_map(self, face: DetectedFace) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """The `chip` of a face, and the similarity to it from the picture, 2 x 3."""
        greys, faces = [grey_of(face.picture)], faces_in_boxes(boxes_of_faces([face]))
        if self.networks is self._cascade.networks:
            maps = self._cascade.align(greys, faces)
        else:
            maps = self._align(self._cascade.predict(greys, faces)[..., :2])
        return np.asarray(self.networks.cut(greys, maps)[0]), maps[0]

    def _faces(
        self, pictures: Sequence[NDArray[np.uint8]], found: Sequence[NDArray[np.float64]]
    ) -> list[list[DetectedFace]]:
        """A face for each row that a `Detector` found in each picture."""
        owners = [index for index, rows in enumerate(found) for _ in rows]
        if not owners:
            return [[] for _ in pictures]
        greys = [grey_of(picture) for picture in pictures]
        seen = [greys[owner] for owner in owners]
        ibug68 = self._cascade.predict(seen, np.concatenate([*map(faces_in_boxes, found)]))
        points = ibug68[..., :2]
        scores = np.concatenate([*map(scores_of_boxes, found)])
        for owner in np.unique(np.array(owners)[np.isnan(scores)]):
            own = (np.array(owners) == owner) & np.isnan(scores)
            scores[own] = self._own_detector.scores(greys[owner], face_of_points(points[own]))
        faces: list[list[DetectedFace]] = [[] for _ in pictures]
        for owner, box, predicted, score in zip(
            owners, box_of_keypoints(points), self._in_scheme(seen, ibug68), scores, strict=True
        ):
            keypoints, errors = predicted[:, :2], predicted[:, 2]
            faces[owner].append(
                DetectedFace(box, keypoints, errors, float(score), self.scheme, pictures[owner])
            )
        return faces

    def _in_scheme(
        self, greys: Sequence[NDArray[np.uint8]], ibug68: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """N x K x 3, keypoints of `scheme` and expected errors in N grey pictures.

        `ibug68`, N x 68 x 3, are those of iBUG.
        """
        predicted = ibug68
        if self.networks is not self._cascade.networks:
            predicted = self.networks.predict(greys, self._align(ibug68[..., :2]))
        if self.scheme == self.networks.scheme:
            return predicted
        # The error of a mean of keypoints is at most the mean of their errors.
        return self.scheme.from_ibug68(predicted).astype(np.float64)

    def _align(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """N x 2 x 3 maps to the chips of a run's networks, from iBUG's points of N faces."""
        scheme, shape = self.networks.scheme, self.networks.mean_shape
        return similarity(scheme.from_ibug68(points), shape)


def _usable(detector: Detector) -> Detector:
    """The detector itself; UsageError if it cannot be called."""
    if not callable(detector) or isinstance(detector, type):
        raise UsageError(
            f"detector={detector!r} is not a callable instance",
            "give a function from an H x W x 3 picture to N x 4 boxes",
        )
    return detector


def _scheme_with(points: int | None, given: KeypointScheme) -> KeypointScheme:
    """The scheme with `points` keypoints that the networks' scheme can be converted to.

    Raises UsageError if it cannot.
    """
    schemes = convertible_to(given)
    for scheme in schemes:
        if points in (None, len(scheme.names)):
            return scheme
    counts = " or ".join(str(len(scheme.names)) for scheme in schemes)
    raise UsageError(
        f"this network gives {counts} keypoints, not {points!r}",
        "give another number of points, or another run",
    )


def _without_false_positives(faces: list[DetectedFace]) -> list[DetectedFace]:
    """The faces that are not false positives, each once, the most confident first."""
    sure = [face for face in faces if face.confidence >= MIN_SCORE]
    confidence = np.array([face.confidence for face in sure])
    return [
        sure[i] for i in non_maximum_suppression(confidence, faces_in_boxes(boxes_of_faces(sure)))
    ]
