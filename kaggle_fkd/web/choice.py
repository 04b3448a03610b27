"""`NetworkChoice`: the networks that requests can choose from, by name."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from kaggle_fkd.errors import RunError, UsageError, suggest
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.photo.finder_config import FinderConfig
from kaggle_fkd.system.console import log
from kaggle_fkd.web.finders import Finders
from kaggle_fkd.web.problem import RequestError

MAX_OPEN_NETWORKS = 4
"""Other networks than the default that are kept open: each has its own detector."""


@dataclass(frozen=True)
class _Opened:
    """Networks that were chosen before."""

    config: FinderConfig
    written: tuple[int, ...]
    """When their weights were written, as they were opened."""
    finders: Finders


class NetworkChoice:
    """Those that the server was started with, and others, which are opened when they are chosen."""

    def __init__(
        self,
        default: FaceKeypoints,
        name: str,
        others: Callable[[], Mapping[str, FinderConfig]] = dict,
    ) -> None:
        """`default` is used by requests that name none; `others` says what else there is now."""
        self.name = name
        self._default, self._others = Finders(default), others
        self._opened: dict[str, _Opened] = {}

    @property
    def names(self) -> list[str]:
        """All names, that of the default first."""
        return list(dict.fromkeys([self.name, *self._others()]))

    def opened(self, name: str) -> Finders | None:
        """The networks of that name if they are open, and their files are still the same."""
        if name == self.name:
            return self._default
        kept = self._opened.get(name)
        return kept.finders if kept and kept.written == _written(kept.config) else None

    def open(self, name: str) -> Finders:
        """The networks of that name, opened now, which may take seconds.

        Raises UsageError for a name that does not exist, RequestError (422) for networks that
        cannot be used.
        """
        if (opened := self.opened(name)) is not None:  # by a request that was served meanwhile
            return opened
        others = self._others()
        if name not in others:
            raise UsageError(f"there are no networks called {name!r}", suggest(name, self.names))
        config, written = others[name], _written(others[name])
        try:
            finders = Finders(config.load())
        except RunError as error:  # which may name files of this computer
            log.error("%s: %s", name, error)
            raise RequestError(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f"the networks of {name} cannot be used",
                "see the server's terminal, or choose others",
            ) from error
        self._opened[name] = _Opened(config, written, finders)
        while len(self._opened) > MAX_OPEN_NETWORKS:
            del self._opened[next(iter(self._opened))]
        return finders


def _written(config: FinderConfig) -> tuple[int, ...]:
    """When each of their files of weights was written, in ns: a training adds or replaces some."""
    run = config.run
    if run is None:
        return ()
    files = sorted(run.glob("member-*/*.safetensors")) if run.is_dir() else [run]
    with suppress(OSError):
        return tuple(file.stat().st_mtime_ns for file in files)
    return ()
