"""What is answered instead of a result: `application/problem+json` (RFC 9457)."""

from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse

from kaggle_fkd.errors import FkdError, PictureError, UsageError, describe_unexpected
from kaggle_fkd.system.console import log

MEDIA_TYPE = "application/problem+json"
BUSY_S = 1
"""Seconds after which a client may ask again when the server was busy."""


class RequestError(FkdError):
    """A request that is refused, with the status of its answer."""

    def __init__(self, status: HTTPStatus, problem: str, remedy: str) -> None:
        """`problem` says what is wrong, `remedy` what to do."""
        super().__init__(problem, remedy)
        self.status = status


Refusal = RequestError | PictureError | UsageError
REFUSALS = (RequestError, PictureError, UsageError)
"""The errors that are the client's; others may name files of this computer."""


def status_of(refusal: Refusal) -> HTTPStatus:
    """The status that answers a refused request."""
    if isinstance(refusal, RequestError):
        return refusal.status
    if isinstance(refusal, PictureError):
        return HTTPStatus.UNPROCESSABLE_ENTITY
    return HTTPStatus.BAD_REQUEST


def problem_of(refusal: Refusal) -> dict[str, Any]:
    """The members of the answer: `detail` says what is wrong, `remedy` what to do."""
    status = status_of(refusal)
    return {
        "type": "about:blank", "title": status.phrase, "status": status.value,
        "detail": refusal.problem, "remedy": refusal.remedy,
    }  # fmt: skip


def problem_response(refusal: Refusal) -> JSONResponse:
    """The answer to a request that is refused; one that may be repeated says when."""
    status = status_of(refusal)
    busy = status is HTTPStatus.SERVICE_UNAVAILABLE
    headers = {"Retry-After": str(BUSY_S)} if busy else None
    return JSONResponse(problem_of(refusal), status, headers, MEDIA_TYPE)


async def answer_refusal(request: Request, error: Exception) -> JSONResponse:
    """The answer to a request that is refused."""
    assert isinstance(error, REFUSALS)
    return problem_response(error)


async def answer_http_error(request: Request, error: Exception) -> JSONResponse:
    """The answer to an address or a method that does not exist."""
    assert isinstance(error, HTTPException)
    status, path = HTTPStatus(error.status_code), path_of(request)
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        problem, remedy = f"{path} does not take {request.method}", "use another method"
    else:
        problem, remedy = f"there is no {path}", "see /v1/about for what there is"
    response = problem_response(RequestError(status, problem, remedy))
    response.headers.update(error.headers or {})
    return response


async def answer_unexpected_error(request: Request, error: Exception) -> JSONResponse:
    """The answer to a defect."""
    return problem_response(unexpected(path_of(request), error))


def path_of(connection: HTTPConnection) -> str:
    """The path of an address, of which the rest need not be UTF-8."""
    return str(connection.scope["path"])


def unexpected(where: str, error: Exception) -> RequestError:
    """What is said of a defect, after it was logged."""
    log.error("%s: %s", where, describe_unexpected(error))
    return RequestError(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "the server failed unexpectedly",
        "see its terminal, and report what it says",
    )
