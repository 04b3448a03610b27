"""A sample competition on disk: generated once, and marked as a sample."""

from dataclasses import asdict
from pathlib import Path

from kaggle_fkd import __version__
from kaggle_fkd.competition.archive import TEST, TRAINING, files_present
from kaggle_fkd.competition.load import Competition, load_competition
from kaggle_fkd.competition.manifest import (
    announce_sample,
    sample_recipe,
    unchanged_since_manifest,
    write_manifest,
)
from kaggle_fkd.competition.sample.files import SampleSize, write_sample_competition
from kaggle_fkd.competition.tables import read_test, read_training
from kaggle_fkd.errors import NoDataError, UsageError
from kaggle_fkd.imaging.sample_mark import has_mark
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.system.console import banner, log

SAMPLE = "sample"
"""Name of the sample faces' folder in DATA_DIR."""
_READERS = {TRAINING: read_training, TEST: read_test}
"""What reads the files with pictures."""


def sample_competition(
    folder: Path | str, size: SampleSize | None = None, seed: int = 0
) -> Competition:
    """The competition of sample faces in the folder, which are generated unless they exist already.

    `size` is the number of faces; the same seed gives the same faces. They are never submitted.
    Raises UsageError for a folder with other files of a competition, zipped or not, FkdError if a
    file cannot be read or written.
    """
    folder = Path(folder)
    make_sample(folder, size or SampleSize(), seed)
    return load_competition(folder)


def competition_or_sample(folder: Path | str) -> Competition:
    """The competition's data in the folder, or where Kaggle mounts them; otherwise sample faces.

    A notice says so when the faces are samples, which are kept in `folder`/sample. Raises DataError
    for data that are incomplete or damaged, UsageError for other faces in the samples' folder.
    """
    try:
        return load_competition(folder)
    except NoDataError:
        banner(
            "The competition's data are not here: working on SAMPLE FACES, which this program",
            "draws itself. The results below are not comparable with Kaggle's, and a submission",
            "has the right format, but must not be uploaded.",
        )
        make_sample(Path(folder) / SAMPLE, SampleSize(), seed=0)
        return load_competition(Path(folder) / SAMPLE)


def make_sample(folder: Path, size: SampleSize, seed: int) -> None:
    """Generate the sample competition, unless the folder contains exactly that one, unchanged.

    Files of sample faces are replaced. Raises UsageError for others, DataError for unreadable ones.
    """
    recipe = {"version": __version__, "seed": seed, **asdict(size)}
    if sample_recipe(folder) == recipe and unchanged_since_manifest(folder):
        log.info("sample faces: already in %s", folder)
        return
    _reject_other_data(folder)
    log.info("sample faces: drawing them into %s", folder)
    announce_sample(folder, recipe)
    write_sample_competition(folder, size, seed)
    write_manifest(folder, recipe)


def _reject_other_data(folder: Path) -> None:
    """UsageError if a file of the competition in the folder is not known to be of sample faces.

    The pictures decide, as people put their files where a manifest of sample faces is.
    """
    drawn_here = sample_recipe(folder) is not None
    for name, file in files_present(folder).items():
        read = _READERS.get(name)
        if not drawn_here or (read and not has_mark(read(file, KAGGLE15).images).all()):
            raise UsageError(
                f"{file} is not known to be of sample faces, so none are drawn there",
                "move the competition's files to a folder of their own",
            )
