"""The training loop: epochs over faces that live on the device, validation, early stopping."""

import io
import math
import pickle
import time
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from kaggle_fkd.errors import RunError
from kaggle_fkd.evaluation.metrics import rmse_by_convention, rmse_by_keypoint
from kaggle_fkd.faces import Faces
from kaggle_fkd.figures.curves import learning_curve
from kaggle_fkd.figures.style import save_figure
from kaggle_fkd.networks.core.inference import heads_to, images_to, predict
from kaggle_fkd.system.console import log, progress
from kaggle_fkd.system.device import peak_memory_mb
from kaggle_fkd.system.files import atomic_path, write_text
from kaggle_fkd.training.augmentation import augment
from kaggle_fkd.training.labels import mean_face
from kaggle_fkd.training.losses import masked_loss, squares_and_count
from kaggle_fkd.training.run import Run

FINAL_LR = 0.01
"""The learning rate's share that is left in the last epoch."""


class Training:
    """One run's training on `train`, judged on `validation`.

    After every epoch the whole state is on disk, so that a run killed at any moment continues
    where its last whole epoch ended; on the CPU it ends bit-equal to an uninterrupted one.
    """

    def __init__(self, run: Run, train: Faces, validation: Faces, device: torch.device) -> None:
        self.run, self.config, self.validation = run, run.config.train, validation
        self.scheme, self.device = train.scheme, device
        heads = run.shape.heads
        network = run.new_network()
        network.start_from(torch.from_numpy(mean_face(train, heads)))
        self.network = network.to(device)
        # Fused: one pass over 8 M parameters in place of a dozen.
        self.optimizer = torch.optim.Adam(
            self.network.parameters(), lr=self.config.lr, fused=device.type != "mps"
        )
        # On the CPU whatever the device: draws the order of the faces and the augmentation.
        self.generator = torch.Generator().manual_seed(self.config.seed)
        self.images, self.heads = images_to(device, train), heads_to(device, train, heads)
        self.keypoints = torch.from_numpy(train.keypoints.copy()).to(device)
        self.validation_images = images_to(device, validation)
        self.validation_heads = heads_to(device, validation, heads)
        self.history: list[dict[str, float]] = []
        self.best_weights: dict[str, Tensor] = {}

    @property
    def best(self) -> dict[str, float]:
        """The metrics of the epoch with the lowest validation RMSE so far."""
        return min(self.history, key=lambda row: row["val_rmse"])

    @property
    def over(self) -> bool:
        """True after the last epoch, or `patience` epochs without progress."""
        epochs = len(self.history)
        return epochs >= self.config.epochs or (
            epochs > 0 and epochs - self.best["epoch"] >= self.config.patience
        )

    def fit(self) -> dict[str, Any]:
        """Train to the end, from the saved state if there is one; returns the summary.

        Raises RunError when the loss stops being a number, the saved state is damaged, or
        another process is training the same run.
        """
        with self.run.locked():
            if self.run.finished:  # by another process, since this one chose it
                return self.run.summary
            if self.run.state_file.exists():
                self._restore()
                log.info("%s: continuing after epoch %d", self.run.name, len(self.history))
            self._train()
            return self._finish()

    def _train(self) -> None:
        steps = self.config.epochs * self._batches_per_epoch
        with progress(None, f"training {self.config.model}", total=steps) as bar:
            bar.update(len(self.history) * self._batches_per_epoch)
            while not self.over:
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
            index = index.to(self.device)
            images, target = augment(
                self.images[index], self.keypoints[index], self.scheme,
                self.run.config.augment, self.generator,
            )  # fmt: skip
            rows = torch.arange(len(index), device=self.device)
            predicted = self.network(images)[rows, self.heads[index]]
            # In half-widths of the image, the unit in which losses and learning rates are usual.
            unit = self.run.shape.width / 2
            loss = masked_loss(self.config.loss, predicted / unit, target / unit)
            for group in self.optimizer.param_groups:
                group["lr"] = self._learning_rate(step)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            errors.append(squares_and_count(predicted, target))
            bar.update()
        squares, count = torch.stack(errors).cpu().double().sum(dim=0).tolist()
        return math.sqrt(squares / max(count, 1))

    def _learning_rate(self, step: int) -> float:
        """Half a cosine from `lr` down to a hundredth of it, over all epochs."""
        done = (len(self.history) + step / self._batches_per_epoch) / self.config.epochs
        share = FINAL_LR + (1 - FINAL_LR) * (1 + math.cos(math.pi * done)) / 2
        return self.config.lr * share

    def _record(self, train_rmse: float, started: float) -> None:
        """Validate, note the epoch, keep the weights if they are the best, save everything."""
        predicted = predict(self.network, self.validation_images, self.validation_heads)
        scores = rmse_by_convention(predicted, self.validation)
        if not math.isfinite(train_rmse + scores["all"]):
            raise RunError(
                f"{self.run.name}: the loss is no longer a number (epoch {len(self.history) + 1})",
                "lower the learning rate, --lr",
            )
        row = {"epoch": len(self.history) + 1, "lr": self._learning_rate(0)}
        row |= {"train_rmse": train_rmse, "val_rmse": scores.pop("all")}
        row |= {f"val_rmse_{name}": score for name, score in scores.items()}
        self.history.append({**row, "seconds": time.perf_counter() - started})
        if self.best["epoch"] == row["epoch"]:
            weights = self.network.state_dict()
            self.best_weights = {name: w.detach().cpu().clone() for name, w in weights.items()}
        by_convention = ", ".join(f"{name} {score:.3f}" for name, score in scores.items())
        log.info(
            "epoch %d/%d: training RMSE %.3f, validation RMSE %.3f px (%s), %.1f s%s",
            row["epoch"], self.config.epochs, train_rmse, row["val_rmse"], by_convention,
            self.history[-1]["seconds"], " *" if self.best["epoch"] == row["epoch"] else "",
        )  # fmt: skip
        self._save()

    def _save(self) -> None:
        state = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "dropout": torch.get_rng_state(),
            "history": self.history,
            "best_weights": self.best_weights,
        }
        # Through memory: a full disk is then an OSError, which torch would hide.
        content = io.BytesIO()
        torch.save(state, content)
        with atomic_path(self.run.state_file) as temporary:
            temporary.write_bytes(content.getbuffer())
        self._write_metrics()

    def _restore(self) -> None:
        try:
            state = torch.load(self.run.state_file, map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
            raise RunError(
                f"{self.run.state_file}: damaged, nothing to resume from ({error})",
                "delete it, and --resume starts this run anew",
            ) from error
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])
        torch.set_rng_state(state["dropout"])
        self.history, self.best_weights = state["history"], state["best_weights"]

    def _write_metrics(self) -> None:
        table = pd.DataFrame(self.history)
        write_text(self.run.folder / "metrics.csv", table.to_csv(index=False, float_format="%.6g"))

    def _finish(self) -> dict[str, Any]:
        """Score the best weights once more, draw the learning curve, store the results."""
        self.network.load_state_dict(self.best_weights)
        predicted = predict(self.network, self.validation_images, self.validation_heads)
        summary = {
            "best_epoch": self.best["epoch"],
            "epochs": len(self.history),
            "validation_faces": len(self.validation),
            "training_faces": len(self.images),
            "validation_rmse": rmse_by_convention(predicted, self.validation),
            "validation_rmse_by_keypoint": rmse_by_keypoint(predicted, self.validation),
            "seconds_per_epoch": sum(r["seconds"] for r in self.history) / len(self.history),
            "peak_memory_mb": peak_memory_mb(),
            "parameters": sum(p.numel() for p in self.network.parameters()),
        }
        self._write_metrics()
        figure = learning_curve(pd.DataFrame(self.history), self.run.name)
        save_figure(figure, self.run.folder / "learning_curve.png")
        self.run.finish(self.best_weights, summary)
        return summary
