"""Run directories: settings, provenance, and the networks that were trained."""

NEWEST = "newest"
"""As the name of the run to resume: the newest unfinished one."""
