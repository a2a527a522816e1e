"""The administration of the trust store, and what documents are judged by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property

from mrtd.files import load_trust
from mrtd.inspection import POLICIES
from service.adapters.db.database import SqlDatabase
from service.adapters.db.engine import open_engine
from service.adapters.system import SystemRandomness
from service.adapters.trust_sources import AdministeredTrust, FixedTrust
from service.domain.ports import Clock, TrustSource
from service.settings import Settings
from service.usecases.reverify_decisions import CountDecisions
from service.usecases.trust_activation import ActivateTrust, DiscardDraft, ReturnToStore
from service.usecases.trust_decisions import DecideTrust
from service.usecases.trust_fetching import FetchLists
from service.usecases.trust_import import ImportTrust
from service.usecases.trust_people import TrustAdministrators
from service.usecases.trust_showing import ShowTrust
from service.usecases.trust_staging import StageTrust
from service.usecases.trust_what_if import WhatIfTrust
from service.wiring.databases import at_the_shell, clock_of, database_url, open_unsealed_database, with_keys


@dataclass(frozen=True)
class TrustAdministration:
    """The use cases of those who administer trust; no route leads here."""

    show: ShowTrust
    take: ImportTrust
    decide: DecideTrust
    activate: ActivateTrust
    discard: DiscardDraft
    return_to: ReturnToStore
    open_what_if: Callable[[], WhatIfTrust]
    decisions: CountDecisions
    fetching: Callable[[], AbstractContextManager[FetchLists]]
    close: Callable[[], None]

    @cached_property
    def what_if(self) -> WhatIfTrust:
        """It judges what is sealed, so it alone needs the keys."""
        return self.open_what_if()


def administer_trust(settings: Settings, *, clock: Clock | None = None) -> TrustAdministration:
    """The administration of the trust store that a service with these settings judges by.

    Raises:
        ConfigurationError: the database cannot be used.
    """
    clock = clock or clock_of(settings)
    database = at_the_shell(open_unsealed_database(settings))
    organisation = settings.organisation
    administrators = TrustAdministrators(
        database, lambda: with_keys(database, settings, clock, SystemRandomness()), clock, organisation
    )
    stage = StageTrust(database, clock, settings.realm, organisation)

    @contextmanager
    def fetching() -> Iterator[FetchLists]:
        # Loaded here alone: a service that judges has no code that fetches.
        from service.adapters.fetching import HttpsListFetcher  # noqa: PLC0415

        with HttpsListFetcher() as fetcher:
            yield FetchLists(database, stage, fetcher)

    return TrustAdministration(
        show=ShowTrust(database, clock, settings.realm),
        take=ImportTrust(stage),
        decide=DecideTrust(stage),
        activate=ActivateTrust(database, clock, settings.realm, organisation, administrators),
        discard=DiscardDraft(database, clock, organisation),
        return_to=ReturnToStore(database, clock, settings.realm, organisation),
        open_what_if=lambda: WhatIfTrust(
            with_keys(database, settings, clock, SystemRandomness()), clock, POLICIES[settings.policy]
        ),
        decisions=CountDecisions(database),
        fetching=fetching,
        close=database.engine.dispose,
    )


def trust_source(settings: Settings, clock: Clock) -> tuple[TrustSource, Callable[[], None]]:
    """What the operator names wins over what is administered; and how to close it.

    Raises:
        MrtdError: what the operator names cannot be read.
    """
    if settings.trust:
        return FixedTrust(load_trust(*settings.trust, realm=settings.realm, at=clock.now())), lambda: None
    database = SqlDatabase(open_engine(database_url(settings)))
    return AdministeredTrust(database, settings.realm), database.engine.dispose
