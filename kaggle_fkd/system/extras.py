"""Libraries that not everyone needs: what needs them, and how to get them."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import NamedTuple

from kaggle_fkd.errors import UsageError


class Need(NamedTuple):
    """What a kind of work needs, beside the libraries that are always installed."""

    extra: str
    """The extra of pyproject.toml that brings it."""
    modules: tuple[str, ...]
    """The modules that it imports."""


NEEDS: Mapping[str, Need] = {
    "training": Need("competition", (
        "torch", "pandas", "matplotlib", "seaborn", "sklearn", "scipy", "filelock", "safetensors",
    )),
    "kaggle": Need("competition", ("kaggle", "six", "requests")),
    "report": Need("competition", ("jinja2",)),
    "onnx": Need("competition", ("onnx", "onnxscript")),
    "table": Need("table", ("pyarrow",)),
    "web": Need("web", (
        "starlette", "uvicorn", "websockets", "python_multipart", "onnx",
    )),
    "cluster": Need("cluster", ("ray", "pyarrow")),
}  # fmt: skip
"""The kinds of work."""
SHOWN = 3
"""A message names up to so many of the missing modules."""


def require_modules(needs: Sequence[str], what: str) -> None:
    """UsageError if modules of these `NEEDS` are not installed; `what` needs them, in words."""
    missing = {
        module: NEEDS[need].extra
        for need in needs
        for module in NEEDS[need].modules
        if find_spec(module) is None
    }
    if missing:
        modules, extras = [*missing], ",".join(dict.fromkeys(missing.values()))
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        raise UsageError(
            f"{what} needs what is not installed: {', '.join(modules[:SHOWN])}{more}",
            f"pip install 'kaggle_fkd[{extras}]' (in a clone: pip install '.[{extras}]')",
        )
