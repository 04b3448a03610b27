"""`State`: what the endpoints of one server share."""

from dataclasses import dataclass
from typing import cast

from starlette.requests import HTTPConnection

from kaggle_fkd.web.finders import Finders
from kaggle_fkd.web.work_queue import WorkQueue


@dataclass
class State:
    """Lives as long as the application."""

    finders: Finders
    """The networks."""
    queue: WorkQueue
    """What computes with them."""
    network: str
    """What the page calls the networks that predict the keypoints."""
    cameras: int = 0
    """The number of cameras that are connected."""


def state_of(connection: HTTPConnection) -> State:
    """The state of the application that a request or a websocket belongs to."""
    return cast(State, connection.app.state.shared)
