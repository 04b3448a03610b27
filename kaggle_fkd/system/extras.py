"""The extras of the package: libraries that not everyone needs, and how to get them."""

from collections.abc import Mapping
from importlib.util import find_spec

from kaggle_fkd.errors import UsageError

EXTRAS: Mapping[str, tuple[str, ...]] = {
    "competition": (
        "filelock", "kaggle", "matplotlib", "onnx", "onnxscript", "pandas", "requests",
        "safetensors", "scipy", "seaborn", "six", "sklearn", "torch",
    ),
    "heic": ("pillow_heif",),
    "video": ("av",),
}  # fmt: skip
"""The modules that each extra of pyproject.toml brings."""


def require_extra(extra: str, what: str) -> None:
    """UsageError if a module of the extra is not installed; `what` needs it, in words."""
    missing = [module for module in EXTRAS[extra] if find_spec(module) is None]
    if missing:
        raise UsageError(
            f"{what} needs {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not "
            "installed",
            f"pip install 'kaggle_fkd[{extra}]' (in a clone: pip install '.[{extra}]')",
        )
