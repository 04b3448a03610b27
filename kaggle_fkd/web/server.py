"""`Server`: the application on a port of this computer, which nobody else can reach."""

import socket
import threading
import webbrowser

import uvicorn
from starlette.types import ASGIApp

from kaggle_fkd.errors import UsageError
from kaggle_fkd.system.console import announce
from kaggle_fkd.web.live import MAX_FRAME_BYTES

HOST = "127.0.0.1"
MAX_CONNECTIONS = 64
"""Open connections; more are refused with status 503."""
GRACE_S = 3
"""Seconds for which the end waits for answers that are under way."""


class Server:
    """Listens as soon as it is made, and answers in `run`."""

    def __init__(self, port: int) -> None:
        """Listen on the port, or on a free one for 0; UsageError if it is taken."""
        try:
            self._socket = socket.create_server((HOST, port))
        except OSError as error:
            raise UsageError(
                f"--port {port}: cannot listen there ({error.strerror or error})",
                "choose another, or 0 for a free one",
            ) from error
        self.address = f"http://{HOST}:{self._socket.getsockname()[1]}/"

    def run(self, app: ASGIApp, browser: bool, page: str = "") -> None:
        """Answer requests until Ctrl-C, which raises KeyboardInterrupt; say the address of the
        `page`, and open it in a `browser`, first.
        """
        config = uvicorn.Config(
            app, log_config=None, log_level="critical", access_log=False, server_header=False,
            ws="websockets-sansio", ws_max_size=MAX_FRAME_BYTES, ws_per_message_deflate=False,
            limit_concurrency=MAX_CONNECTIONS, timeout_graceful_shutdown=GRACE_S,
        )  # fmt: skip
        address = f"{self.address}{page}"
        announce(f"{address} (Ctrl-C ends it)")
        if browser:  # in a thread: a browser in the terminal keeps the call waiting
            threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()
        with self._socket:
            uvicorn.Server(config).run(sockets=[self._socket])
