"""The competition as a task: Kaggle's 15 keypoints on faces of 96 x 96 pixels."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.competition.archive import BUNDLE, find_competition_files, find_files
from kaggle_fkd.competition.kaggle.credentials import credentials_source
from kaggle_fkd.competition.kaggle.download import download_bundle
from kaggle_fkd.competition.kaggle.pages import GET_TOKEN
from kaggle_fkd.competition.load import Competition, load_competition
from kaggle_fkd.competition.manifest import sample_recipe, unchanged_since_manifest, write_manifest
from kaggle_fkd.competition.sample.competition import SAMPLE, make_sample
from kaggle_fkd.competition.sample.files import SampleSize
from kaggle_fkd.config import Config
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import DataError, KaggleError, NoDataError
from kaggle_fkd.keypoint_task import KeypointTask
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.system.console import banner, log

if TYPE_CHECKING:
    from kaggle_fkd.report.section import Section
    from kaggle_fkd.report.sources import ReportSources

INCOMING = ".incoming"
"""Where an incomplete download is kept, so that it is never mistaken for the data."""
SAMPLE_SEED = 0


class CompetitionTask(KeypointTask):
    """The data of the competition, or sample faces if only those exist."""

    scheme = KAGGLE15
    presets = ("cpu", "smoke", "best", "cpu_external", "best_external")
    sections = frozenset({"train", "augment", "predict", "eda"})
    stages = frozenset(
        {"download", "eda", "train", "evaluate", "predict", "submit", "report", "kernel"}
    )

    def __init__(self, data_dir: Path, sample_size: SampleSize | None = None) -> None:
        """`data_dir` is where the files are, or will be stored; `sample_size` is the number of
        sample faces.
        """
        self.requested_dir, self.sample_size = data_dir, sample_size or SampleSize()
        self.data_dir = data_dir
        """The folder in use, once the data are loaded: `requested_dir`, or SAMPLE in it."""
        self._competition: Competition | None = None

    @property
    def default_preset(self) -> str:
        """cpu, or smoke for sample faces."""
        return "smoke" if self.is_sample else "cpu"

    @property
    def is_sample(self) -> bool:
        """True if any of the faces is generated."""
        return self.competition.is_sample

    @property
    def competition(self) -> Competition:
        """The data, read and checked; raises NoDataError and DataError."""
        if self._competition is None:
            self.data_dir = self._folder_with_data()
            self._competition = load_competition(self.data_dir)
        return self._competition

    def closing_notice(self) -> tuple[str, ...]:
        """A notice that sample faces were used, once they are loaded."""
        if self._competition is None or not self.is_sample:
            return ()
        return (
            "These results were measured on SAMPLE FACES, not on the competition's data.",
            "A submission has the right format, but must not be, and will not be, uploaded.",
        )

    def load_faces(self, config: Config) -> FaceDataset:
        """The labelled faces."""
        return self.competition.train

    def fetch(self, may_use_sample: bool = False) -> None:
        """Find the files, download them from Kaggle, or generate sample faces; check every row.

        Sample faces are generated only if allowed, and if there are neither data nor credentials.
        Raises DataError for files that are incomplete or damaged, KaggleError if the download
        fails.
        """
        folder = self.requested_dir
        try:
            files = find_files(folder)
        except NoDataError:
            if may_use_sample and credentials_source() is None:
                self._generate_sample_faces()
            else:
                _download(folder)
        except DataError as error:
            # Files that a person put there are not replaced, but what is missing can be fetched.
            if (folder / BUNDLE).exists():
                raise
            if credentials_source() is None:
                raise DataError(
                    f"{error.problem}, and there are no Kaggle credentials to download it with",
                    f"put the complete {BUNDLE} into that folder, or {GET_TOKEN}",
                ) from error
            _download(folder)
        else:
            log.info(
                "already present, nothing to download: %s", ", ".join(map(str, files.values()))
            )
        self._competition = None  # what was loaded before may be other faces
        if not self.is_sample and not unchanged_since_manifest(self.data_dir):
            write_manifest(self.data_dir)

    def write_report(
        self, folder: Path, predicted: NDArray[np.floating], faces: FaceDataset,
        summary: Mapping[str, Any],
    ) -> list[str]:  # fmt: skip
        """RMSE, worst faces and label audit, with published scores unless on sample faces."""
        from kaggle_fkd.competition.published import PUBLISHED
        from kaggle_fkd.evaluation.rmse_report import write_rmse

        published = None if self.is_sample else PUBLISHED
        return write_rmse(folder, predicted, faces, summary, published)

    def report_sections(self, sources: "ReportSources") -> list["Section"]:
        """Data, imputation, training, scores, errors, suspects, predictions, submissions."""
        from kaggle_fkd.competition.report.report import competition_sections

        return competition_sections(sources, self.competition)

    def _folder_with_data(self) -> Path:
        """The requested folder, or that of the sample faces in it if only these exist.

        Raises DataError for sample faces of which only a part was drawn.
        """
        sample = self.requested_dir / SAMPLE
        try:
            find_files(self.requested_dir)
        except NoDataError:
            if sample_recipe(sample) is not None:
                _require_complete(sample)
                log.warning("%s: no competition data; using %s", self.requested_dir, sample)
                return sample
        return self.requested_dir

    def _generate_sample_faces(self) -> None:
        """Write the sample competition into its own folder, unless it exists already."""
        banner(
            "There are no competition data and no Kaggle credentials: working on SAMPLE FACES,",
            "which this program draws itself. The results below are not comparable with Kaggle's.",
            "For the real data accept the competition's rules, get a token (see the README),",
            "and run this again.",
        )
        make_sample(self.requested_dir / SAMPLE, self.sample_size, SAMPLE_SEED)


def _require_complete(sample: Path) -> None:
    """DataError for a folder in which the drawing of sample faces was interrupted."""
    try:
        find_competition_files(sample)
    except DataError as error:
        raise DataError(
            f"the sample faces are incomplete: {error.problem}", "repeat `all`, which draws them"
        ) from error


def _download(folder: Path) -> None:
    """Download the bundle to a temporary folder, verify it, then move it to `folder`."""
    incoming = folder / INCOMING
    bundle = download_bundle(incoming)
    try:
        for file in find_competition_files(incoming).values():
            with file.open() as stream:
                while stream.read(1 << 24):  # to the end, where the archive's checksum is
                    pass
    except DataError as error:
        shutil.rmtree(incoming)
        raise KaggleError(
            f"the download is not the competition's data: {error.problem}",
            f"check what is between here and Kaggle, or put {BUNDLE} into {folder}",
        ) from error
    bundle.replace(folder / BUNDLE)
    shutil.rmtree(incoming)
    log.info("downloaded: %s", folder / BUNDLE)
