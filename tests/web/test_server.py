"""`kaggle-fkd serve` as a process: its address, the examples of its document, and its end."""

import json
import shutil
import signal
import socket
import subprocess

import pytest
from PIL import Image
from support.documents import blocks
from support.web_server import served

from kaggle_fkd.imaging.picture import ASTRONAUT, read_picture


@pytest.mark.slow
def test_the_requests_of_the_document_are_answered_until_ctrl_c(tmp_path):
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    Image.fromarray(read_picture(ASTRONAUT)).save(tmp_path / "family.jpg")
    lines = [line for block in blocks("docs/page.md", "text") for line in block.text.splitlines()]
    requests = [line for line in lines if line.startswith("curl ")]
    printed = []
    with served() as server:
        for line in requests:
            here = line.replace("http://127.0.0.1:8015/", server.address)
            done = subprocess.run(
                here, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True
            )
            printed.append(done.stdout)
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait() == 0
        assert server.process.stderr.read().strip() == ""
    assert len(json.loads(printed[0])["faces"][0]["keypoints"]) == 15
    assert (tmp_path / "faces.csv").read_text().startswith("face,x0,y0")
    assert read_picture(tmp_path / "hat.jpg").shape == (512, 512, 3)
    assert len(requests) == 3


def test_a_port_that_is_taken_or_does_not_exist_is_refused(place):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, _, said = place("serve", "--port", port, "--no-browser")
        assert code == 2 and f"--port {port}: cannot listen there" in said
    code, _, said = place("serve", "--port", "70000")
    assert code == 2 and "give a number from 0 to 65535" in said
