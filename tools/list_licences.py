"""Writes docs/licences.md, the licences of all dependencies: `python tools/list_licences.py`.

They are those that the installed distributions state. Run it with the versions of requirements.txt
and requirements-dev.txt.
"""

import argparse
import re
import sys
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kaggle_fkd.system.files import write_text

ROOT = Path(__file__).resolve().parents[1]
PAGE = """# Licences of the dependencies

Written by `make licences`: what the installed distributions state of themselves, on Linux with
Python 3.11 and the CPU build of torch. PyPI's torch also brings NVIDIA's CUDA libraries, under
licences of NVIDIA. The weights of this package have their own
[NOTICE](../kaggle_fkd/weights/NOTICE). onnxruntime-web, which `kaggle-fkd page` puts into its page,
is under the MIT licence.

Some wheels contain libraries under licences that are not stated here: those of av have FFmpeg, x264
and x265, that of opencv-python-headless has FFmpeg, and that of pillow-heif has libheif and x265.
FFmpeg and libheif are under the LGPL, x264 and x265 under the GPL, which matters to whoever passes
on the wheels. Photographs alone need neither av nor pillow-heif.

## What `requirements.txt` installs

{use}

## What the tests and checks need besides (`requirements-dev.txt`)

{development}
"""


def main() -> None:
    """Write the document."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    used = closure(ROOT / "requirements.txt")
    development = closure(ROOT / "requirements-dev.txt") - used
    page = PAGE.format(use=table(used), development=table(development))
    write_text(ROOT / "docs" / "licences.md", page)


def closure(file: Path) -> set[str]:
    """The canonical names of what a file of requirements installs, dependencies included."""
    lines = [line.partition("#")[0].strip() for line in file.read_text().splitlines()]
    names: set[str] = set()
    waiting = [Requirement(line) for line in lines if line]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        extras = requirement.extras or {""}
        if name not in names or requirement.extras:
            names.add(name)
            needed = [Requirement(each) for each in distribution(name).requires or []]
            waiting += [each for each in needed if is_installed_for(each, extras)]
    return names


def is_installed_for(requirement: Requirement, extras: set[str]) -> bool:
    """True when a distribution with these extras needs it here."""
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras)


def table(names: set[str]) -> str:
    """A table of Markdown with the version and the licence of each distribution."""
    rows = [f"| {name} | {distribution(name).version} | {licence(name)} |" for name in names]
    return "\n".join(["| package | version | licence |", "|---|---|---|", *sorted(rows)])


def licence(name: str) -> str:
    """The stated licence: an SPDX expression, the classifiers, or the first line of a text."""
    metadata = distribution(name).metadata
    stated = [each for each in metadata.get_all("Classifier") or [] if "License ::" in each]
    classifiers = ", ".join(re.sub(".*:: ", "", each) for each in stated)
    texts = metadata.get_all("License") or ["not stated"]
    expressions = metadata.get_all("License-Expression") or [""]
    return expressions[0] or classifiers or texts[0].strip().splitlines()[0]


if __name__ == "__main__":
    main()
