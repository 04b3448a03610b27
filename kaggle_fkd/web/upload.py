"""`Upload`: the picture that a request carries, as its body or as a file of a form."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import PurePosixPath, PureWindowsPath

import numpy as np
from numpy.typing import NDArray
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from kaggle_fkd.imaging.picture import decode_picture
from kaggle_fkd.web.problem import RequestError

MAX_BYTES = 20_000_000
"""Bytes of a request: photographs of phones have 2 to 15 MB."""
MAX_PIXELS = 50_000_000
"""Pixels of a picture: those of the largest usual cameras. Decoded, they take 150 MB."""
UPLOAD_S = 30.0
"""Seconds within which a request must have arrived."""
UNNAMED = "the posted file"
"""What a file without a name is called."""
FORM = "multipart/form-data"
HOW = "send the picture as the body, or as a file of a form"


@dataclass(frozen=True)
class Upload:
    """A posted file, which is kept in memory only."""

    content: bytes
    """Its bytes."""
    name: str
    """Its name, without folders."""

    @property
    def is_jpeg(self) -> bool:
        """Whether it begins as a JPEG does."""
        return self.content.startswith(b"\xff\xd8\xff")

    def picture(self) -> NDArray[np.uint8]:
        """H x W x 3 RGB; raises PictureError if it is not a picture, or too large a one."""
        return decode_picture(self.content, self.name, MAX_PIXELS)


async def read_upload(request: Request) -> Upload:
    """The picture of a request.

    Raises what `read_body` raises, and RequestError for a form that has no picture.
    """
    content = await read_body(request, MAX_BYTES)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == FORM:
        return await _file_of_form(request, content)
    return Upload(content, UNNAMED)


async def read_body(request: Request, max_bytes: int) -> bytes:
    """The body of a request.

    Raises RequestError for one that has more than `max_bytes`, is too slow or incomplete.
    """
    try:
        async with asyncio.timeout(UPLOAD_S):
            return await _read_chunks(request, max_bytes)
    except TimeoutError as error:
        raise RequestError(
            HTTPStatus.REQUEST_TIMEOUT,
            f"the request has not arrived within {UPLOAD_S:g} seconds",
            "try again, or reduce its size first",
        ) from error
    except ClientDisconnect as error:
        raise RequestError(
            HTTPStatus.BAD_REQUEST, "the request is incomplete", "send it again"
        ) from error


async def _read_chunks(request: Request, max_bytes: int) -> bytes:
    """The body, of which no more is read than the limit."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > max_bytes:
            raise RequestError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"the request has more than {max_bytes / 1_000_000:g} MB",
                "reduce its size first",
            )
    return bytes(content)


async def _file_of_form(request: Request, content: bytes) -> Upload:
    async def chunks() -> AsyncGenerator[bytes, None]:
        yield content
        yield b""

    parser = MultiPartParser(request.headers, chunks(), max_files=1, max_fields=10)
    parser.spool_max_size = MAX_BYTES  # a smaller limit would write the picture to the disk
    try:
        form = await parser.parse()
    # KeyError: there is no boundary; ValueError: that of python-multipart, from an older Starlette
    except (MultiPartException, KeyError, ValueError) as error:
        raise RequestError(HTTPStatus.BAD_REQUEST, "the form cannot be read", HOW) from error
    file = next((value for value in form.values() if isinstance(value, UploadFile)), None)
    if file is None:
        raise RequestError(HTTPStatus.BAD_REQUEST, "the form has no file", HOW)
    name = PureWindowsPath(PurePosixPath(file.filename or "").name).name
    content = await file.read()
    await form.close()
    return Upload(content, name or UNNAMED)
