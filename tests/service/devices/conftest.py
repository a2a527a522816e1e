"""A service that knows phones by their keys and people by their sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from service import wiring
from service.adapters.attestation.android import AndroidJudge
from service.adapters.attestation.apple import AppleJudge
from service.adapters.attestation.judge import Judge
from service.adapters.attestation.play_integrity import NoIntegritySignal
from service.adapters.attestation.status_list import StatusList
from service.app import application
from service.domain.attestation import AttestationPolicy
from service.domain.identity import Role
from service.settings import DeviceKeys, Settings
from tests.service.attestation.authorities import APP, AndroidAuthority, AppleAuthority
from tests.service.attestation.key_descriptions import PACKAGE, SIGNER
from tests.service.conftest import ManualClock
from tests.service.devices.world import ELSEWHERE, Console, World
from tests.service.photo_reader import PlannedReader

ANDROID = AndroidAuthority("maker of phones")
APPLE = AppleAuthority()
POLICY = AttestationPolicy(packages=frozenset({PACKAGE}), signers=frozenset({SIGNER}), apps=frozenset({APP}))
#: How long an attestation counts here: the certificates of the makers are good for some weeks.
DAYS = 10

Start = Callable[[Settings], World]


@pytest.fixture
def start(clock: ManualClock) -> Iterator[Start]:
    """Makes services; more than one over one database are replicas of each other."""
    with ExitStack() as stack:

        def started(settings: Settings) -> World:
            android = AndroidJudge(ANDROID.roots, lambda: StatusList(frozenset(), clock.now()), POLICY)
            judge = Judge(android, AppleJudge(APPLE.roots, POLICY), NoIntegritySignal())
            wired = wiring.wire(settings, clock=clock, reader=PlannedReader(), attestation=judge)
            stack.callback(wired.close)
            known = replace(wired, identity=wired.tokens.identity)
            client = TestClient(application(replace(known, close=lambda: None)), raise_server_exceptions=False)
            return World(known, stack.enter_context(client), clock)

        yield started


@pytest.fixture
def world(start: Start, settings: Settings) -> World:
    """A service for specimens, which takes keys of software too."""
    return start(settings)


@pytest.fixture
def strict(start: Start, settings: Settings) -> World:
    """A service that takes attested keys alone."""
    return start(settings.model_copy(update={"device_keys": DeviceKeys.ATTESTED, "attestation_days": DAYS}))


@pytest.fixture
def first(world: World) -> Console:
    """An administrator."""
    return world.person("FIRST")


@pytest.fixture
def second(world: World) -> Console:
    """Another one."""
    return world.person("SECOND")


@pytest.fixture
def stranger(world: World) -> Console:
    """An administrator of another organisation, with every role."""
    return world.person("STRANGER", *Role, organisation=ELSEWHERE)
