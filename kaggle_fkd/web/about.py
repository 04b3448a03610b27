"""`GET /v1/about`: the networks, what they can give, and the limits of the server."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from kaggle_fkd import __version__
from kaggle_fkd.imaging.picture import FORMATS as PICTURE_FORMATS
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.photo.overlay.builtin import filter_names
from kaggle_fkd.photo.overlay.filter import get_filter
from kaggle_fkd.web.faces import FORMATS
from kaggle_fkd.web.schemes import scheme_facts
from kaggle_fkd.web.state import state_of
from kaggle_fkd.web.upload import MAX_BYTES, MAX_PIXELS


async def get_about(request: Request) -> JSONResponse:
    """What a page needs to know before it sends a picture."""
    state = state_of(request)
    finders = await state.finders(request)
    return JSONResponse({
        "version": __version__,
        "network": request.query_params.get("network", state.choice.name),
        "networks": state.choice.names,
        "points": len(finders.default.scheme.names),
        "schemes": [offered_scheme(scheme) for scheme in finders.schemes],
        "pictures": list(PICTURE_FORMATS),
        "formats": list(FORMATS),
        "review": state.review is not None,
        "limits": {
            "bytes": MAX_BYTES, "pixels": MAX_PIXELS, "seconds": state.queue.seconds,
            "requests": state.queue.places,
        },
    })  # fmt: skip


def offered_scheme(scheme: KeypointScheme) -> dict[str, Any]:
    """A scheme as drawings need it, with the filters that fit its keypoints, for JSON."""
    filters = [name for name in filter_names() if scheme.name in get_filter(name).anchors]
    return scheme_facts(scheme) | {"filters": filters}
