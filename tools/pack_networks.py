"""Packs two runs trained on 68 keypoints into the file of networks that comes with the package.

    python tools/pack_networks.py --coarse runs/RUN --fine runs/RUN \
        --train-on data/youtube68 data/w300_train --out kaggle_fkd/weights/points68.safetensors

The weights of the runs' first members are stored as float16. A face classifier is fitted, which
gives the confidence of a face: a logistic regression on the features of the fine network. Its
positive examples are boxes from which the face's keypoints were found; its negative ones are boxes
from which they were not: on the face, half beside it and elsewhere. One picture in five is left out
of the fit, and the printed scores are measured on them.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kaggle_fkd.errors import RunError
from kaggle_fkd.imaging.boxes import box_of_keypoints, box_overlap
from kaggle_fkd.imaging.picture import grey_of
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.metrics import nme
from kaggle_fkd.photo.annotations.load import find_pictures
from kaggle_fkd.photo.cascade import PretrainedCascade
from kaggle_fkd.photo.pretrained import COARSE, FINE, PretrainedNetworks, pack_pretrained
from kaggle_fkd.runs.run import open_run
from kaggle_fkd.system.console import progress, run_reporting_errors, set_up
from kaggle_fkd.system.files import atomic_path

SEED, DEVICE = 0, torch.device("cpu")
BESIDE = 3
"""Number of boxes per picture that hardly overlap the face."""
LEFT_OUT = 5
"""One picture in five is left out of the fit."""
NEAR = ((0.25, 0.12), (0.25, 0.12), (0.5, 0.6), (0.5, 0.6))
"""Boxes near the face: the fractions of its size by which each is scaled and shifted at most."""
FOUND, LOST = 0.12, 0.3
"""Boxes with an NME below the first are positive examples, above the second negative ones; others
are not used. With 0.08 as the only limit, faces that are hard to see were rejected."""
MOST_OVERLAP = 0.15
"""Largest IoU of a box beside the face with the box of the face."""


def main() -> None:
    """Fit the face classifier, score it on the held-out pictures, write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--coarse", type=Path, required=True)
    parser.add_argument("--fine", type=Path, required=True)
    parser.add_argument("--train-on", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    set_up(quiet=False)
    pretrained = _networks(options.coarse, options.fine)
    cascade = PretrainedCascade(pretrained, DEVICE)
    face_features, found, picture = _examples(cascade, options.train_on)
    held_out = picture % LEFT_OUT == 0
    pretrained.face_classifier = _fit(face_features[~held_out], found[~held_out])
    sure = cascade.confidence(torch.from_numpy(face_features[held_out]))
    true = found[held_out]
    print(
        f"held out: {true.sum()} boxes with the face, {(~true).sum()} without; area under the ROC "
        f"curve {roc_auc_score(true, sure):.5f}; at 0.5 {100 * (sure[true] >= 0.5).mean():.2f} % "
        f"of the former and {100 * (sure[~true] >= 0.5).mean():.2f} % of the latter pass"
    )
    content = pack_pretrained(pretrained)
    with atomic_path(options.out) as temporary:
        temporary.write_bytes(content)
    print(f"{options.out}: {len(content) / 1e6:.2f} MB")


def _networks(coarse_run: Path, fine_run: Path) -> PretrainedNetworks:
    """The first networks of both runs, with a face classifier that is not fitted yet."""
    coarse, fine = open_run(coarse_run), open_run(fine_run)
    pretrained = PretrainedNetworks(coarse.shape, fine.shape)
    for run, model, network in ((coarse, COARSE, pretrained.coarse), (fine, FINE, pretrained.fine)):
        if run.config.train.model != model:
            raise RunError(f"{run.folder} is not a run of {model}", f"give a run of {model}")
        network.load_state_dict(run.member(0).load_network(DEVICE).state_dict())
    return pretrained


def _examples(
    cascade: PretrainedCascade, paths: list[Path]
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.int64]]:
    """Face features, M x E; whether the face was found, M; and the number of the picture, M."""
    rng = np.random.default_rng(SEED)
    pictures = [picture for path in paths for picture in find_pictures(path, IBUG68)]
    face_features, found, number = [], [], []
    for index, picture in enumerate(progress(pictures, "faces and boxes beside them")):
        grey = grey_of(picture.load())
        face = box_of_keypoints(picture.keypoints)
        near = [_moved(face, scale, shift, rng) for scale, shift in NEAR]
        boxes = np.stack([*near, *_beside(face, grey.shape, rng)])
        keypoints, seen = cascade.predict([grey] * len(boxes), boxes)
        truth = picture.keypoints[None].repeat(len(boxes), axis=0)
        error = nme(keypoints, truth, IBUG68).mean(axis=1)
        clear = (error < FOUND) | (error > LOST)
        face_features.append(seen.numpy()[clear])
        found.append(error[clear] < FOUND)
        number += [index] * int(clear.sum())
    return np.concatenate(face_features), np.concatenate(found), np.array(number)


def _moved(
    box: NDArray[np.floating], scale: float, shift: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    side = box[2:] - box[:2]
    centre = (box[:2] + box[2:]) / 2 + rng.uniform(-shift, shift, 2) * side
    half = side / 2 * (1 + rng.uniform(-scale, scale))
    return np.concatenate([centre - half, centre + half])


def _beside(
    face: NDArray[np.floating], shape: tuple[int, ...], rng: np.random.Generator
) -> list[NDArray[np.float64]]:
    """Square boxes of many sizes that hardly overlap the face."""
    boxes: list[NDArray[np.float64]] = []
    for _ in range(20 * BESIDE):
        side = min(shape) * rng.uniform(0.1, 0.7)
        corner = rng.uniform(-0.1 * side, np.array(shape[1::-1]) - 0.9 * side)
        box = np.concatenate([corner, corner + side])
        if box_overlap(box[None], face[None])[0, 0] < MOST_OVERLAP and len(boxes) < BESIDE:
            boxes.append(box)
    return boxes


def _fit(face_features: NDArray[np.float32], found: NDArray[np.bool_]) -> nn.Linear:
    """The regression as one linear layer, the scaling of its inputs folded in."""
    scaler = StandardScaler().fit(face_features)
    fitted = LogisticRegression(C=0.01, max_iter=2000).fit(scaler.transform(face_features), found)
    weight = fitted.coef_ / scaler.scale_
    face_classifier = nn.Linear(face_features.shape[1], 1)
    with torch.no_grad():
        face_classifier.weight.copy_(torch.from_numpy(weight))
        face_classifier.bias.copy_(torch.from_numpy(fitted.intercept_ - weight @ scaler.mean_))
    return face_classifier


if __name__ == "__main__":
    sys.exit(run_reporting_errors(main))
