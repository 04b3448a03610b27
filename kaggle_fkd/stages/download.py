"""download: the competition's files, found in place, fetched from Kaggle, or sample faces."""

import shutil
from dataclasses import asdict
from pathlib import Path

from kaggle_fkd import __version__
from kaggle_fkd.competition.archive import BUNDLE, find_competition_files
from kaggle_fkd.competition.kaggle.client import credentials_source, download_bundle
from kaggle_fkd.competition.load import (
    find_files,
    sample_recipe,
    unchanged_since_manifest,
    write_manifest,
)
from kaggle_fkd.competition.sample import SampleSize, write_sample_competition
from kaggle_fkd.errors import DataError, NoDataError
from kaggle_fkd.photo.annotations.files import UDACITY_URL, download_udacity
from kaggle_fkd.photo.annotations.load import find_pictures, youtube68_in
from kaggle_fkd.stages.context import SAMPLE, Context
from kaggle_fkd.system.console import banner, log

INCOMING = ".incoming"
"""Where a download grows, so that half a file is never mistaken for the data."""
SAMPLE_SEED = 0


def run(context: Context) -> None:
    """Make sure that the data are there and right; without data or credentials, see `Request`.

    Raises DataError for files that are incomplete or damaged, KaggleError when Kaggle refuses.
    """
    if context.request.points == 68:
        _points68(context)
        return
    folder = context.data_dir
    try:
        files = find_files(folder)
    except NoDataError:
        if context.request.may_use_sample and credentials_source() is None:
            context.data_dir = _sample_faces(folder)
        else:
            _fetch(folder)
    except DataError:
        # Files that a person put there are not replaced, but what is missing can be fetched.
        if (folder / BUNDLE).exists() or credentials_source() is None:
            raise
        _fetch(folder)
    else:
        log.info("found in place, nothing to download: %s", ", ".join(map(str, files.values())))
    context.competition  # noqa: B018  # reads and checks every row
    if not context.competition.is_sample and not unchanged_since_manifest(context.data_dir):
        write_manifest(context.data_dir)


def _points68(context: Context) -> None:
    """Udacity's frames, unless they or other sets are there."""
    request = context.request
    frames = youtube68_in(context.data_dir)
    if request.faces or frames.exists():
        for path in request.faces or (frames,):
            find_pictures(path)  # raises when there are none, or wrong ones
        log.info("in place, nothing to download")
    else:
        download_udacity(frames, request.faces_url or UDACITY_URL)


def _fetch(folder: Path) -> None:
    """Download the bundle beside its place, look into it, and only then put it there."""
    incoming = folder / INCOMING
    bundle = download_bundle(incoming)
    try:
        for file in find_competition_files(incoming).values():
            with file.open() as stream:
                while stream.read(1 << 24):  # to the end, where the archive's checksum is
                    pass
    except DataError:
        shutil.rmtree(incoming)
        raise
    bundle.replace(folder / BUNDLE)
    shutil.rmtree(incoming)
    log.info("downloaded: %s", folder / BUNDLE)


def _sample_faces(folder: Path) -> Path:
    """The sample competition in its own folder, generated unless it is there already."""
    sample, size = folder / SAMPLE, SampleSize()
    banner(
        "No competition data and no Kaggle credentials: working on SAMPLE FACES,",
        "which this program draws itself. Nothing below says anything about Kaggle.",
        "For the real thing accept the competition's rules, get a token (README,",
        '"Kaggle credentials"), and run this again.',
    )
    recipe = {"version": __version__, "seed": SAMPLE_SEED, **asdict(size)}
    if sample_recipe(sample) == recipe and unchanged_since_manifest(sample):
        log.info("sample faces: already in %s", sample)
    else:
        log.info("sample faces: drawing them into %s", sample)
        write_sample_competition(sample, size, SAMPLE_SEED)
        write_manifest(sample, recipe)
    return sample
