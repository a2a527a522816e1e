"""How an installation is: what `doctor` and the figures tell."""

from __future__ import annotations

from collections.abc import Iterator

from service.adapters.db.database import SqlDatabase
from service.adapters.diagnosis import Diagnosis
from service.adapters.machine import disk_space
from service.adapters.signing_opening import open_signer
from service.domain.diagnosis import Finding
from service.domain.ports import Clock, TrustSource
from service.settings import Settings
from service.usecases.show_condition import Condition, ShowCondition
from service.wiring.databases import clock_of, open_database, schema_of
from service.wiring.trust import trust_source


def condition_of(settings: Settings, database: SqlDatabase, clock: Clock, trust: TrustSource) -> ShowCondition:
    """What tells how this installation is."""
    anchored = settings.audit_anchor is not None
    return ShowCondition(database, clock, trust, lambda: disk_space(settings.data_dir), anchored)


def diagnose(settings: Settings) -> Iterator[Finding]:
    """Look at an installation, for `passkoll doctor`; nothing is made or changed.

    Raises:
        ConfigurationError: the clock is set in the production realm.
        MrtdError: the operator's trust cannot be read.
    """
    clock = clock_of(settings)

    def condition(database: SqlDatabase) -> Condition:
        trust, close_trust = trust_source(settings, clock)
        try:
            return condition_of(settings, database, clock, trust)()
        finally:
            close_trust()

    return Diagnosis(
        settings,
        clock,
        schema=lambda: schema_of(settings),
        open_database=lambda: open_database(settings, clock),
        open_signer=lambda: open_signer(settings, clock),
        condition=condition,
    )()
