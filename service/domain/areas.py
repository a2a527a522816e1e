"""Issuing areas (utgivningsområden): parts of an organisation that do not see each other's cases.

An area is a short code of the organisation, never a name of a person. A verification of no area is the whole
organisation's: only those who work in all of it see it.
"""

from __future__ import annotations

from typing import Final

from service.domain.errors import FieldError, ProblemCode, ServiceError
from service.domain.identity import Principal

#: What a code of an area looks like.
AREA_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9-]{0,31}$"


def works_in(areas: frozenset[str] | None, area: str | None) -> bool:
    """Whether somebody who works in `areas` (None: in all of the organisation) works in `area`."""
    return areas is None or area in areas


def area_of_new(who: Principal, named: str | None) -> str | None:
    """The area of what `who` opens: the one that is named, or the only one that they work in.

    Raises:
        ServiceError: `validation_failed`: it is none of theirs, or they work in several and named none. What is no
            area at all and what is an area of others are told alike.
    """
    if named is None and who.areas is not None:
        if len(who.areas) != 1:
            raise ServiceError(ProblemCode.VALIDATION_FAILED, errors=(FieldError("/area", "missing"),))
        (only,) = who.areas
        return only
    if not works_in(who.areas, named):
        raise ServiceError(ProblemCode.VALIDATION_FAILED, errors=(FieldError("/area", "enum"),))
    return named
