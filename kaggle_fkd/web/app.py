"""`make_app`: the page and the API as one ASGI application."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from kaggle_fkd.imaging.picture import ASTRONAUT_FILE
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.photo.finder_config import FinderConfig
from kaggle_fkd.web.about import get_about
from kaggle_fkd.web.choice import NetworkChoice
from kaggle_fkd.web.drawing import get_thumbnail, post_drawing
from kaggle_fkd.web.faces import post_faces
from kaggle_fkd.web.guard import Guard
from kaggle_fkd.web.inside import post_inside
from kaggle_fkd.web.live import follow_camera
from kaggle_fkd.web.problem import (
    REFUSALS,
    answer_http_error,
    answer_refusal,
    answer_unexpected_error,
)
from kaggle_fkd.web.review import get_face, get_picture, get_review, put_decisions
from kaggle_fkd.web.state import State
from kaggle_fkd.web.work_queue import WorkQueue

if TYPE_CHECKING:
    from kaggle_fkd.evaluation.label_review import LabelReview

STATIC = Path(__file__).resolve().with_name("static")
"""The files of the page."""
API = (
    Route("/about", get_about),
    Route("/faces", post_faces, methods=["POST"]),
    Route("/drawing", post_drawing, methods=["POST"]),
    Route("/filters/{name}", get_thumbnail),
    Route("/inside", post_inside, methods=["POST"]),
    WebSocketRoute("/live", follow_camera),
    Route("/review", get_review),
    Route("/review/faces/{row:int}", get_face),
    Route("/review/faces/{row:int}/picture", get_picture),
    Route("/review/faces/{row:int}/decisions", put_decisions, methods=["PUT"]),
)
"""The endpoints below /v1."""


def make_app(
    finder: FaceKeypoints,
    network: str,
    queue: WorkQueue | None = None,
    others: Callable[[], Mapping[str, FinderConfig]] = dict,
    review: "LabelReview | None" = None,
) -> ASGIApp:
    """The application that finds keypoints with these networks, which the page calls `network`.

    `others` says which other networks requests can choose now, by their names. On the second page
    labels are reviewed, if there is a `review`.
    """
    shared = State(NetworkChoice(finder, network, others), queue or WorkQueue(), review)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        shared.queue.close()

    app = Starlette(
        routes=[
            Mount("/v1", routes=API),
            Route("/astronaut.png", _get_example),
            Route("/review", _get_review_page),
            Mount("/", StaticFiles(directory=STATIC, html=True)),
        ],
        exception_handlers={
            **dict.fromkeys(REFUSALS, answer_refusal),
            HTTPException: answer_http_error,
            Exception: answer_unexpected_error,
        },
        lifespan=lifespan,
    )
    app.state.shared = shared
    return Guard(app)  # outside of what Starlette answers for a defect, too


async def _get_example(request: Request) -> FileResponse:
    """The example picture."""
    return FileResponse(ASTRONAUT_FILE)


async def _get_review_page(request: Request) -> FileResponse:
    """The page on which labels are reviewed; without a review, it says how to get one."""
    return FileResponse(STATIC / "review.html")
