"""What follows from the analysis for modelling, in sentences with its numbers."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from kaggle_fkd.competition.eda.imputation import METHOD_WORDS
from kaggle_fkd.system.text import count_of, in_words

_ALIKE = 0.3
"""Parts of the data are alike if their means differ by fewer standard deviations."""

Summary = Mapping[str, Any]


def findings(summary: Summary) -> list[str]:
    """The sentences that the main numbers of the topics (summary.json) give reason to."""
    parts = (_conventions, _missing, _repeats, _geometry, _test, _suspects)
    return [sentence for part in parts for sentence in part(summary)]


def as_markdown(sentences: list[str]) -> str:
    """The sentences as a page."""
    return "\n".join(["# What follows for modelling", "", *(f"- {each}" for each in sentences), ""])


def _conventions(summary: Summary) -> Iterator[str]:
    apart = summary["conventions"].get("apart")
    if apart:
        name, (_, down) = max(apart.items(), key=lambda item: np.linalg.norm(item[1]))
        first, second = list(summary["missing"])[:2]
        yield (
            f"Labels follow two conventions. The {in_words(name)} of {second} is "
            f"{abs(down):.1f} px {'lower' if down > 0 else 'higher'} than that of {first} on "
            "average, under the same name: give each convention an output of its own, and take a "
            "test face's convention from the coordinates that are asked for."
        )


def _missing(summary: Summary) -> Iterator[str]:
    missing = sum(part["missing_labels"] for part in summary["missing"].values())
    if not missing:
        return
    text = (
        f"Only {count_of(missing, 'label')} of those that the conventions mark "
        f"{'is' if missing == 1 else 'are'} missing; the other empty cells were never asked for. "
        "Leave both out of the loss, rather than fill them in"
    )
    imputation = summary["imputation"]
    if imputation:
        best = imputation["best_method"]
        text += (
            f": the best method (the {METHOD_WORDS[best]}) has an RMSE of "
            f"{imputation['rmse'][best]:.1f} px, the mean of the column "
            f"{imputation['rmse']['mean']:.1f} px"
        )
    yield f"{text}."


def _repeats(summary: Summary) -> Iterator[str]:
    repeats = summary["repeats"]
    rows = repeats["rows_that_repeat_another"]
    if rows:
        text = (
            f"{count_of(rows, 'row')} {'repeats' if rows == 1 else 'repeat'} the image of another: "
            "keep an image in one fold, or validation is too good."
        )
        if repeats["median_distance"] is not None:
            text += (
                " On half of the images that are labelled twice, some keypoint's labels are "
                f"{repeats['median_distance']:.1f} px or more apart: a score cannot fall far below "
                "what people agree on."
            )
        yield text


def _geometry(summary: Summary) -> Iterator[str]:
    usual = summary["geometry"]
    if usual:
        (near, far), (least, most) = usual["eye_distance"], usual["roll"]
        yield (
            f"95 % of the faces have eyes {near:.0f} to {far:.0f} px apart and are rolled by "
            f"{least:.0f} to {most:.0f} degrees: scale and rotate by about as much in augmentation."
        )


def _test(summary: Summary) -> Iterator[str]:
    images = summary["images"]
    if "test" not in images["mean"]:
        return
    training, test = images["mean"]["training"], images["mean"]["test"]
    apart = {
        name: (test[name] - training[name]) / max(images["std"][name], 1e-6) for name in training
    }
    other = [f"{name} ({each:+.1f} std)" for name, each in apart.items() if abs(each) > _ALIKE]
    yield (
        f"Test images differ from training images in {' and '.join(other)}: augmentation should "
        "cover that, and validation scores tell less."
        if other
        else "Training and test images are alike: their mean brightness, contrast and sharpness "
        f"differ by less than {_ALIKE:g} standard deviations, so validation on training faces is "
        "fair."
    )
    shares, shared = images["convention_shares"], images["test_images_in_training"]
    name = list(shares["test"])[-1]
    yield (
        f"{100 * shares['test'][name]:.0f} % of the test faces are asked for in convention {name}, "
        f"{100 * shares['training'][name]:.0f} % of the training faces are labelled in it: weigh "
        f"the errors of the conventions accordingly. {count_of(shared, 'test image')} also "
        f"{'occurs' if shared == 1 else 'occur'} in training."
    )


def _suspects(summary: Summary) -> Iterator[str]:
    suspects = summary["plausibility"].get("implausible", 0)
    if suspects:
        yield (
            f"{count_of(suspects, 'face')} {'has' if suspects == 1 else 'have'} a label far from "
            "where the others put it: look at them (plausibility.png), and use a loss that is not "
            "dominated by a few wrong labels, or the label audit of evaluate."
        )
