"""`WorkQueue`: the one thread that computes, and the bounded queue in front of it."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from typing import TypeVar

from kaggle_fkd.web.problem import RequestError

PLACES = 8
"""Requests with a picture that are worked on or wait at the same time; each may hold 20 MB, and the
one that is computed its pixels."""
WORK_S = 30.0
"""Seconds after which a request is no longer waited for."""

Result = TypeVar("Result")


class WorkQueue:
    """Networks are computed in one thread, as they use all processors by themselves."""

    def __init__(self, places: int = PLACES, seconds: float = WORK_S) -> None:
        """`places` is the number of requests at a time, `seconds` the time that each may take."""
        self.places, self.seconds = places, seconds
        self._taken = 0
        self._thread = ThreadPoolExecutor(1, "faces")

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold one of the places; RequestError (503) if all are taken."""
        if self._taken >= self.places:
            raise RequestError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"the server is busy: {self.places} requests are waiting",
                "try again in a moment",
            )
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def run(
        self, work: Callable[[], Result], remedy: str = "try again, or with a smaller picture"
    ) -> Result:
        """The result of `work`, called in the thread.

        Raises what it raises, and RequestError (503), with the remedy, if it has not ended in time.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.seconds):
                return await loop.run_in_executor(self._thread, work)
        except TimeoutError as error:
            raise RequestError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"the answer was not finished within {self.seconds:g} seconds",
                remedy,
            ) from error

    def close(self) -> None:
        """Drop what waits; what is being computed ends by itself."""
        self._thread.shutdown(wait=False, cancel_futures=True)
