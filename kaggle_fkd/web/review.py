"""`/v1/review`: the suspects of a label audit, their faces, and the decisions about them."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from kaggle_fkd.errors import DataError, FkdError
from kaggle_fkd.system.console import log
from kaggle_fkd.training.label_fixes import Fix, check_fix
from kaggle_fkd.web.drawing import picture_response
from kaggle_fkd.web.problem import RequestError
from kaggle_fkd.web.state import state_of
from kaggle_fkd.web.upload import read_body

if TYPE_CHECKING:
    from kaggle_fkd.evaluation.label_review import LabelReview

MAX_BYTES = 100_000
"""Bytes of the decisions about one face; 15 keypoints take less than 2000."""
DIGITS = 2
"""Decimal places of the pixels in answers."""
HOW = 'send a list of {"keypoint": NAME or "", "decision": "keep", "drop" or "move", "x", "y"}'


async def get_review(request: Request) -> JSONResponse:
    """The suspects, the most suspicious first, and whether they are decided."""
    review = _review_of(request)
    with _files_of_the_review():
        decided = {fix.row for fix in review.fixes()}
    height, width = review.faces.size
    return JSONResponse({
        "names": list(review.faces.scheme.names),
        "width": width,
        "height": height,
        "file": "/".join(review.fixes_file.parts[-2:]),  # no path of the computer
        "suspects": [
            {
                "row": suspect.row, "score": round(suspect.score, DIGITS),
                "reason": suspect.reason, "keypoint": suspect.keypoint,
                "decided": suspect.row in decided,
            }
            for suspect in review.suspects
        ],
    })  # fmt: skip


async def get_face(request: Request) -> JSONResponse:
    """The published labels of a face, its predictions, and the decisions about it."""
    review = _review_of(request)
    index = _index_of_face(request, review)
    row = int(review.faces.ids[index])
    with _files_of_the_review():
        decisions = [_as_dict(fix) for fix in review.fixes() if fix.row == row]
    return JSONResponse({
        "row": row,
        "labels": _points(review.faces.keypoints[index]),
        "predictions": _points(review.predicted[index, :, :2]),
        "decisions": decisions,
    })  # fmt: skip


async def get_picture(request: Request) -> Response:
    """The picture of a face, a PNG."""
    review = _review_of(request)
    return picture_response(review.faces.images[_index_of_face(request, review)], "png")


async def put_decisions(request: Request) -> JSONResponse:
    """Replace all decisions about a face by those of the request."""
    review = _review_of(request)
    row = int(review.faces.ids[_index_of_face(request, review)])
    fixes = _fixes(row, await read_body(request, MAX_BYTES), review)
    # Nothing is awaited between reading the file and writing it, so no other request can come
    # between: two pages do not lose each other's decisions.
    with _files_of_the_review():
        review.decide(row, fixes)
    return JSONResponse({"row": row, "decisions": [_as_dict(fix) for fix in fixes]})


def _review_of(request: Request) -> "LabelReview":
    """The review that the server was started with; RequestError (404) without one."""
    review = state_of(request).review
    if review is None:
        raise RequestError(
            HTTPStatus.NOT_FOUND,
            "this server was started without a label review",
            "start it with the option --review",
        )
    return review


def _index_of_face(request: Request, review: "LabelReview") -> int:
    """The position of the face of the path; RequestError (404) if it is not a training face."""
    row = request.path_params["row"]
    if row not in review.faces.positions:
        raise RequestError(
            HTTPStatus.NOT_FOUND,
            f"row {row} is not a training face",
            "choose a row of /v1/review",
        )
    return review.faces.positions[row]


@contextmanager
def _files_of_the_review() -> Iterator[None]:
    """Answer an error that names a file without its name, which the terminal says."""
    try:
        yield
    except FkdError as error:
        log.error("%s", error)
        raise RequestError(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "the file of the decisions cannot be read or written",
            "see the server's terminal, and try again",
        ) from error


def _fixes(row: int, content: bytes, review: "LabelReview") -> list[Fix]:
    """The decisions about a face; RequestError for what is not, or cannot be, one of them."""
    try:
        decisions = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RequestError(HTTPStatus.BAD_REQUEST, "the request is not JSON", HOW) from error
    if not isinstance(decisions, list):
        raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, "the decisions are not a list", HOW)
    fixes: dict[str, Fix] = {}
    for number, each in enumerate(decisions, 1):
        where = f"decision {number}"
        fix = _fix(row, each, where)
        try:
            check_fix(fix, review.faces, where)
        except DataError as error:
            raise RequestError(
                HTTPStatus.UNPROCESSABLE_ENTITY, error.problem, error.remedy
            ) from error
        if fix.keypoint in fixes:
            raise RequestError(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f"{where}: there is another one about {fix.keypoint or 'the face'}",
                "send one of them",
            )
        fixes[fix.keypoint] = fix
    return list(fixes.values())


def _fix(row: int, decision: Any, where: str) -> Fix:
    """The fix that a member of the list stands for; RequestError for a member of another kind."""
    match decision:
        case {"keypoint": str(keypoint), "decision": str(what), "x": x, "y": y, **rest} if (
            not rest and type(x) in (float, int) and type(y) in (float, int)  # not bool
        ):
            try:
                return Fix(row, keypoint, what, float(x), float(y))
            except OverflowError:  # an integer of more than 308 digits
                pass
        case {"keypoint": str(keypoint), "decision": str(what), **rest} if not rest:
            return Fix(row, keypoint, what)
    raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, f"{where} is not one", HOW)


def _as_dict(fix: Fix) -> dict[str, Any]:
    """A decision as the API takes and gives it."""
    place = {} if fix.x is None else {"x": fix.x, "y": fix.y}
    return {"keypoint": fix.keypoint, "decision": fix.decision, **place}


def _points(places: NDArray[np.floating]) -> Sequence[list[float] | None]:
    """K locations, from K x 2 pixels; None for those that are NaN."""
    return [
        [round(float(axis), DIGITS) for axis in place] if np.isfinite(place).all() else None
        for place in places
    ]
