"""The extras of the package: libraries that not everyone needs, and how to get them."""

from collections.abc import Mapping
from importlib.util import find_spec

from kaggle_fkd.errors import UsageError

EXTRAS: Mapping[str, tuple[str, ...]] = {
    "competition": (
        "torch", "pandas", "matplotlib", "seaborn", "sklearn", "scipy", "kaggle", "six", "requests",
        "filelock", "safetensors", "onnx", "onnxscript",
    ),
}  # fmt: skip
"""The modules that each extra of pyproject.toml brings, where a stage or a function needs it."""
SHOWN = 3
"""A message names up to so many of the missing modules."""


def require_extra(extra: str, what: str) -> None:
    """UsageError if a module of the extra is not installed; `what` needs it, in words."""
    missing = [module for module in EXTRAS[extra] if find_spec(module) is None]
    if missing:
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        raise UsageError(
            f"{what} needs what is not installed: {', '.join(missing[:SHOWN])}{more}",
            f"pip install 'kaggle_fkd[{extra}]' (in a clone: pip install '.[{extra}]')",
        )
