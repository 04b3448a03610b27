"""The application without a network, as one client asks it."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from kaggle_fkd.imaging.picture import ASTRONAUT_FILE
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.web.app import make_app


@pytest.fixture(scope="session")
def finder() -> FaceKeypoints:
    return FaceKeypoints()


@pytest.fixture(scope="session")
def client(finder) -> Iterator[TestClient]:
    app = make_app(finder, "the networks of the package")
    with TestClient(app, base_url="http://127.0.0.1:8015") as client:
        yield client


@pytest.fixture(scope="session")
def astronaut() -> bytes:
    """The file of a picture with one face."""
    return ASTRONAUT_FILE.read_bytes()
