"""Filters of warnings that are changed for a block."""

import threading
import warnings

import pytest

from kaggle_fkd.system.warning_filters import warnings_filtered


def test_warnings_of_the_category_are_raised_and_the_filters_are_restored():
    before = list(warnings.filters)
    with pytest.raises(UserWarning, match="odd"), warnings_filtered("error", UserWarning):
        warnings.warn("odd", UserWarning, stacklevel=1)
    assert warnings.filters == before


def test_the_filters_are_as_before_when_threads_overlap():
    """Entering before the first leaves, the second would restore the filters of the first."""
    before = list(warnings.filters)
    first_is_inside, first_may_leave, first_has_left = (threading.Event() for _ in range(3))

    def first():
        with warnings_filtered("ignore"):
            first_is_inside.set()
            first_may_leave.wait(10)
        first_has_left.set()

    def second():
        with warnings_filtered("error", UserWarning):
            first_has_left.wait(10)

    threads = [threading.Thread(target=work) for work in (first, second)]
    threads[0].start()
    first_is_inside.wait(10)
    threads[1].start()
    threads[1].join(0.2)
    first_may_leave.set()
    for thread in threads:
        thread.join()
    assert warnings.filters == before
