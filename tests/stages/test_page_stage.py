"""The page stage, as far as it needs neither networks nor a browser."""

from kaggle_fkd.system.temporary import temporary_beside


def test_what_a_killed_call_left_beside_its_file_and_its_runtime_goes(place, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    output = tmp_path / "elsewhere" / "x.html"
    kept = tmp_path / "cache" / "kaggle_fkd" / "onnxruntime-web"
    left = [temporary_beside(path) for path in (output, kept)]
    for path in left:
        path.parent.mkdir(parents=True)
        path.write_text("half")
    code, _, said = place("page", "--output", output, "--run", "nothing")
    assert code == 1 and "there is no run nothing" in said
    assert [path for path in left if path.exists()] == []
