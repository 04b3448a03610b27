"""`single_page`: the page as one HTML file, with the networks and what runs them inside."""

import gzip
import re
from base64 import b64encode
from collections.abc import Mapping
from html import escape
from json import dumps
from pathlib import Path

from kaggle_fkd.imaging.picture import ASTRONAUT_FILE
from kaggle_fkd.inspection.intermediate_outputs import IntermediateOutputs
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.web.page_constants import (
    INTERMEDIATE_OUTPUTS,
    filter_parts,
    network_parts,
    page_constants,
)
from kaggle_fkd.web.runtime import Runtime

STATIC = Path(__file__).resolve().with_name("static")
"""The files of the page that a server shows."""
LOCAL = Path(__file__).resolve().with_name("page")
"""Those that answer in the page itself."""
INSTEAD = {"api.js": "local_api.js"}
"""Modules of the server's page, and those that are used instead of them."""
IMPORTED = re.compile(r'(?<=from ")\./([^"]+)')
"""The names in the imports of a module."""
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'unsafe-inline' data: 'wasm-unsafe-eval'",
        "style-src 'unsafe-inline'",
        "img-src data: blob:",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
"""What the page may load: nothing but itself, so that no picture leaves it."""


def single_page(finder: FaceKeypoints, network: str, runtime: Runtime) -> str:
    """The HTML of a page with these networks, which it calls `network`.

    Its binary parts are gzip in base64. Its modules are `data:` addresses in an import map, as
    browsers let no file import another.
    """
    text = (STATIC / "index.html").read_text(encoding="utf-8")
    style = (STATIC / "style.css").read_text(encoding="utf-8")
    intermediate = IntermediateOutputs.from_bytes(finder.networks.files[0].path.read_bytes())
    modules = _modules(
        {
            "constants.js": page_constants(finder, network, intermediate),
            "onnxruntime.js": runtime.script,
        }
    )
    head = (
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">\n'
        f"<style>\n{style}</style>\n"
        f'<script type="importmap">{_import_map(modules)}</script>'
    )
    files = {"example": ASTRONAUT_FILE, **network_parts(finder), **filter_parts()}
    parts = {
        "runtime": runtime.binary, INTERMEDIATE_OUTPUTS: intermediate.outputs,
        **{part: path.read_bytes() for part, path in files.items()},
    }  # fmt: skip
    body = "\n".join(_part(name, content) for name, content in parts.items())
    icon = _address("image/svg+xml", (STATIC / "icon.svg").read_bytes())
    for old, new in (
        ('<link rel="stylesheet" href="style.css">', head),
        ('<script type="module" src="main.js"></script>', ""),
        ("icon.svg", icon),
        ("</body>", f'{body}\n<script type="module">import "main.js";</script>\n</body>'),
    ):
        text = text.replace(old, new)
    return text


def _modules(made: Mapping[str, str]) -> dict[str, str]:
    """The text of the page's modules, by the names that others import: those that were made, and
    of both folders what `main.js` and its imports use, so nothing of the label review.
    """
    paths = {path.name: path for folder in (STATIC, LOCAL) for path in folder.glob("*.js")}
    texts = dict(made)
    wanted = ["main.js"]
    while wanted:
        name = wanted.pop()
        if name not in texts:
            texts[name] = paths[INSTEAD.get(name, name)].read_text(encoding="utf-8")
            wanted += IMPORTED.findall(texts[name])
    return texts


def _import_map(modules: Mapping[str, str]) -> str:
    """The import map of modules: a `data:` address has no folder, so the names lose their `./`."""
    addresses = {
        name: _address("text/javascript", IMPORTED.sub(r"\1", text).encode())
        for name, text in modules.items()
    }
    return dumps({"imports": addresses})


def _part(name: str, content: bytes) -> str:
    """An element that the module `parts.js` unpacks."""
    packed = b64encode(gzip.compress(content, mtime=0)).decode()
    return f'<script type="text/plain" id="part-{escape(name)}">{packed}</script>'


def _address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{b64encode(content).decode()}"
