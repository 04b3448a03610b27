"""`WS /v1/live`: the frames of a camera in, their faces back.

Each binary message is a frame, in any format of pictures; its answer is a JSON message, followed by
a JPEG if a filter was asked for. A client sends the next frame when it has the answer.
"""

import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from kaggle_fkd.imaging.picture import decode_picture
from kaggle_fkd.photo.video.tracking import Tracker
from kaggle_fkd.web.drawing import Painter, encoded, painter
from kaggle_fkd.web.faces import milliseconds_since, record_of
from kaggle_fkd.web.guard import POLICY_VIOLATION
from kaggle_fkd.web.problem import REFUSALS, RequestError, path_of, problem_of, unexpected
from kaggle_fkd.web.state import State, state_of

MAX_CAMERAS = 4
"""Cameras at the same time."""
MAX_FRAME_BYTES, MAX_FRAME_PIXELS = 4_000_000, 2_100_000
"""The largest frames: 1920 x 1080 pixels."""
FAILED = 1011
"""The code that closes a websocket after a defect."""


@dataclass(frozen=True)
class Camera:
    """The frames of one client, whose faces keep their numbers."""

    tracker: Tracker
    """What follows the faces."""
    paint: Painter | None
    """What draws a filter on them."""

    def answer(self, content: bytes) -> tuple[dict[str, Any], bytes | None]:
        """The faces of the next frame, and the frame with the filter, if any.

        Raises PictureError for a frame that is not a picture.
        """
        start = time.perf_counter()
        frame = decode_picture(content, "the frame", MAX_FRAME_PIXELS)
        faces = self.tracker.next(frame, start)
        drawn = encoded(self.paint(frame, faces), "jpeg") if self.paint else None
        record = record_of(frame, faces, self.tracker.finder.scheme)
        return record | {"milliseconds": milliseconds_since(start)}, drawn


async def follow_camera(websocket: WebSocket) -> None:
    """Answer every frame until the client leaves."""
    state = state_of(websocket)
    await websocket.accept()
    state.cameras += 1
    try:
        camera = await _new_camera(websocket, state)
        while True:
            await _answer_next(websocket, state, camera)
    except WebSocketDisconnect:
        pass
    except REFUSALS as refusal:  # of a camera; that of a frame is its answer
        await websocket.send_json(problem_of(refusal))
        await websocket.close(POLICY_VIOLATION)
    except Exception as error:
        await websocket.send_json(problem_of(unexpected(path_of(websocket), error)))
        await websocket.close(FAILED)
    finally:
        state.cameras -= 1


async def _new_camera(websocket: WebSocket, state: State) -> Camera:
    """The camera that the address asks for; RequestError if there are too many, with this one."""
    if state.cameras > MAX_CAMERAS:
        raise RequestError(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"{MAX_CAMERAS} cameras are connected already",
            "close another page that shows one",
        )
    query = websocket.query_params
    finders = await state.finders(websocket)
    tracker = Tracker(finders.choose(query.get("points")))
    return Camera(tracker, painter(query["filter"]) if "filter" in query else None)


async def _answer_next(websocket: WebSocket, state: State, camera: Camera) -> None:
    """Answer a frame, or say why it cannot be used; WebSocketDisconnect at the end."""
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message["code"])
    frame = message.get("bytes")
    try:
        if frame is None:
            raise RequestError(
                HTTPStatus.BAD_REQUEST, "the message is a text", "send frames as binary messages"
            )
        record, drawn = await state.queue.run(lambda: camera.answer(frame))
    except REFUSALS as refusal:
        await websocket.send_json(problem_of(refusal))
        return
    await websocket.send_json(record)
    if drawn is not None:
        await websocket.send_bytes(drawn)
