"""Where a page gets onnxruntime-web from."""

import hashlib
from pathlib import Path

import pytest

from kaggle_fkd.errors import FkdError, UsageError
from kaggle_fkd.web import runtime
from kaggle_fkd.web.runtime import BINARY, PACKAGE, SCRIPT, VERSION, Runtime

FILES = {SCRIPT: b"export {};", BINARY: b"wasm"}


def write_files(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(content)


def install_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A program of that name, and an empty cache."""
    npm = tmp_path / "npm"
    npm.write_text(f"#!/bin/sh\n{script}\n")
    npm.chmod(0o755)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")


def test_a_folder_without_the_runtime_is_refused_with_the_file_that_is_missing(tmp_path):
    (tmp_path / SCRIPT).write_text("export {};")
    with pytest.raises(UsageError, match=rf"{BINARY}: cannot be read .* -> give the folder"):
        Runtime.from_folder(tmp_path)


def test_a_script_that_is_not_text_is_refused_by_its_name(tmp_path):
    (tmp_path / BINARY).touch()
    (tmp_path / SCRIPT).write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match=rf"{SCRIPT}: cannot be read .* -> give the folder"):
        Runtime.from_folder(tmp_path)


def test_without_npm_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(FkdError, match=r"npm, which is not installed -> install Node\.js"):
        Runtime.fetched()


def test_a_runtime_that_was_fetched_is_not_fetched_again(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    monkeypatch.setattr(runtime, "DIGESTS", digests)
    write_files(tmp_path / "kaggle_fkd" / f"{PACKAGE}-{VERSION}")
    assert Runtime.fetched() == Runtime("export {};", b"wasm")


@pytest.mark.parametrize("damage", [lambda file: file.write_bytes(b"other"), Path.unlink])
def test_a_fetched_runtime_that_was_damaged_is_fetched_again(tmp_path, monkeypatch, damage):
    write_files(tmp_path / "package" / "dist")
    install_npm(tmp_path, monkeypatch, f'tar czf "$4/{PACKAGE}.tgz" -C "{tmp_path}" package')
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    monkeypatch.setattr(runtime, "DIGESTS", digests)
    kept = tmp_path / "cache" / "kaggle_fkd" / f"{PACKAGE}-{VERSION}"
    write_files(kept)
    damage(kept / SCRIPT)
    assert Runtime.fetched() == Runtime("export {};", b"wasm")


def test_a_failure_of_npm_is_one_line_and_leaves_nothing(tmp_path, monkeypatch):
    install_npm(tmp_path, monkeypatch, "echo 'network is down' >&2; exit 1")
    with pytest.raises(FkdError, match=rf"could not fetch {PACKAGE} {VERSION}: network is down ->"):
        Runtime.fetched()
    assert not (tmp_path / "cache").exists()


def test_another_package_than_the_published_one_is_refused_and_not_kept(tmp_path, monkeypatch):
    write_files(tmp_path / "package" / "dist")
    install_npm(tmp_path, monkeypatch, f'tar czf "$4/{PACKAGE}.tgz" -C "{tmp_path}" package')
    with pytest.raises(FkdError, match=rf"{SCRIPT} came with another sha256 than was published ->"):
        Runtime.fetched()
    assert not list((tmp_path / "cache").rglob("*.mjs"))
