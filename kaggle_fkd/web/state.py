"""`State`: what the endpoints of one server share."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from starlette.requests import HTTPConnection

from kaggle_fkd.web.choice import NetworkChoice
from kaggle_fkd.web.finders import Finders
from kaggle_fkd.web.work_queue import WorkQueue

if TYPE_CHECKING:
    from kaggle_fkd.evaluation.label_review import LabelReview


@dataclass
class State:
    """Lives as long as the application."""

    choice: NetworkChoice
    """The networks that requests can choose from."""
    queue: WorkQueue
    """What computes with them."""
    review: "LabelReview | None" = None
    """The labels that are reviewed, if any."""
    cameras: int = 0
    """The number of cameras that are connected."""

    async def finders(self, connection: HTTPConnection) -> Finders:
        """The networks that a request or a websocket names; raises what `NetworkChoice` raises."""
        name = connection.query_params.get("network", self.choice.name)
        if (opened := self.choice.opened(name)) is not None:
            return opened
        return await self.queue.run(
            lambda: self.choice.open(name), "the networks are being opened: try again in a moment"
        )


def state_of(connection: HTTPConnection) -> State:
    """The state of the application that a request or a websocket belongs to."""
    return cast(State, connection.app.state.shared)
