"""docs/security.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from service.api.v1.access_table import access_table
from service.app import _ROUTERS
from service.domain.protected import AccessReason
from service.domain.rate_limits import ACCOUNT
from service.settings import Settings

PAGE = (Path(__file__).parents[3] / "docs" / "security.md").read_text("utf-8")


def test_the_table_of_access() -> None:
    shown = re.search(r"<!-- access: .* -->\n(.*)<!-- end of access -->", PAGE, flags=re.DOTALL)
    made = access_table(route for router in _ROUTERS for route in router.routes)
    assert shown[1] == made, f"put this between the marks:\n{made}"


def test_every_reason_is_named() -> None:
    assert set(re.findall(r"`([a-z_]+)`", PAGE[PAGE.index("X-Passkoll-Reason-Code") :].partition(")")[0])) == set(
        AccessReason
    )


def test_every_setting_that_is_named_is_one() -> None:
    named = {name.lower() for name in re.findall(r"PASSKOLL_([A-Z_]+)", PAGE)}
    assert named <= set(Settings.model_fields)
    assert {
        name for name in Settings.model_fields if name.startswith(("limit_", "tls_", "trusted_", "forwarded_"))
    } <= named


def test_the_numbers() -> None:
    assert f"{ACCOUNT.count} in {ACCOUNT.seconds // 60} minutes" in PAGE
