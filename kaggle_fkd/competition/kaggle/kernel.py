"""A kernel for Kaggle's machines: one script that carries the package, and its metadata."""

import base64
import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

import kaggle_fkd
from kaggle_fkd.competition.archive import SLUG
from kaggle_fkd.competition.kaggle import on_kaggle
from kaggle_fkd.runs.provenance import COMMIT_FILE, source_commit
from kaggle_fkd.system.files import write_json, write_text

SCRIPT, METADATA = "kernel.py", "kernel-metadata.json"
"""The files of a kernel's folder; the client asks for the second by its name."""
MACHINE = "NvidiaTeslaT4"
"""Two T4s. Kaggle has no single one, and its P100 is not supported by today's torch."""
PACKED = ("*.py", "py.typed")
"""What a kernel needs of the package: not the networks and pictures for photographs."""


def write_kernel(folder: Path, user: str, title: str, arguments: Sequence[str]) -> str:
    """Write the folder for `kaggle kernels push`; the kernel's name on Kaggle, USER/SLUG.

    `arguments` are those of the stages train and predict there. Raises FkdError if the files cannot
    be written.
    """
    source = Path(on_kaggle.__file__).read_text(encoding="utf-8")
    package = base64.encodebytes(packed_package()).decode()
    for before, after in (
        ("ARGUMENTS: list[str] = []", f"ARGUMENTS: list[str] = {list(arguments)}"),
        ('PACKAGE = ""', f'PACKAGE = """\n{package}"""'),
    ):
        assert source.count(before) == 1
        source = source.replace(before, after)
    name = f"{user}/{slug_of(title)}"
    write_text(folder / SCRIPT, source)
    write_json(folder / METADATA, {
        "id": name, "title": title, "code_file": SCRIPT, "language": "python",
        "kernel_type": "script", "is_private": True, "enable_gpu": True, "enable_internet": False,
        "machine_shape": MACHINE, "dataset_sources": [], "competition_sources": [SLUG],
        "kernel_sources": [], "model_sources": [],
    })  # fmt: skip
    return name


def slug_of(title: str) -> str:
    """What Kaggle makes of a title in addresses."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def packed_package() -> bytes:
    """The package's source code as a zip, equal for equal code, with the commit that it is of."""
    root = Path(kaggle_fkd.__file__).parent
    files = {
        f"kaggle_fkd/{path.relative_to(root).as_posix()}": path.read_bytes()
        for pattern in PACKED
        for path in sorted(root.rglob(pattern))
    }
    files[f"kaggle_fkd/{COMMIT_FILE}"] = (source_commit() or "").encode()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return content.getvalue()
