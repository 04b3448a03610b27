"""Makes the file of the shipped networks out of two runs trained on 68 points.

    python benchmarks/ship.py --coarse runs/RUN --fine runs/RUN \
        --faces data/youtube68 data/w300_train --out kaggle_fkd/weights/points68.safetensors

Takes the weights of the runs' first members as float16, and fits the judge that says how sure they
are of a face: a logistic regression on the fine look's features, of boxes from which the face's
keypoints were found against boxes from which they were not, on it, half beside it and elsewhere.
One picture in five is left out of the fit; the scores are of those.
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

from kaggle_fkd.imaging.chips import box_of_keypoints, box_overlap
from kaggle_fkd.imaging.picture import grey_of
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.metrics import nme
from kaggle_fkd.photo.annotations.load import find_pictures
from kaggle_fkd.photo.pretrained import (
    COARSE,
    FACE_FEATURES,
    FINE,
    PretrainedCascade,
    PretrainedNetworks,
    pack_pretrained,
)
from kaggle_fkd.runs.run import open_run
from kaggle_fkd.system.console import exit_code, progress, set_up
from kaggle_fkd.system.files import atomic_path

SEED, DEVICE = 0, torch.device("cpu")
BESIDE = 3
"""Boxes for each picture that hardly overlap the face."""
LEFT_OUT = 5
"""One picture in so many is left out of the fit."""
NEAR = ((0.25, 0.12), (0.25, 0.12), (0.5, 0.6), (0.5, 0.6))
"""Boxes near the face: how much larger or smaller, and how far off, as shares of the face's."""
FOUND, LOST = 0.12, 0.3
"""NME up to which the keypoints are those of the face, and from which they are not; what is between
teaches nothing. With 0.08 as the one limit, faces that are hard to see were taken for ghosts."""
MOST_OVERLAP = 0.15
"""IoU of a ghost's box with the face's, at most."""


def main() -> None:
    """Fit, score on what was left out, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--coarse", type=Path, required=True)
    parser.add_argument("--fine", type=Path, required=True)
    parser.add_argument("--faces", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    set_up(quiet=False)
    face_classifier = nn.Linear(FACE_FEATURES, 1)
    cascade = PretrainedCascade(_shipped(options, face_classifier), DEVICE)
    face_features, found, picture = _examples(cascade, options.faces)
    held_out = picture % LEFT_OUT == 0
    face_classifier = _fit(face_features[~held_out], found[~held_out])
    with torch.inference_mode():
        sure = face_classifier(torch.from_numpy(face_features[held_out]))[:, 0].sigmoid().numpy()
    true = found[held_out]
    print(
        f"left out: {true.sum()} boxes with the face, {(~true).sum()} without; area under the ROC "
        f"curve {roc_auc_score(true, sure):.5f}; at 0.5 {100 * (sure[true] >= 0.5).mean():.2f} % "
        f"of the former and {100 * (sure[~true] >= 0.5).mean():.2f} % of the latter pass"
    )
    # Afresh, as the locator has changed its own for prediction alone.
    content = pack_pretrained(_shipped(options, face_classifier))
    with atomic_path(options.out) as temporary:
        temporary.write_bytes(content)
    print(f"{options.out}: {len(content) / 1e6:.2f} MB")


def _shipped(options: argparse.Namespace, face_classifier: nn.Linear) -> PretrainedNetworks:
    """Both runs' first networks, loaded afresh, and the judge."""
    coarse, fine = open_run(options.coarse), open_run(options.fine)
    pretrained = PretrainedNetworks(coarse.shape, fine.shape)
    for run, model, network in ((coarse, COARSE, pretrained.coarse), (fine, FINE, pretrained.fine)):
        if run.config.train.model != model:
            sys.exit(f"{run.folder}: not a {model}")
        network.load_state_dict(run.member(0).load_network(DEVICE).state_dict())
    pretrained.face_classifier = face_classifier
    return pretrained


def _examples(
    cascade: PretrainedCascade, paths: list[Path]
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.int64]]:
    """Evidence M x E, whether the face was found, and the number of the picture it is from."""
    rng = np.random.default_rng(SEED)
    pictures = [picture for path in paths for picture in find_pictures(path)]
    face_features, found, number = [], [], []
    for index, picture in enumerate(progress(pictures, "faces and boxes beside them")):
        grey = grey_of(picture.load())
        face = box_of_keypoints(picture.keypoints)
        near = [_moved(face, scale, shift, rng) for scale, shift in NEAR]
        boxes = np.stack([*near, *_beside(face, grey.shape, rng)])
        keypoints, seen = cascade.find([grey] * len(boxes), boxes)
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
    sys.exit(exit_code(main))
