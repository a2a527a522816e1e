"""The problems of a route as OpenAPI responses, and the request bodies that are read as bytes."""

from __future__ import annotations

from typing import Any, Final

from mrtd.evidence import EAC_PROTECTED, ElementaryFile
from service.api.v1.problems import MEDIA_TYPE, PROBLEMS
from service.domain.errors import ProblemCode

_PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}
#: What any route that does something once may answer.
ONCE: Final = (
    ProblemCode.IDEMPOTENCY_KEY_REQUIRED,
    ProblemCode.IDEMPOTENCY_MISMATCH,
    ProblemCode.IN_PROGRESS,
    ProblemCode.CONFLICT,
    ProblemCode.VALIDATION_FAILED,
)
#: What any route that asks who is calling may answer.
_ALWAYS: Final = (
    ProblemCode.UNAUTHENTICATED,
    ProblemCode.FORBIDDEN,
    ProblemCode.INSUFFICIENT_SCOPE,
    ProblemCode.REQUEST_TIMEOUT,
    ProblemCode.ACCESS_REASON_REQUIRED,
    ProblemCode.TOO_MANY_REQUESTS,
    ProblemCode.NOT_READY,
)


def problems(*codes: ProblemCode) -> dict[int | str, dict[str, Any]]:
    """The responses of a route for known callers."""
    return public_problems(*_ALWAYS, *codes)


def public_problems(*codes: ProblemCode) -> dict[int | str, dict[str, Any]]:
    """The responses of a route for everyone: a status each, naming its codes."""
    by_status: dict[int, list[ProblemCode]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(PROBLEMS[code].status, []).append(code)
    return {
        status: {
            "description": ", ".join(f"`{code.value}`: {PROBLEMS[code].title}" for code in group),
            "content": {MEDIA_TYPE: {"schema": _PROBLEM}},
        }
        for status, group in sorted(by_status.items())
    }


_FILE: Final = {
    "type": "string",
    "contentEncoding": "base64url",
    "pattern": "^([A-Za-z0-9_-]{4})*([A-Za-z0-9_-]{2,3})?$",
}
_FILES: Final = {
    "type": "object",
    "description": "Elementary files by name (`EF.SOD`, `DG1` ...): base64url in JSON, byte strings in CBOR. "
    "Other names are skipped and counted.",
    "properties": {name.value: _FILE for name in ElementaryFile if name not in EAC_PROTECTED},
    "minProperties": 1,
}
_AA: Final = {
    "type": "object",
    "properties": {"challenge": _FILE, "response": _FILE},
    "required": ["challenge", "response"],
}
CHIP: Final = {
    "type": "object",
    "properties": {
        "files": _FILES,
        "active_authentication": _AA,
        "access": {"type": "object", "properties": {"protocol": {"enum": ["PACE", "BAC"]}}},
    },
    "required": ["files"],
}


def body(schema: dict[str, Any]) -> dict[str, Any]:
    """The request body of a route that reads JSON and CBOR itself."""
    content = {media: {"schema": schema} for media in ("application/json", "application/cbor")}
    return {"requestBody": {"required": True, "content": content}}
