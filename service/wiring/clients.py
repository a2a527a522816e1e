"""Systems that call by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from service.adapters import client_keys
from service.adapters.system import SystemRandomness
from service.domain.ports import Clock
from service.settings import Settings
from service.usecases.manage_clients import ManageClients
from service.wiring.databases import at_the_shell, clock_of, open_unsealed_database


@dataclass(frozen=True)
class ClientAdministration:
    """`passkoll client`: the use cases, and what reads and makes keys."""

    clients: ManageClients
    read_key: Callable[[bytes], str]
    generate: Callable[[], tuple[bytes, str]]
    thumbprint: Callable[[str], str]


@contextmanager
def administer_clients(settings: Settings, *, clock: Clock | None = None) -> Iterator[ClientAdministration]:
    """The administration of clients, over the database of a service with these settings.

    Raises:
        ConfigurationError: the database cannot be used.
    """
    database = at_the_shell(open_unsealed_database(settings))
    try:
        manage = ManageClients(
            database, clock or clock_of(settings), SystemRandomness(), settings.realm, settings.organisation
        )
        yield ClientAdministration(manage, client_keys.public_jwk, client_keys.generate, client_keys.thumbprint_of)
    finally:
        database.engine.dispose()
