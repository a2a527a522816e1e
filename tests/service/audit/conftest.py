"""A database of each kind, with nothing in it but the schema, and the audit of a service over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service import wiring
from service.adapters.db.database import SqlDatabase
from service.settings import Settings


@pytest.fixture
def anchored(settings: Settings, tmp_path: Path) -> Settings:
    """Settings that keep checkpoints in a folder outside."""
    return settings.model_copy(update={"audit_anchor": str(tmp_path / "anchor")})


@pytest.fixture
def database(settings: Settings) -> Iterator[SqlDatabase]:
    """The database of the settings."""
    opened = wiring.open_database(settings)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def audit(anchored: Settings, database: SqlDatabase, clock) -> Iterator[wiring.AuditAdministration]:
    """Its audit, with checkpoints kept outside."""
    with wiring.administer_audit(anchored, clock=clock) as administration:
        yield administration
