"""The audit trail, its checkpoints and where they are kept outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog

from service.adapters.catalogue import FileCatalogue
from service.adapters.checkpoints import JwksReader, open_anchor
from service.adapters.db.database import SqlDatabase
from service.adapters.signing_opening import open_signer
from service.domain.audit_checkpoint import CheckpointAnchor, SignedReader
from service.domain.ports import Clock, Signer
from service.log import named
from service.settings import Settings
from service.usecases.audit_checkpoint import MakeCheckpoint
from service.usecases.audit_export import ExportCase
from service.usecases.audit_verify import VerifyAudit
from service.wiring.databases import clock_of, opened, require_database

log = structlog.stdlib.get_logger("passkoll")


@dataclass(frozen=True)
class AuditAdministration:
    """The use cases of those who look after the audit trail; no route leads here.

    `anchor`: where checkpoints are kept outside, if the settings name a place.
    """

    verify: VerifyAudit
    export: ExportCase
    make_checkpoint: MakeCheckpoint
    anchor: CheckpointAnchor | None


@contextmanager
def administer_audit(settings: Settings, *, clock: Clock | None = None) -> Iterator[AuditAdministration]:
    """The audit trail of a service with these settings.

    Raises:
        ConfigurationError: the database, the keys or the anchor cannot be used, or there is no database: an empty
            trail is whole, and would hide that the wrong one was looked at.
    """
    clock = clock or clock_of(settings)
    require_database(settings)
    with opened(settings, clock) as database:
        signer = open_signer(settings, clock)
        make_checkpoint = checkpoints(settings, database, clock, signer)
        yield AuditAdministration(
            VerifyAudit(database, make_checkpoint.reader),
            ExportCase(database, clock, make_checkpoint, signer.public_keys, FileCatalogue()),
            make_checkpoint,
            make_checkpoint.anchor,
        )


def anchor_at(place: str) -> CheckpointAnchor:
    """Where checkpoints are kept outside, as an operator names it.

    Raises:
        ConfigurationError: it cannot be used.
    """
    return open_anchor(place)


def reader_of(keys: Mapping[str, Any]) -> SignedReader:
    """Reads what was signed with one of the keys of a JWK Set."""
    return JwksReader(lambda: keys)


def checkpoints(settings: Settings, database: SqlDatabase, clock: Clock, signer: Signer) -> MakeCheckpoint:
    """What signs the head of the trail, and keeps it outside if the settings name a place.

    Raises:
        ConfigurationError: that place cannot be used.
    """
    anchor = None if settings.audit_anchor is None else open_anchor(settings.audit_anchor)
    return MakeCheckpoint(database, clock, signer, JwksReader(signer.public_keys), anchor, settings.issuer)


def last_checkpoint(make_checkpoint: MakeCheckpoint) -> None:
    """Sign what was added before the process ends; whatever stands in the way is the next start's matter."""
    try:
        make_checkpoint()
    except Exception as error:
        # An end is an end: it must not fail. What is missing shows in `passkoll audit verify`.
        log.error("the last checkpoint of the audit trail was not made", **named(error))
