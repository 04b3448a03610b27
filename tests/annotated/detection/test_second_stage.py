"""What the second stage of a detector is trained on."""

from dataclasses import replace

import numpy as np
import torch
from support.made_up_photographs import drawn_photographs

from kaggle_fkd.annotated.detection.crops import Batch, Crops
from kaggle_fkd.annotated.detection.second_stage import collect_proposals, second_stage_loss
from kaggle_fkd.config import DetectConfig
from kaggle_fkd.networks import build_network
from kaggle_fkd.networks.detector_shape import CHIP, CHIP_FACE
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.photo.detection.faces import CENTRE, SIZE

BATCH: Batch = Crops(drawn_photographs(4), DetectConfig()).batch(
    torch.arange(4), torch.Generator().manual_seed(0)
)


def predictions(logit=3.0, moved=0.0):
    """In each crop, its first face, moved to the right, and a face at (10, 10)."""
    rows = torch.full((4, 2, 8), logit)
    rows[:, 0, 1:] = BATCH.faces[:, 0]
    rows[:, 0, [1, 4, 6]] += moved * BATCH.faces[:, 0, 2:3]
    rows[:, 1, 1:] = torch.tensor([-80.0, -80, 12, -83, -83, -77, -83])
    return rows


def test_proposals_are_faces_or_background_in_chips():
    exact = collect_proposals(BATCH.images, predictions(), BATCH)
    assert exact.chips.shape == (8, CHIP, CHIP) and exact.is_face.sum() == 4
    faces = exact.faces[exact.is_face].numpy()
    assert np.allclose(faces[:, CENTRE], (CHIP - 1) / 2, atol=1e-3)
    assert np.allclose(faces[:, SIZE], CHIP_FACE, atol=1e-3)
    assert exact.exact_eyes[exact.is_face].all()
    moved = collect_proposals(BATCH.images, predictions(moved=0.2), BATCH)
    distance = np.linalg.norm(moved.faces[moved.is_face][:, CENTRE] - (CHIP - 1) / 2, axis=1)
    assert np.allclose(distance, 0.2 * CHIP_FACE, atol=1e-3)


def test_in_a_training_each_background_is_seen_at_a_second_random_roll():
    nobody = replace(BATCH, labelled=torch.zeros_like(BATCH.labelled))
    generator = torch.Generator().manual_seed(0)
    chips = collect_proposals(BATCH.images, predictions()[:, :1], nobody, generator).chips
    once = collect_proposals(BATCH.images, predictions()[:, :1], nobody).chips
    assert torch.equal(chips[::2], once) and len(once) == 4
    assert not any(torch.equal(*pair) for pair in zip(chips[::2], chips[1::2], strict=True))
    faces = collect_proposals(BATCH.images, predictions(), BATCH, generator)
    assert faces.is_face.sum() == 4 and (~faces.is_face).sum() == 8


def test_without_proposals_there_is_nothing_to_learn():
    assert collect_proposals(BATCH.images, predictions(logit=-9.0), BATCH) is None


def test_the_second_stage_learns_to_tell_and_to_place_faces():
    torch.manual_seed(0)
    network = build_network("detector", NetworkShape(160, 160, 2, 1))
    examples = collect_proposals(BATCH.images, predictions(moved=0.2), BATCH)
    optimizer = torch.optim.Adam(network.second_stage.parameters(), lr=3e-3)
    losses = []
    for _ in range(60):
        loss = second_stage_loss(network, examples, None)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.15 * losses[0]
    hidden = second_stage_loss(network, examples, torch.Generator().manual_seed(0))
    assert hidden.isfinite() and hidden != second_stage_loss(network, examples, None)
