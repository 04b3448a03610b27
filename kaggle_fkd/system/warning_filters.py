"""Filters of warnings that one thread at a time changes and restores."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

_CHANGED = threading.RLock()
"""Held while the filters are changed. They belong to the process: two threads that change and
restore them at the same time can leave them changed."""


@contextmanager
def warnings_filtered(
    action: Literal["error", "ignore"], category: type[Warning] = Warning, beginning: str = ""
) -> Iterator[None]:
    """Within the block, warnings of this category are ignored or raised as errors.

    `beginning`, a regular expression, restricts them to those whose message begins with it.

    The block should not yield to other code, which would run with the changed filters.
    """
    with _CHANGED, warnings.catch_warnings():
        warnings.filterwarnings(action, beginning, category)
        yield
