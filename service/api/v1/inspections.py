"""The route for testers: a dump in, report and verdict out; nothing is stored, nothing is signed."""

from __future__ import annotations

import json
from typing import Any, get_args

import cbor2
from fastapi import APIRouter, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from mrtd import dump, dump_body
from mrtd.evidence import ChipEvidence
from mrtd.inspection.report import canonical_json
from service.api.strict_json import StrictJsonRoute
from service.api.v1 import schemas
from service.api.v1.dependencies import ServicesOf, StructuredBody, Who
from service.api.v1.documented import CHIP, body, problems
from service.api.v1.model import TIME_PATTERN
from service.domain.errors import ProblemCode as Code
from service.domain.mrz_capture import CaptureSource

router = APIRouter(route_class=StrictJsonRoute, prefix="/v1/inspections", tags=["inspections"])

_MRZ: dict[str, Any] = schemas.PrintedMrz.model_json_schema()
_REQUEST = {
    "type": "object",
    "properties": {
        "dump": CHIP,
        "mrz": {
            "type": "object",
            "properties": {
                "lines": _MRZ["properties"]["lines"],
                "source": {"enum": [source.value for source in get_args(schemas.StatedSource)]},
            },
            "required": ["lines"],
        },
        "at": {
            "type": "string",
            "format": "date-time",
            "pattern": TIME_PATTERN,
            "description": "specimen realm only",
        },
        "policy": {"enum": ["strict-level3", "default", "forensic"]},
    },
    "required": ["dump"],
    "additionalProperties": False,
}


@router.post(
    "",
    operation_id="inspect_dump",
    openapi_extra=body(_REQUEST),
    response_class=Response,
    responses=problems(
        Code.MALFORMED_REQUEST,
        Code.BODY_TOO_LARGE,
        Code.UNSUPPORTED_MEDIA_TYPE,
        Code.VALIDATION_FAILED,
        Code.UNREADABLE_DUMP,
        Code.NOT_READY,
    )
    | {
        200: {
            "description": "The report with the verdict, as canonical JSON (RFC 8785).",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Report"}}},
        }
    },
)
def inspect_dump(_who: Who, services: ServicesOf, content: StructuredBody) -> Response:
    """Judge a dump that anybody made. It can never show that the chip was present."""
    request, evidence = _read(content)
    report, verdict = services.inspect_dump(
        evidence,
        None if request.mrz is None else request.mrz.lines,
        CaptureSource.TYPED if request.mrz is None else request.mrz.source,
        request.at,
        request.policy,
    )
    answer = report.to_json() | verdict.to_json() | {"report_sha256": report.sha256}
    return Response(canonical_json(answer), media_type="application/json")


def _read(content: bytes) -> tuple[schemas.InspectDump, ChipEvidence]:
    """The request, and its dump read by the reader of dumps, under the rules of the reader of dumps."""
    is_json = content.lstrip(b" \t\r\n").startswith(b"{")
    tree = dump_body.read_json(content) if is_json else dump_body.read_cbor(content)
    try:
        request = schemas.InspectDump.model_validate(tree)
    except ValidationError as error:
        raise RequestValidationError([{**item, "loc": ("body", *item["loc"])} for item in error.errors()]) from None
    encoded = json.dumps(request.dump).encode() if is_json else cbor2.dumps(request.dump)
    return request, dump.loads(encoded, "body")
