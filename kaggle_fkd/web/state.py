"""`State`: what the endpoints of one server share."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

from starlette.requests import HTTPConnection

from kaggle_fkd.web.finders import Finders
from kaggle_fkd.web.work_queue import WorkQueue

if TYPE_CHECKING:
    from kaggle_fkd.inspection.responses import InspectedNetwork


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

    @cached_property
    def inspected(self) -> "InspectedNetwork":
        """The network for keypoints, whose inner values can be seen; the first of several."""
        from kaggle_fkd.inspection.responses import InspectedNetwork

        networks = self.finders.default.networks
        return InspectedNetwork(networks.files[0].path, networks.convention)


def state_of(connection: HTTPConnection) -> State:
    """The state of the application that a request or a websocket belongs to."""
    return cast(State, connection.app.state.shared)
