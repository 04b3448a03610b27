"""`DetectionObjective`: to find the faces of photographs."""

from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from kaggle_fkd.annotated.detection.crops import Batch, Crops
from kaggle_fkd.annotated.detection.dataset import PhotographDataset
from kaggle_fkd.annotated.detection.loss import detection_loss
from kaggle_fkd.annotated.detection.second_stage import collect_proposals, second_stage_loss
from kaggle_fkd.annotated.detection.targets import assign
from kaggle_fkd.config import Config
from kaggle_fkd.metrics import LOSS, Metric
from kaggle_fkd.networks.detector import DetectorNet, all_cells
from kaggle_fkd.networks.network import evaluating
from kaggle_fkd.system.precision import precision_on
from kaggle_fkd.system.process_group import ALONE, ProcessGroup
from kaggle_fkd.training.augmentation import change_light
from kaggle_fkd.training.objective import Objective

VALIDATION_CROPS, VALIDATION_BATCH = 1024, 64
"""Crops of held-out photographs on which the validation loss is measured, and how many at once."""
VALIDATION_SEED = 0
SECOND_WEIGHT = 2.0
"""Weight of the loss of the second stage, relative to that of the first."""


class DetectionObjective(Objective[DetectorNet]):
    """To find the faces in crops of photographs; validated on fixed crops of held-out ones."""

    metric: ClassVar[Metric] = LOSS
    noun: ClassVar[str] = "crop"
    divisible: ClassVar[bool] = False  # the second stage has a batch of its own

    def __init__(
        self, config: Config, train: PhotographDataset, validation: PhotographDataset,
        device: torch.device,
    ) -> None:  # fmt: skip
        self.config, self.device = config, device
        self.crops, self.validation = Crops(train, config.detect), Crops(validation, config.detect)
        self.cells, self.strides = (
            each.to(device) for each in all_cells(config.detect.crop, config.detect.crop)
        )
        self._fixed: list[Batch] = []

    @property
    def examples(self) -> int:
        """The number of crops of an epoch."""
        return len(self.crops)

    @property
    def held_out(self) -> int:
        """The number of fixed crops of held-out photographs."""
        return min(VALIDATION_CROPS, len(self.validation))

    def initialise(self, network: DetectorNet) -> None:
        """There is nothing to take from the photographs."""

    def loss(
        self, network: DetectorNet, index: Tensor, generator: torch.Generator,
        group: ProcessGroup = ALONE,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """The loss; it times the number of positive cells, and that number."""
        batch = self.crops.batch(index, generator)
        images = batch.images.to(self.device).float()
        images = change_light(images, self.config.augment, generator).clamp(0, 255)
        return self._loss(network, images, batch, generator)

    def training_score(self, total: float, count: float) -> float:
        """The loss of a positive cell."""
        return total / max(count, 1)

    def validate(self, network: DetectorNet, precision: str = "fp32") -> dict[str, float]:
        """The loss on crops of the held-out photographs, which are always the same."""
        sums = torch.zeros(2)
        autocast = precision_on(self.device, precision).autocast(self.device)
        with evaluating(network), torch.inference_mode(), autocast:
            for batch in self._validation_batches():
                images = batch.images.to(self.device).float()
                sums += self._loss(network, images, batch)[1].cpu()
        return {"all": self.training_score(*sums.tolist())}

    def results(self, network: DetectorNet) -> dict[str, Any]:
        """The validation loss."""
        return {"validation_loss": self.validate(network)}

    def _loss(
        self, network: DetectorNet, images: Tensor, batch: Batch,
        generator: torch.Generator | None = None,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """As `loss`; with a generator, some scores of the first stage are unknown, and backgrounds
        are seen at a second roll."""
        labels = (batch.faces, batch.labelled, batch.ignored, batch.complete, batch.exact_eyes)
        faces, labelled, ignored, complete, exact_eyes = (each.to(self.device) for each in labels)
        targets = assign(faces, labelled, ignored, complete, self.cells, self.strides)
        outputs = network(images)
        loss, count = detection_loss(outputs, faces, exact_eyes, targets)
        proposals = collect_proposals(images, outputs, batch, generator)
        if proposals is not None:
            loss = loss + SECOND_WEIGHT * second_stage_loss(network, proposals, generator)
        return loss, torch.stack([loss.detach() * count, count.float()])

    def _validation_batches(self) -> list[Batch]:
        """The fixed crops; made once."""
        if not self._fixed:
            random = np.random.default_rng(VALIDATION_SEED)
            chosen = random.permutation(len(self.validation))[:VALIDATION_CROPS]
            generator = torch.Generator().manual_seed(VALIDATION_SEED)
            self._fixed = [
                self.validation.batch(part, generator)
                for part in torch.from_numpy(chosen).split(VALIDATION_BATCH)
            ]
        return self._fixed
