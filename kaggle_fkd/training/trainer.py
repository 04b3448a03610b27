"""The training loop: epochs over faces that live on the device, validation, averages, resume."""

import io
import math
import pickle
import time
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import RunError
from kaggle_fkd.figures.style import learning_curve, save_figure
from kaggle_fkd.metrics import rmse_by_convention, rmse_by_keypoint
from kaggle_fkd.networks.network import KeypointNetwork, head_index, images_on, predict
from kaggle_fkd.runs.member import Member
from kaggle_fkd.runs.run import source_commit
from kaggle_fkd.system.console import log, progress
from kaggle_fkd.system.device import describe_device, peak_memory_mb
from kaggle_fkd.system.files import atomic_path, write_text
from kaggle_fkd.training.augmentation import augment
from kaggle_fkd.training.labels import mean_keypoints_by_head, targets_by_head
from kaggle_fkd.training.loss import masked_loss, squares_and_count

LOSS_UNITS_PER_WIDTH = 96
"""Losses see errors in 96ths of the width: pixels of the competition's images."""
DAMAGE = (OSError, RuntimeError, ValueError, EOFError, KeyError, TypeError)
"""What reading a state raises when its file is damaged, or of another version."""
Tensors = tuple[Tensor, ...] | list[Tensor]


class Trainer:
    """One member's training on `train`, watched on `validation`, which decides nothing.

    After every epoch the whole state is on disk, so that a training killed at any moment
    continues where its last whole epoch ended; on the CPU it ends bit-equal to an uninterrupted
    one.
    """

    def __init__(
        self, member: Member, train: FaceDataset, validation: FaceDataset, device: torch.device
    ) -> None:
        self.member, self.config, self.validation = member, member.config.train, validation.inner()
        self.scheme, self.margin, self.device = train.scheme, train.margin, device
        network = member.new_network()
        network.set_mean_keypoints(mean_keypoints_by_head(train.inner(), member.shape))
        self.network = network.to(device)
        self.average = averaged(self.network, self.config.ema)
        # Fused: one pass over the parameters in place of a dozen.
        self.optimizer = torch.optim.AdamW(
            _parameter_groups(self.network, self.config.weight_decay),
            lr=self.config.lr, fused=device.type != "mps",
        )  # fmt: skip
        # On the CPU whatever the device: draws the order of the faces and the augmentation.
        self.generator = torch.Generator().manual_seed(member.seed)
        self.images = images_on(device, train)
        self.heads = head_index(device, train, member.shape.heads)
        self.keypoints = torch.from_numpy(train.keypoints.copy()).to(device)
        weight = np.ones(len(train), np.float32) if train.weight is None else train.weight
        self.weight = torch.from_numpy(weight).to(device)
        self.validation_images = images_on(device, self.validation)
        self.validation_heads = head_index(device, self.validation, member.shape.heads)
        self.history: list[dict[str, float]] = []
        self.commits = [source_commit()]

    def fit(self) -> dict[str, Any]:
        """Train to the end, from the saved state if there is one; returns the summary.

        Raises RunError when the loss stops being a number, the saved state is damaged, or
        another process is training the same member.
        """
        with self.member.locked():
            if self.member.finished:  # by another process, since this one chose it
                return self.member.summary
            if self.member.state_file.exists():
                self._restore()
                log.info("%s: continuing after epoch %d", self.member.name, len(self.history))
            self._train()
            return self._finish()

    def _train(self) -> None:
        steps = self.config.epochs * self._batches_per_epoch
        with progress(None, f"training {self.member.name}", total=steps) as bar:
            bar.update(len(self.history) * self._batches_per_epoch)
            while len(self.history) < self.config.epochs:
                started = time.perf_counter()
                train_rmse = self._train_epoch(bar)
                self._record(train_rmse, started)
                bar.set_postfix_str(f"validation RMSE {self.history[-1]['val_rmse']:.3f} px")

    @property
    def _batches_per_epoch(self) -> int:
        return math.ceil(len(self.images) / self.config.batch_size)

    def _train_epoch(self, bar: Any) -> float:
        """One pass over the faces; the RMSE in pixels on them as they were augmented."""
        self.network.train()
        errors = []
        order = torch.randperm(len(self.images), generator=self.generator)
        for step, index in enumerate(order.split(self.config.batch_size)):
            # The middle of the step, as the ramp begins and the cosine ends at a rate of 0.
            done = (len(self.history) + (step + 0.5) / self._batches_per_epoch) / self.config.epochs
            index = index.to(self.device)
            images, target, mirrored = augment(
                self.images[index], self.keypoints[index], self.scheme,
                self.member.config.augment, self.generator, self.margin,
            )  # fmt: skip
            heads = self.member.shape.mirrored_head_index(self.heads[index], mirrored)
            predicted = self.network(images)
            targets = targets_by_head(target, heads, self.member.shape, self.scheme)
            unit = self.member.shape.width / LOSS_UNITS_PER_WIDTH
            loss = masked_loss(
                self.config.loss_at(done), predicted / unit, targets / unit, self.weight[index]
            )
            for group in self.optimizer.param_groups:
                group["lr"] = self.config.lr_at(done)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.average.update_parameters(self.network)
            rows = torch.arange(len(index), device=self.device)
            errors.append(squares_and_count(predicted[rows, heads], target))
            bar.update()
        squares, count = torch.stack(errors).cpu().double().sum(dim=0).tolist()
        return math.sqrt(squares / max(count, 1))

    def _validate(self) -> NDArray[np.float32]:
        """N x K x 2 pixels, the averaged network's keypoints of the validation faces."""
        network: Any = self.average.module
        return predict(network, self.validation_images, self.validation_heads)

    def _record(self, train_rmse: float, started: float) -> None:
        """Validate, note the epoch, save everything."""
        scores = rmse_by_convention(self._validate(), self.validation)
        epoch = len(self.history) + 1
        if not math.isfinite(train_rmse + scores["all"]):
            raise RunError(
                f"{self.member.name}: the loss is no longer a number (epoch {epoch})",
                "lower the learning rate, --lr",
            )
        row = {"epoch": epoch, "lr": self.optimizer.param_groups[0]["lr"]}
        row |= {"train_rmse": train_rmse, "val_rmse": scores.pop("all")}
        row |= {f"val_rmse_{name}": score for name, score in scores.items()}
        self.history.append({**row, "seconds": time.perf_counter() - started})
        log.info(
            "epoch %d/%d: training RMSE %.3f, validation RMSE %.3f px (%s), %.1f s",
            epoch, self.config.epochs, train_rmse, row["val_rmse"],
            ", ".join(f"{name} {score:.3f}" for name, score in scores.items()),
            self.history[-1]["seconds"],
        )  # fmt: skip
        self._save()

    def _save(self) -> None:
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "dropout": torch.get_rng_state(),
            "history": self.history,
            "commits": self.commits,
        }
        # Through memory: a full disk is then an OSError, which torch would hide.
        content = io.BytesIO()
        torch.save(state, content)
        with atomic_path(self.member.state_file) as temporary:
            temporary.write_bytes(content.getbuffer())
        self._write_metrics()

    def _restore(self) -> None:
        try:
            state = torch.load(self.member.state_file, map_location="cpu", weights_only=True)
            self.network.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.generator.set_state(state["generator"])
            torch.set_rng_state(state["dropout"])
            self.history = state["history"]
            self.commits = [*dict.fromkeys([*state["commits"], *self.commits])]
        except (*DAMAGE, pickle.UnpicklingError) as error:
            raise RunError(
                f"{self.member.state_file}: damaged, nothing to resume from ({error})",
                "delete it, and --resume starts this member anew",
            ) from error

    def _write_metrics(self) -> None:
        table = pd.DataFrame(self.history).to_csv(index=False, float_format="%.6g")
        write_text(self.member.folder / "metrics.csv", table)

    def _finish(self) -> dict[str, Any]:
        """Score the averaged weights, draw the learning curve, store the results."""
        predicted = self._validate()
        summary = {
            "commit": ", ".join(filter(None, self.commits)),
            "torch": torch.__version__,
            "epochs": len(self.history),
            "device": describe_device(self.device),
            "held_out_fold": self.member.fold,
            "seed": self.member.seed,
            "training_faces": len(self.images),
            "validation_faces": len(self.validation),
            "validation_rmse": rmse_by_convention(predicted, self.validation),
            "validation_rmse_by_keypoint": rmse_by_keypoint(predicted, self.validation),
            "seconds": sum(row["seconds"] for row in self.history),
            "peak_memory_mb": peak_memory_mb(),
            "parameters": sum(p.numel() for p in self.network.parameters()),
        }
        self._write_metrics()
        figure = learning_curve(pd.DataFrame(self.history), self.member.name)
        save_figure(figure, self.member.folder / "learning_curve.png")
        weights = {name: w.cpu() for name, w in self.average.module.state_dict().items()}
        self.member.finish(weights, summary)
        return summary


def _parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """AdamW's groups: weights decay; biases and normalisation do not."""
    of_weights: list[Tensor] = [p for p in network.parameters() if p.ndim > 1]
    others: list[Tensor] = [p for p in network.parameters() if p.ndim <= 1]
    return [
        {"params": of_weights, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]


def averaged(network: KeypointNetwork, decay: float) -> AveragedModel:
    """A copy of the network that follows it with `update_parameters`, statistics included.

    As Keras and TensorFlow have it: in the n-th step the decay is at most
    (1 + n) / (10 + n), so that the random first weights are soon forgotten.
    """

    @torch.no_grad()
    def update(means: Tensors, current: Tensors, steps: Tensor | int) -> None:
        if not means[0].is_floating_point():  # the number of batches that a BatchNorm has seen
            torch._foreach_copy_(means, current)
            return
        share = 1 - min(decay, (1 + int(steps)) / (10 + int(steps)))
        torch._foreach_lerp_(means, current, share)

    return AveragedModel(network, multi_avg_fn=update, use_buffers=True)
