"""A sample competition on disk: generated once, and marked as a sample."""

from dataclasses import asdict
from pathlib import Path

from kaggle_fkd import __version__
from kaggle_fkd.competition.load import Competition, load_competition
from kaggle_fkd.competition.manifest import (
    sample_recipe,
    unchanged_since_manifest,
    write_manifest,
)
from kaggle_fkd.competition.sample.files import SampleSize, write_sample_competition
from kaggle_fkd.system.console import log


def sample_competition(
    folder: Path | str, size: SampleSize | None = None, seed: int = 0
) -> Competition:
    """The competition of sample faces in the folder, which are generated unless they exist already.

    `size` is the number of faces; the same seed gives the same faces. They are never submitted.
    Raises FkdError if a file cannot be written.
    """
    make_sample(Path(folder), size or SampleSize(), seed)
    return load_competition(Path(folder))


def make_sample(folder: Path, size: SampleSize, seed: int) -> None:
    """Generate the sample competition, unless the folder contains exactly that one, unchanged."""
    recipe = {"version": __version__, "seed": seed, **asdict(size)}
    if sample_recipe(folder) == recipe and unchanged_since_manifest(folder):
        log.info("sample faces: already in %s", folder)
        return
    log.info("sample faces: drawing them into %s", folder)
    write_sample_competition(folder, size, seed)
    write_manifest(folder, recipe)
