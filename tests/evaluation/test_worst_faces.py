"""Galleries of the faces with the largest errors, and of the suspected ones."""

import numpy as np
from support.made_up_faces import with_noise_and_errors

from kaggle_fkd.evaluation.audit import audit
from kaggle_fkd.evaluation.worst_faces import audit_gallery, worst_faces


def test_the_worst_face_is_drawn_first(competition):
    faces = competition.train
    predicted = with_noise_and_errors(faces)
    predicted[17, :, :2] += 30
    first = worst_faces(predicted, faces).axes[0]
    assert f"row {faces.ids[17]}" in first.get_title()
    assert np.array_equal(first.images[0].get_array(), faces.images[17])


def test_the_most_suspected_face_is_drawn_first_with_its_reason(competition):
    faces = competition.train
    predicted = with_noise_and_errors(faces, spread=0.5)
    predicted[17, :, :2] += 30
    first = audit_gallery(predicted, faces, audit(predicted, faces)).axes[0]
    assert f"row {faces.ids[17]}" in first.get_title()
    assert "wrong prediction" in first.get_title()
    assert np.array_equal(first.images[0].get_array(), faces.images[17])
