"""Where a page gets onnxruntime-web from."""

import pytest

from kaggle_fkd.errors import FkdError, UsageError
from kaggle_fkd.web.runtime import BINARY, PACKAGE, SCRIPT, VERSION, Runtime


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
    folder = tmp_path / "kaggle_fkd" / f"{PACKAGE}-{VERSION}"
    folder.mkdir(parents=True)
    (folder / SCRIPT).write_text("export {};")
    (folder / BINARY).write_bytes(b"wasm")
    assert Runtime.fetched() == Runtime("export {};", b"wasm")


def test_a_failure_of_npm_is_one_line_and_leaves_nothing(tmp_path, monkeypatch):
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'network is down' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(FkdError, match=rf"could not fetch {PACKAGE} {VERSION}: network is down ->"):
        Runtime.fetched()
    assert not (tmp_path / "cache").exists()
