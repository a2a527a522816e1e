"""A service that knows people and systems by their tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from service import wiring
from service.app import application
from service.domain.identity import Caller, Presented, Principal
from service.settings import Settings
from tests.service.conftest import ManualClock
from tests.service.counter import Counter
from tests.service.photo_reader import PlannedReader
from tests.service.tokens.world import SignInPage, World
from tests.service.two_persons import TwoPersons


@pytest.fixture
def replica(settings: Settings, clock: ManualClock) -> Iterator[Callable[[], TestClient]]:
    """Makes services over the one database; each of them knows only what lies there."""
    with ExitStack() as stack:

        def start(page: SignInPage | None = None, *, at_counter: bool = False) -> tuple[wiring.Services, TestClient]:
            identity = at_the_counter(settings, clock) if at_counter else None
            wired = wiring.wire(settings, clock=clock, reader=PlannedReader(), identity=identity)
            if identity is not None:
                identity.register(wired.database)
            stack.callback(wired.close)
            issue = replace(wired.tokens.issue, subjects=page or SignInPage())
            wired = replace(wired, tokens=replace(wired.tokens, issue=issue))
            client = TestClient(application(replace(wired, close=lambda: None)), raise_server_exceptions=False)
            return wired, stack.enter_context(client)

        yield start


class AtTheCounter(TwoPersons):
    """Two administrators with a phone and a console each, and no portals."""

    def authenticate(self, presented: Presented) -> Principal | None:
        """As one of them."""
        who = super().authenticate(presented)
        return None if who is None else replace(who, callers=frozenset({Caller.APP, Caller.REVIEWER}))


def at_the_counter(settings: Settings, clock: ManualClock) -> AtTheCounter:
    """Where a test is not about administrators."""
    return AtTheCounter(settings.organisation, clock)


@pytest.fixture
def counter(world: World, replica) -> Counter:
    """Two administrators at another replica."""
    services, client = replica(at_counter=True)
    return Counter(client, services.identity.tokens)


@pytest.fixture
def world(replica, clock: ManualClock) -> World:
    """Everybody, known."""
    page = SignInPage()
    services, client = replica(page)
    made = World(services, client, page, clock)
    made.settle()
    return made
