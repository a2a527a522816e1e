"""What all JSON of the contract has in common."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

#: RFC 3339 §5.6, in centuries that have passports.
TIME_PATTERN: Final = r"^(19|2[01])\d\d-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)$"


def _rfc_3339(value: object) -> object:
    """Pydantic would read `2` as two seconds after 1970."""
    if isinstance(value, str) and re.fullmatch(TIME_PATTERN, value, re.ASCII):
        return value
    raise PydanticCustomError("datetime_parsing", "an RFC 3339 time with seconds and zone")


Time = Annotated[AwareDatetime, BeforeValidator(_rfc_3339), Field(json_schema_extra={"pattern": TIME_PATTERN})]
#: One plain line of a person.
Line = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Request(BaseModel):
    """A body: unknown members are refused, so that a misspelt one is never silently ignored."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """An answer; members may be added in later versions."""
