"""Which caller may use which route (API.md section 5): one table, tested for every route."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from service.domain.identity import Caller, Role

A, H, R, P, T = Caller.APP, Caller.HOLDER, Caller.REVIEWER, Caller.PORTAL, Caller.HARNESS

#: Operation id -> who may call it; no entry, no answer.
ACCESS: Final[Mapping[str, frozenset[Caller]]] = MappingProxyType(
    {
        "open_verification": frozenset({A, H, R, P}),
        "list_verifications": frozenset({A, H, R, P}),
        "show_verification": frozenset({A, H, R, P}),
        "give_notice": frozenset({A, H}),
        "capture_mrz": frozenset({A, H}),
        "capture_photo": frozenset({A, H}),
        "issue_chip_challenge": frozenset({A, H}),
        "submit_chip": frozenset({A, H}),
        "look_up_status": frozenset({R}),
        "show_portrait": frozenset({R}),
        "review_verification": frozenset({R}),
        "cancel_verification": frozenset({A, H, R, P}),
        "revoke_verification": frozenset({R}),
        "fetch_result": frozenset({P}),
        "consume_result": frozenset({P}),
        "show_result": frozenset({P}),
        "inspect_dump": frozenset({T}),
    }
)

ADMINISTRATOR, ISSUER = Role.ID_ADMINISTRATOR, Role.RESPONSIBLE_ISSUER

#: Operation id -> the roles one of which a signed-in person needs for it; no entry, none is needed.
ROLES: Final[Mapping[str, frozenset[Role]]] = MappingProxyType(
    {
        "open_verification": frozenset({ADMINISTRATOR}),
        "list_verifications": frozenset({ADMINISTRATOR, ISSUER}),
        "show_verification": frozenset({ADMINISTRATOR, ISSUER}),
        "give_notice": frozenset({ADMINISTRATOR}),
        "capture_mrz": frozenset({ADMINISTRATOR}),
        "capture_photo": frozenset({ADMINISTRATOR}),
        "issue_chip_challenge": frozenset({ADMINISTRATOR}),
        "submit_chip": frozenset({ADMINISTRATOR}),
        "look_up_status": frozenset({ADMINISTRATOR}),
        "show_portrait": frozenset({ADMINISTRATOR, ISSUER}),
        "review_verification": frozenset({ADMINISTRATOR}),
        "cancel_verification": frozenset({ADMINISTRATOR}),
        # who may ask for it and who may confirm it is settled by the use case
        "revoke_verification": frozenset({ADMINISTRATOR, ISSUER}),
    }
)

#: Open to anyone: texts, public keys, and whether the service lives.
PUBLIC: Final = frozenset(
    {
        "show_catalogue",
        "show_public_keys",
        "show_configuration",
        "show_openid_configuration",
        "show_live",
        "show_ready",
    }
)
