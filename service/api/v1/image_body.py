"""The pictures of a request: one as the body itself, or several as parts (RFC 7578), in memory and strictly bounded.

Nothing is spooled to a disk: a photo of a passport must not lie in a folder for temporary files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Request

from service.api.v1.dependencies import Who
from service.api.v1.problems import media_type
from service.domain.errors import FieldError, ProblemCode, ServiceError
from service.domain.photo import MAX_IMAGE_BYTES, MAX_IMAGES

#: What a phone's camera makes; which of them a picture really is, its octets say.
FORMATS: Final = ("image/jpeg", "image/png", "image/webp", "image/heic")
MULTIPART: Final = "multipart/form-data"

_PART: Final = "image"
_POINTER: Final = "/image"
#: RFC 2046 §5.1.1: 1 to 70 characters, the last one no space. The spaces inside are used by nobody.
_BOUNDARY: Final = re.compile(r"boundary=(\"?)([0-9A-Za-z'()+_,./:=?-]{1,70})\1", re.IGNORECASE)
#: Octets of the headers of a part; a name, a file name and a type have 200.
_MAX_HEADERS: Final = 2_048
#: RFC 7578 §4.2, with the name first, as every client sends it.
_DISPOSITION: Final = re.compile(
    rb'form-data;[ \t]*name="?([\x21\x23-\x3a\x3c-\x7e]*)"?[ \t]*(?:;.*)?', re.IGNORECASE
)
#: RFC 7578 §4.7 forbids encodings; some clients still say that there is none.
_NO_ENCODING: Final = (b"binary", b"8bit")

_BINARY: Final = {"type": "string", "format": "binary", "minLength": 1, "maxLength": MAX_IMAGE_BYTES}
_PARTS: Final = {
    "type": "object",
    "properties": {_PART: {"type": "array", "items": _BINARY, "minItems": 1, "maxItems": MAX_IMAGES}},
    "required": [_PART],
    "additionalProperties": False,
}
#: The request body in the OpenAPI description. Generators make clients that send the first one, whatever it holds.
DESCRIBED: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {MULTIPART: {"schema": _PARTS}} | {media: {"schema": _BINARY} for media in FORMATS},
    }
}


@dataclass(frozen=True, slots=True, repr=False)
class ImageBody:
    """A body and what it claims to be."""

    media_type: str
    content_type: str
    body: bytes


async def image_body(request: Request, _who: Who) -> ImageBody:
    """The body of a known caller, not looked into yet."""
    kind = media_type(request)
    if kind not in (*FORMATS, MULTIPART):
        raise ServiceError(ProblemCode.UNSUPPORTED_MEDIA_TYPE)
    return ImageBody(kind, request.headers["content-type"], await request.body())


ImagesOf = Annotated[ImageBody, Depends(image_body)]


def images(content: ImageBody) -> list[bytes]:
    """The pictures, at least one.

    Raises:
        ServiceError: `malformed_request`: no multipart body; `validation_failed`: none, too many, or another part;
            `unsupported_media_type`: a part of another type; `body_too_large`: a picture beyond the limit.
    """
    found = [content.body] if content.media_type != MULTIPART else _parts(content)
    if not all(found):
        raise _invalid("too_short")
    if max(map(len, found)) > MAX_IMAGE_BYTES:
        raise ServiceError(ProblemCode.BODY_TOO_LARGE)
    return found


def _parts(content: ImageBody) -> list[bytes]:
    named = _BOUNDARY.search(content.content_type)
    if named is None:
        raise ServiceError(ProblemCode.MALFORMED_REQUEST)
    delimiter = b"\r\n--" + named[2].encode()
    # One more than allowed is enough to know that there are too many; the rest stays one piece.
    before, *parts = (b"\r\n" + content.body).split(delimiter, MAX_IMAGES + 1)
    if before or not parts:
        raise ServiceError(ProblemCode.MALFORMED_REQUEST)
    *parts, last = parts
    if not last.startswith(b"--"):
        raise _invalid("too_long") if len(parts) == MAX_IMAGES else ServiceError(ProblemCode.MALFORMED_REQUEST)
    if last not in (b"--", b"--\r\n"):
        raise ServiceError(ProblemCode.MALFORMED_REQUEST)
    if not parts:
        raise _invalid("too_short")
    return [_part(part) for part in parts]


def _part(part: bytes) -> bytes:
    """The picture in a part, which begins with the line end after its delimiter."""
    end = part.find(b"\r\n\r\n", 0, _MAX_HEADERS)
    if not part.startswith(b"\r\n") or end < 0:
        raise ServiceError(ProblemCode.MALFORMED_REQUEST)
    headers = dict(_header(line) for line in part[2:end].split(b"\r\n") if line)
    disposition = _DISPOSITION.fullmatch(headers.get(b"content-disposition", b""))
    if disposition is None or headers.get(b"content-transfer-encoding", b"binary").lower() not in _NO_ENCODING:
        raise ServiceError(ProblemCode.MALFORMED_REQUEST)
    if disposition[1] != _PART.encode():
        raise ServiceError(ProblemCode.VALIDATION_FAILED, errors=(FieldError("", "extra_forbidden"),))
    kind = headers.get(b"content-type", FORMATS[0].encode()).partition(b";")[0].strip().lower()
    if kind.decode("latin-1") not in FORMATS:
        raise ServiceError(ProblemCode.UNSUPPORTED_MEDIA_TYPE)
    return part[end + 4 :]


def _header(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon:
        raise ServiceError(ProblemCode.MALFORMED_REQUEST)
    return name.strip().lower(), value.strip()


def _invalid(code: str) -> ServiceError:
    return ServiceError(ProblemCode.VALIDATION_FAILED, errors=(FieldError(_POINTER, code),))
