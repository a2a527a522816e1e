"""Which caller may use which route (API.md section 5): one table, tested for every route."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from service.domain.identity import Caller

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
