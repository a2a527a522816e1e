"""Expectations rewritten from what was found. For people who then read the difference, line by line."""

from __future__ import annotations

import json
from typing import Any

from service.replay.errors import ReplayError
from service.replay.finding import Finding, FoundCheck, ServiceEnd
from service.replay.folder import CASE_FILE, LoadedCase


def update_inspection(loaded: LoadedCase, finding: Finding) -> None:
    """Write what the library found into the `case.json`.

    An exhaustive case, and one that expected an unreadable dump, get the verdicts of all policies, the exhaustive one
    the whole report. Others keep speaking of the checks and policies that they speak of; what is gone is left out.

    Raises:
        ReplayError: the file cannot be read or written.
    """
    tree = _read(loaded)
    expected = tree["expected"]["inspect"]
    all_policies = expected["exhaustive"] or expected["error"] is not None
    expected["error"] = None if finding.error is None else {"code": finding.error}
    places = None if expected["exhaustive"] else {(check["id"], check["subject"]) for check in expected["checks"]}
    expected["checks"] = [check.to_json() for check in finding.checks if places is None or _place(check) in places]
    policies = list(finding.verdicts) if all_policies else list(expected["verdicts"])
    expected["verdicts"] = {
        policy: dict(finding.verdicts[policy]) for policy in policies if policy in finding.verdicts
    }
    _write(loaded, tree)


def update_service(loaded: LoadedCase, end: ServiceEnd) -> None:
    """Write where the service left the verification into the `case.json`.

    Raises:
        ReplayError: the file cannot be read or written.
    """
    tree = _read(loaded)
    tree["expected"]["service"] = end.to_json()
    _write(loaded, tree)


def _place(check: FoundCheck) -> tuple[str, str]:
    return check.id, check.subject


def _read(loaded: LoadedCase) -> dict[str, Any]:
    try:
        tree: dict[str, Any] = json.loads((loaded.folder / CASE_FILE).read_bytes())
    except (OSError, ValueError):
        raise ReplayError(f"{CASE_FILE}: changed while it was replayed") from None
    return tree


def _write(loaded: LoadedCase, tree: dict[str, Any]) -> None:
    # Loaded for updates only: with it come the recipes of all cases.
    from mrtd.specimen.cases.collection import encode  # noqa: PLC0415

    try:
        (loaded.folder / CASE_FILE).write_bytes(encode(tree))
    except OSError as error:
        raise ReplayError(f"{CASE_FILE}: {error.strerror}") from None
