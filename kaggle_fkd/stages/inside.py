"""inside: what a network sees in a face: filters, feature maps, heat maps, saliency, as figures."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from kaggle_fkd.errors import PictureError, RunError
from kaggle_fkd.networks import DETECTORS
from kaggle_fkd.stages.options import inputs_option, option
from kaggle_fkd.stages.pictures import PictureStage
from kaggle_fkd.stages.stage import Made

if TYPE_CHECKING:
    from kaggle_fkd.task import Task


@dataclass(frozen=True, kw_only=True)
class Inside(PictureStage):
    """The filters, feature maps, heat maps and saliency of a network on the most confident face."""

    summary: ClassVar[str] = "what a network sees: filters, feature maps, heat maps, saliency"
    examples: ClassVar[tuple[str, ...]] = (
        "inside astronaut",
        "inside astronaut --run RUN --saliency-of nose_tip",
    )
    inputs: tuple[str, ...] = inputs_option("pictures")
    points: str | None = None
    """The keypoints are those of the network itself."""
    saliency_of: str | None = option(
        "--saliency-of", metavar="NAME_OR_NUMBER",
        help="the keypoint whose saliency and heat maps are drawn (default: the nose tip)",
    )  # fmt: skip

    def run(self, task: "Task | None", made: Made) -> Made:
        """Draw what the network makes of the most confident face of every input.

        Of a run with several members the first is inspected. An input without a face is reported,
        and the rest are still processed.
        """
        from kaggle_fkd.inspection.face import FaceInspection
        from kaggle_fkd.inspection.responses import InspectedNetwork
        from kaggle_fkd.photo.inputs import Record, process_inputs
        from kaggle_fkd.photo.video.frames import is_video
        from kaggle_fkd.system.console import log

        find = self.finder(made)
        scheme = find.networks.scheme
        keypoint = scheme.find(self.saliency_of) if self.saliency_of else scheme.nose_tip
        name = self._name_of_inspected(made)
        network = InspectedNetwork(find.networks.files[0].path, find.networks.convention)
        folder = self.output or self.runs_dir / "inside"

        def inspect_face(path: Path, stem: str) -> Record:
            if is_video(path):
                raise PictureError(
                    f"{path}: inside does not look into videos", "give one of its frames"
                )
            faces = find.detect(str(path))
            if not faces:
                raise PictureError(f"{path}: no face was found", "use a picture with a face in it")
            title = f"{stem}, seen by {name}"
            inspection = FaceInspection(network, find.chip(faces[0]), title)
            inspection.draw(folder, stem, keypoint)
            log.info("%s: %s_*.png", path, folder / stem)
            return {"input": str(path)}

        _, failure = process_inputs(self.inputs, folder, inspect_face)
        return replace(made, failure=failure or made.failure)

    def _name_of_inspected(self, made: Made) -> str:
        """What figures call the network that is inspected.

        Raises RunError for the run of a face detector.
        """
        from kaggle_fkd.inference.metadata import FACES
        from kaggle_fkd.inference.network import read_metadata

        chosen = self.chosen(made)
        if chosen is None:
            return "the network of the package"
        if isinstance(chosen, Path):
            name, folder, detector = chosen.stem, chosen, read_metadata(chosen).task == FACES
        else:
            name, folder = chosen.members[0].name, chosen.folder
            detector = chosen.config.train.model in DETECTORS
        if detector:
            raise RunError(
                f"{folder}: a face detector, which predicts no keypoints of a face",
                "give a run that was trained on keypoints",
            )
        return name
