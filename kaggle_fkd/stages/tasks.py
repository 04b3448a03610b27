"""Which task a call is about; the only place that knows all of them.

A task is imported when it is chosen: Kaggle's machines do not have onnxruntime, which those of
photographs need.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kaggle_fkd.errors import UsageError
from kaggle_fkd.keypoints import EYES, IBUG68, KAGGLE15, read_scheme
from kaggle_fkd.stages.download import Download
from kaggle_fkd.stages.evaluate import Evaluate
from kaggle_fkd.stages.options import TaskOptions
from kaggle_fkd.stages.stage import Stage

if TYPE_CHECKING:
    from kaggle_fkd.task import Task


def choose_task(stages: Sequence[Stage]) -> "Task":
    """The task of the keypoints that the stages were given: Kaggle's, iBUG's, those of a TOML file,
    or the eyes, which a face detector gives.

    Raises UsageError for unknown keypoints, or for options of photographs where the competition's
    data are used.
    """
    data_dir = stages[0].data_dir
    chosen = next((stage for stage in stages if isinstance(stage, TaskOptions)), TaskOptions())
    url = next((stage.url for stage in stages if isinstance(stage, Download)), None)
    evaluation = next((stage for stage in stages if isinstance(stage, Evaluate)), Evaluate())
    test_on, coco = evaluation.test_on, evaluation.coco
    if chosen.points in (None, str(len(KAGGLE15.names))):
        for flag, given in (
            ("--train-on", chosen.train_on),
            ("--test-on", test_on),
            ("--url", url),
        ):
            if given:
                raise UsageError(
                    f"{flag} is for annotated photographs, not for the competition's data",
                    f"add --points {len(IBUG68.names)}, or a scheme of your own",
                )
        from kaggle_fkd.competition.task import CompetitionTask

        return CompetitionTask(data_dir)
    if chosen.points == EYES.name:
        for flag, is_given in (("--test-on", bool(test_on)), ("--coco", coco)):
            if is_given:
                raise UsageError(
                    f"{flag} is for keypoints, not for a face detector", "leave it out"
                )
        from kaggle_fkd.annotated.detection.task import DetectionTask

        return DetectionTask(chosen.train_on)
    from kaggle_fkd.annotated.download import UDACITY_URL
    from kaggle_fkd.annotated.task import PhotographsTask

    own = chosen.points != str(len(IBUG68.names))
    if own and not Path(str(chosen.points)).exists():
        raise UsageError(
            f"--points {chosen.points}: neither known keypoints nor a file",
            "give 15, 68, eyes, or the path of a scheme's TOML file",
        )
    scheme = read_scheme(Path(str(chosen.points))) if own else IBUG68
    return PhotographsTask(data_dir, chosen.train_on, scheme, url or UDACITY_URL, test_on)
