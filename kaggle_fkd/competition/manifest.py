"""The manifest: which files the data are, and how sample faces were generated."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kaggle_fkd.competition.archive import SourceFile, find_files
from kaggle_fkd.errors import DataError, FkdError
from kaggle_fkd.system.console import log
from kaggle_fkd.system.files import read_json_or_empty, sha256_of, write_json

MANIFEST = "manifest.json"
"""DATA_DIR/manifest.json has the path, size, time and sha256 of each file."""


def sample_recipe(data_dir: Path) -> dict[str, Any] | None:
    """How the sample faces in `data_dir` were generated; None if the manifest does not say.

    The manifest may be older than the files: `Competition.is_sample` comes from the pictures.
    """
    recipe: dict[str, Any] | None = read_json_or_empty(data_dir / MANIFEST).get("sample_recipe")
    return recipe


def unchanged_since_manifest(data_dir: Path) -> bool:
    """True if all files match the manifest: same path, size and time."""
    try:
        manifest = read_json_or_empty(data_dir / MANIFEST)
        recorded = [file["source"] for file in manifest.get("files", [])]
        return all(SourceFile(path).stamp() in recorded for path in _paths(data_dir))
    except (DataError, TypeError, KeyError):
        return False


def announce_sample(data_dir: Path, recipe: Mapping[str, Any]) -> None:
    """Record that sample faces are generated in the folder, before their files are there."""
    write_json(data_dir / MANIFEST, {"sample_recipe": recipe, "files": []})


def write_manifest(data_dir: Path, recipe: Mapping[str, Any] | None = None) -> None:
    """Record the files now in use: their path, size, time and sha256.

    `recipe` is how sample faces were generated, None for any other data. If the folder cannot be
    written to, this is logged, not raised.
    """
    files = [
        {"source": SourceFile(path).stamp(), "sha256": sha256_of(path)} for path in _paths(data_dir)
    ]
    try:
        write_json(data_dir / MANIFEST, {"sample_recipe": recipe, "files": files})
    except FkdError as error:
        log.info("the manifest was not written: %s", error)


def _paths(data_dir: Path) -> list[Path]:
    """The files on disk, each once."""
    return sorted({file.path for file in find_files(data_dir).values()})
