"""JSON Schemas (2020-12) of what the command line and the API answer; part of the contract (API.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

_SUFFIX = ".schema.json"


def names() -> Iterator[str]:
    """The names of all schemas: `report`, `verdict`, ..."""
    for entry in sorted(files(__name__).iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(_SUFFIX):
            yield entry.name.removesuffix(_SUFFIX)


def load(name: str) -> dict[str, Any]:
    """One schema. They name each other as `urn:passkoll:schema:<name>`."""
    schema: dict[str, Any] = json.loads((files(__name__) / f"{name}{_SUFFIX}").read_text(encoding="utf-8"))
    return schema
