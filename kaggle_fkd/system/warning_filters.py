"""Filters of warnings: for a block, or for a process that is the package's own."""

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


def ignore_pillow_warnings() -> None:
    """From now on in this process, which must be the package's own, Pillow does not warn.

    Its warnings are of odd metadata, which do not change the pixels. A filter for each picture
    would let one thread decode at a time: with two processors, four threads take 1.7 times as long.
    """
    warnings.filterwarnings("ignore", module=r"PIL\.")
