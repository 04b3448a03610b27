"""`KeypointData`: faces with keypoints, and which of them a member of a run learns from."""

from collections.abc import Iterator, Sequence

import torch

from kaggle_fkd.config import Config, TrainConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import DataError
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.networks import check_network_name
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.runs.label_files import LabelFiles
from kaggle_fkd.runs.member import Member
from kaggle_fkd.training.data import TrainingData
from kaggle_fkd.training.folds import held_out_by_each
from kaggle_fkd.training.keypoint_objective import KeypointObjective
from kaggle_fkd.training.labels import apply_label_policy, network_shape, trainable
from kaggle_fkd.training.treatment import treat_labels


class KeypointData(TrainingData):
    """Faces with keypoints.

    Members learn from them with label fixes, and without the labels that an audit suspects. They
    are validated with the labels of the data, so that scores with and without these compare.
    """

    def __init__(self, faces: FaceDataset) -> None:
        self.faces = faces

    @property
    def scheme(self) -> KeypointScheme:
        """That of the faces."""
        return self.faces.scheme

    def shape(self, config: Config) -> NetworkShape:
        """A head for each convention, and as many for mirrored faces; see `network_shape`.

        Raises UsageError for a network that does not predict keypoints.
        """
        check_network_name(config.train.model)
        return network_shape(self.faces, config)

    def digest(self, config: TrainConfig, files: LabelFiles) -> str:
        """Of the faces with the labels that members learn."""
        return treat_labels(self.faces, config, files).digest()

    def check(self, members: Sequence[Member], files: LabelFiles) -> None:
        """DataError for a member without a labelled face to train on, or to validate on."""
        if members:
            treated = treat_labels(self.faces, members[0].config.train, files)
            for _ in splits(members, self.faces, treated):
                pass

    def objective(
        self, member: Member, files: LabelFiles, device: torch.device
    ) -> KeypointObjective:
        """To predict the keypoints of the faces that the member does not hold out."""
        treated = treat_labels(self.faces, member.config.train, files)
        train, validation = split(member, self.faces, treated)
        return KeypointObjective(member.shape, member.config, train, validation, device)


def split(
    member: Member, faces: FaceDataset, treated: FaceDataset
) -> tuple[FaceDataset, FaceDataset]:
    """The faces that the member learns from, of `treated`, and those that it is validated on.

    `treated` are the same faces with the labels to learn. Raises DataError when either has no
    label.
    """
    return next(splits([member], faces, treated))


def splits(
    members: Sequence[Member], faces: FaceDataset, treated: FaceDataset
) -> Iterator[tuple[FaceDataset, FaceDataset]]:
    """For each member of one run, the faces that `split` gives; raises what it raises."""
    for member, held_out in zip(members, held_out_by_each(members, faces), strict=True):
        config = member.config.train
        learnt = trainable(faces, config) & treated.labelled.any(axis=1) & ~held_out
        if not learnt.any() or not faces[held_out].labelled.any():
            raise DataError(
                f"{member.name}: there is no labelled face to train on, or none to validate on",
                "use more faces, fewer folds (train.folds), or another convention "
                "(train.only_convention)",
            )
        yield apply_label_policy(treated[learnt], config.labels), faces[held_out]
