"""Dumps as bodies of requests. What can be read is sent as CBOR; what cannot, as it is, for the service to refuse."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

import cbor2

from mrtd import dump
from mrtd.evidence import ChipEvidence

JSON: Final = "application/json"
CBOR: Final = "application/cbor"


def chip_body(evidence: ChipEvidence) -> bytes:
    """The body of `POST .../chip`: files, the chip's answer, and what the sender claims."""
    return cbor2.dumps(_tree(evidence))


def inspection_body(evidence: ChipEvidence, at: datetime | None, policy: str | None) -> bytes:
    """The body of `POST /v1/inspections`; `at` None is the service's own clock."""
    body: dict[str, object] = {"dump": _tree(evidence)}
    if at is not None:
        body["at"] = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    if policy is not None:
        body["policy"] = policy
    return cbor2.dumps(body)


def unread_body(path: Path) -> tuple[bytes, str] | None:
    """A dump that our own reader refuses, as a body with its media type; None for what the service takes in no form.

    A folder becomes an object of its files under their own names, so that the service meets the same names twice.
    """
    try:
        if path.is_dir():
            return cbor2.dumps({"files": _named_files(path)}), CBOR
        if path.stat().st_size > dump.MAX_DUMP_SIZE:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    if data.lstrip(b" \t\r\n").startswith(b"{"):
        return data, JSON
    # RFC 8949 §3.1: major type 5 is a map
    return (data, CBOR) if data[:1] and data[0] >> 5 == 5 else None


def _named_files(folder: Path) -> dict[str, bytes]:
    entries = {entry.relative_to(folder).as_posix(): entry for entry in sorted(folder.rglob("*"))}
    return {name: entry.read_bytes() for name, entry in entries.items() if dump.is_wanted(name) and entry.is_file()}


def _tree(evidence: ChipEvidence) -> dict[str, object]:
    tree: dict[str, object] = {"files": {name.value: data for name, data in evidence.files.items()}}
    answer = evidence.active_authentication
    if answer is not None:
        tree["active_authentication"] = {"challenge": answer.challenge, "response": answer.response}
    for name, word in evidence.claimed.items():
        outer, _, inner = name.partition(".")
        if not inner:
            tree[outer] = word
        elif isinstance(nested := tree.setdefault(outer, {}), dict):
            nested[inner] = word
    return tree
