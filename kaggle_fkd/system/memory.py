"""The memory that this process has had."""

import sys


def peak_memory_mb() -> float | None:
    """The largest memory of this process so far, in MB; None if the system does not report it."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e6  # Linux counts KiB
