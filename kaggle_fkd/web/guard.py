"""`Guard`: who may ask, and what browsers may do with the answers.

A page on the internet could send requests to a server on this computer, by its address or by a name
that leads to it (DNS rebinding). So the name that was asked for must be one of this computer's, and
a request that a page sends must come from the server's own page.
"""

from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kaggle_fkd.web.problem import RequestError, problem_response

NAMES = ("127.0.0.1", "localhost", "::1")
"""The names of this computer; any port will do, as a tunnel may end at another."""
POLICY_VIOLATION = 1008
"""The code that closes a websocket which is refused; before it is opened, the client sees 403."""
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""The headers of every answer."""
PRIVATE = "/v1/"
"""Answers below this path may show the user's pictures, and are not kept by the browser."""


class Guard:
    """Middleware around the application, for requests and for websockets."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                kept = "no-store" if scope["path"].startswith(PRIVATE) else "no-cache"
                headers.setdefault("Cache-Control", kept)
            await send(message)

        if not (refused := _refusal(Headers(scope=scope))):
            await self.app(scope, receive, send_guarded)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        else:
            await problem_response(refused)(scope, receive, send_guarded)


def _refusal(headers: Headers) -> RequestError | None:
    """Why the request is refused; None if it is not."""
    host = headers.get("host", "")
    if _name(host) not in NAMES:
        return RequestError(
            HTTPStatus.FORBIDDEN,
            "the request names another host than this computer",
            f"open the page by one of its names: {', '.join(NAMES)}",
        )
    origin = headers.get("origin")
    if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
        return RequestError(
            HTTPStatus.FORBIDDEN,
            "the request comes from another site",
            "use the server's own page, or a program that is not a browser",
        )
    return None


def _name(host: str) -> str | None:
    """The name in a Host header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:  # a bracket that is not closed
        return None
