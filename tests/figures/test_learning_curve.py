"""What the learning curve tells at a glance."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from kaggle_fkd.figures.learning_curve import learning_curve, validation_curves
from kaggle_fkd.figures.style import save_figure


def metrics(
    first: float, last: float, epochs: int = 30, conventions: tuple[str, ...] = ("A", "B")
) -> pd.DataFrame:
    """The table of a training whose errors fall from `first` to `last`."""
    error = np.geomspace(first, last, epochs)
    columns = {"epoch": np.arange(1, epochs + 1), "lr": error, "train_rmse": 1.05 * error}
    columns |= {"val_rmse": error, "seconds": error}
    for index, name in enumerate(conventions):
        columns[f"val_rmse_{name}"] = error * (0.97 + 0.05 * index)
    return pd.DataFrame(columns)


def ticks(figure: Figure) -> list[float]:
    return list(figure.axes[0].get_yticks())


def names_of_curves(figure: Figure) -> list[str]:
    return sorted(text.get_text() for text in figure.axes[0].texts)


@pytest.mark.parametrize(
    ("first", "last"), [(22, 1.5), (9, 4), (3.01, 3), (2, 2), (60, 0.4), (1e6, 1.3), (1, 0.001)]
)
def test_ticks_enclose_the_curves_and_are_few_enough_to_read(tmp_path: Path, first, last):
    figure = learning_curve(metrics(first, last, conventions=()), "run/member-00")
    assert 2 <= len(ticks(figure)) <= 16
    # Whatever is thinned out, the axis ends at values that the densest ticks have.
    low, high = figure.axes[0].get_ylim()
    assert low <= last and 1.05 * first < high
    assert low > last / 1.7 and high < 1.7 * 1.05 * first
    save_figure(figure, tmp_path / "curve.png")
    boxes = [label.get_window_extent() for label in figure.axes[0].get_yticklabels()]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_a_usual_training_has_the_usual_ticks():
    figure = learning_curve(metrics(14, 1.4), "run/member-00")
    assert ticks(figure) == [1.2, 1.5, 2, 3, 5, 7, 10, 12, 15]
    texts = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert texts == ["1.2", "1.5", "2", "3", "5", "7", "10", "12", "15"]


def test_each_curve_ends_in_its_name_and_its_last_value(tmp_path: Path):
    figure = learning_curve(metrics(14, 1.5), "run/member-00")
    assert names_of_curves(figure) == [
        "training (augmented) 1.58", "validation 1.50", "validation, A 1.46", "validation, B 1.53",
    ]  # fmt: skip
    save_figure(figure, tmp_path / "curve.png")
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    assert all(box.x1 <= figure.bbox.x1 for box in boxes)


def test_the_title_says_which_training_how_long_and_how_good():
    figure = learning_curve(metrics(14, 1.5), "a$run$/member-00")
    title, note = (text.get_text() for text in figure.texts)
    assert title == "Validation RMSE 1.500 px after 30 epochs"
    assert note.startswith("a$run$/member-00. ")


def test_one_epoch_is_drawn_too(tmp_path: Path):
    figure = learning_curve(metrics(3, 3, epochs=1), "run/member-00")
    assert figure.texts[0].get_text().endswith("after 1 epoch")
    save_figure(figure, tmp_path / "curve.png")
    low, high = figure.axes[0].get_xlim()
    assert [tick for tick in figure.axes[0].get_xticks() if low <= tick <= high] == [1]


def test_a_convention_without_validation_faces_is_left_out():
    table = metrics(14, 1.5)
    table["val_rmse_B"] = np.nan
    names = names_of_curves(learning_curve(table, "run/member-00"))
    assert len(names) == 3 and not any("B" in name for name in names)


def test_the_only_convention_of_a_scheme_is_not_drawn_twice():
    figure = learning_curve(metrics(14, 1.5, conventions=("iBUG",)), "run/member-00")
    assert names_of_curves(figure) == ["training (augmented) 1.58", "validation 1.50"]


def test_trainings_are_compared_by_their_validation_scores_under_their_names(tmp_path: Path):
    trainings = {"lenet": metrics(9, 3, 5), "a$network$": metrics(8, 2.9, 12)}
    figure = validation_curves(trainings, "Two trainings")
    assert names_of_curves(figure) == ["a$network$ 2.90", "lenet 3.00"]
    assert [len(line.get_xdata()) for line in figure.axes[0].lines] == [5, 12]
    save_figure(figure, tmp_path / "curves.png")
    one, other = (text.get_window_extent() for text in figure.axes[0].texts)
    assert not one.overlaps(other)
