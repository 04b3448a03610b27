"""The lookup table: which coordinates of which test images a submission has to contain."""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kaggle_fkd.competition.archive import SourceFile
from kaggle_fkd.competition.tables import REMEDY, read_text, reject_repeats, whole_numbers
from kaggle_fkd.errors import DataError, UsageError
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.system.text import describe_row


@dataclass(frozen=True)
class Lookup:
    """The R requested coordinates, in the file's order."""

    row_ids: NDArray[np.int64]
    """R, Kaggle's RowId, each once."""
    image: NDArray[np.int64]
    """R, position of the image in test.csv (not its ImageId)."""
    feature: NDArray[np.int64]
    """R, position in `scheme.feature_names`."""
    images: int
    """N, the number of images in test.csv."""
    keypoint_count: int
    """K, the number of the scheme's keypoints."""

    def __len__(self) -> int:
        return len(self.row_ids)

    def digest(self) -> str:
        """Hex sha256 of the table."""
        columns = np.stack([self.row_ids, self.image, self.feature])
        return hashlib.sha256(columns.tobytes()).hexdigest()

    def requested(self) -> NDArray[np.bool_]:
        """N x K, true where at least one coordinate of the keypoint is requested."""
        requested = np.zeros((self.images, self.keypoint_count), bool)
        requested[self.image, self.feature // 2] = True
        return requested

    def locations(self, keypoints: NDArray[np.floating]) -> NDArray[np.floating]:
        """The R requested coordinates of N x K x 2 keypoints, in pixels.

        They may be N x K x 3, with the expected error of each keypoint behind its x and y. Raises
        UsageError for another number of images or of keypoints.
        """
        shape = np.shape(keypoints)
        if shape not in [(self.images, self.keypoint_count, numbers) for numbers in (2, 3)]:
            raise UsageError(
                f"predictions of shape {shape} are not those of {self.images} test images with "
                f"{self.keypoint_count} keypoints",
                "predict the test images: N x K x 2, or N x K x 3 with expected errors",
            )
        return keypoints[self.image, self.feature // 2, self.feature % 2]

    def keypoints(self, locations: NDArray[np.floating]) -> NDArray[np.float32]:
        """N x K x 2 in pixels, from the R requested coordinates; NaN where none is requested.

        It is the inverse of `locations`.
        """
        keypoints = np.full((self.images, self.keypoint_count, 2), np.nan, np.float32)
        keypoints[self.image, self.feature // 2, self.feature % 2] = locations
        return keypoints


def read_lookup(file: SourceFile, image_ids: NDArray[np.int64], scheme: KeypointScheme) -> Lookup:
    """The lookup table of the test images `image_ids`, N.

    Raises DataError, which names the row, for an unknown image or feature, and for a RowId that is
    repeated or not an integer.
    """
    table = read_text(file, ["RowId", "ImageId", "FeatureName"])
    row_ids = whole_numbers(table["RowId"], file)
    reject_repeats(row_ids, "RowId", file)
    images = pd.Index(image_ids).get_indexer(pd.Index(whole_numbers(table["ImageId"], file)))
    _reject_unknown(images, table["ImageId"], "which test.csv does not have", file)
    names = pd.Index(scheme.feature_names)
    features = names.get_indexer(pd.Index(table["FeatureName"]))
    _reject_unknown(features, table["FeatureName"], "which no keypoint has", file)
    return Lookup(
        row_ids, images.astype(np.int64), features.astype(np.int64),
        len(image_ids), len(scheme.names),
    )  # fmt: skip


def check_sample_submission(file: SourceFile, lookup: Lookup) -> None:
    """DataError if the sample submission has other rows than the lookup table."""
    row_ids = whole_numbers(read_text(file, ["RowId", "Location"])["RowId"], file)
    reject_repeats(row_ids, "RowId", file)
    if not np.array_equal(np.sort(row_ids), np.sort(lookup.row_ids)):
        raise DataError(
            f"{file}: its RowIds differ from those of the lookup table (another download?)",
            "delete both files and run the download stage again",
        )


def _reject_unknown(
    positions: NDArray[np.intp], cells: "pd.Series[str]", why: str, file: SourceFile
) -> None:
    """DataError for the first cell whose position is -1."""
    if (positions < 0).any():
        row = int(np.argmax(positions < 0))
        raise DataError(
            f"{file}, {describe_row(row)}: {cells.name} {cells.iloc[row]!r}, {why}", REMEDY
        )
