"""Libraries that not everyone needs: what needs them, and how to get them."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec

from kaggle_fkd.errors import UsageError

EXTRA = "competition"
"""The extra of pyproject.toml that brings all of them."""
NEEDS: Mapping[str, tuple[str, ...]] = {
    "training": (
        "torch", "pandas", "matplotlib", "seaborn", "sklearn", "scipy", "filelock", "safetensors",
    ),
    "kaggle": ("kaggle", "six", "requests"),
    "onnx": ("onnx", "onnxscript"),
}  # fmt: skip
"""The modules that each kind of work needs, beside those that are always installed."""
SHOWN = 3
"""A message names up to so many of the missing modules."""


def require_modules(needs: Sequence[str], what: str) -> None:
    """UsageError if modules of these `NEEDS` are not installed; `what` needs them, in words."""
    modules = [module for need in needs for module in NEEDS[need]]
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        raise UsageError(
            f"{what} needs what is not installed: {', '.join(missing[:SHOWN])}{more}",
            f"pip install 'kaggle_fkd[{EXTRA}]' (in a clone: pip install '.[{EXTRA}]')",
        )
