"""Who is behind a token, if they may still act. Looked up each time: to revoke, lock or end counts at once."""

from __future__ import annotations

from datetime import datetime

from service.domain.clients import Client
from service.domain.devices import Device, DeviceStatus
from service.domain.grants import may_be_spoken_for
from service.domain.people import Person
from service.domain.repositories import Work
from service.domain.tokens import AccessToken


def device_behind(work: Work, token: AccessToken) -> Device | None:
    """The phone that asked for it, while it may act with the key that the token is bound to."""
    device = work.devices.find(token.client)
    if device is None or device.status is not DeviceStatus.ACTIVE:
        return None
    return device if (device.organisation, device.key) == (token.organisation, token.key) else None


def person_behind(work: Work, token: AccessToken, now: datetime) -> Person | None:
    """The person whom it speaks for, while they may act and nobody ended what it rests on."""
    if token.person is None or token.session is None:
        return None
    person = work.people.find(token.person)
    session = work.sessions.find(token.session)
    if session is None or session.ended_at is not None or session.until <= now:
        return None
    return person if may_be_spoken_for(person, token.organisation) else None


def client_behind(work: Work, token: AccessToken) -> Client | None:
    """The system that asked for it, while it may act."""
    client = work.clients.find(token.client)
    if client is None or client.revoked_at is not None:
        return None
    return client if client.organisation == token.organisation else None
