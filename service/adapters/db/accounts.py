"""Invitations, passkeys and passwords as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from service.adapters.db.people import PeopleSeal
from service.adapters.db.people_tables import invitations, passkeys, passwords
from service.domain.accounts import Invitation, Passkey, Password, digest_of
from service.domain.errors import ProblemCode, ServiceError

_LOGIN: Final = "login"


@dataclass(slots=True, repr=False)
class AccountRows:
    """Answers `service.domain.accounts.Accounts`."""

    connection: Connection
    sealing: PeopleSeal

    def invite(self, invitation: Invitation) -> None:
        self.end_invitations(invitation.person, invitation.made_at)
        self.connection.execute(
            insert(invitations).values(
                digest=invitation.digest,
                person_id=invitation.person,
                challenge=invitation.challenge,
                made_by=invitation.made_by,
                made_at=invitation.made_at,
                until=invitation.until,
            )
        )

    def invitation(self, digest: str) -> Invitation | None:
        row = self.connection.execute(select(invitations).where(invitations.c.digest == digest)).one_or_none()
        if row is None:
            return None
        return Invitation(row.digest, row.person_id, row.challenge, row.made_by, row.made_at, row.until, row.used_at)

    def use_invitation(self, digest: str, at: datetime) -> bool:
        used = self.connection.execute(
            update(invitations)
            .where(invitations.c.digest == digest, invitations.c.used_at.is_(None))
            .values(used_at=at)
        )
        return used.rowcount == 1

    def end_invitations(self, person_id: str, at: datetime) -> None:
        self.connection.execute(
            update(invitations)
            .where(invitations.c.person_id == person_id, invitations.c.used_at.is_(None))
            .values(used_at=at)
        )

    def passkeys(self, person_id: str) -> Sequence[Passkey]:
        query = (
            select(passkeys).where(passkeys.c.person_id == person_id).order_by(passkeys.c.added_at, passkeys.c.digest)
        )
        return [_passkey(row) for row in self.connection.execute(query)]

    def passkey(self, credential: bytes) -> Passkey | None:
        query = select(passkeys).where(passkeys.c.digest == digest_of(credential))
        row = self.connection.execute(query).one_or_none()
        return None if row is None else _passkey(row)

    def add_passkey(self, passkey: Passkey) -> None:
        values = {
            "digest": digest_of(passkey.credential),
            "person_id": passkey.person,
            "credential": passkey.credential,
            "public_key": passkey.public_key,
            "counter": passkey.counter,
            "backed_up": passkey.backed_up,
            "added_at": passkey.added_at,
        }
        try:
            with self.connection.begin_nested():
                self.connection.execute(insert(passkeys).values(values))
        except IntegrityError:
            raise ServiceError(ProblemCode.ALREADY_IN_USE) from None

    def used_passkey(self, passkey: Passkey, before: int) -> bool:
        used = self.connection.execute(
            update(passkeys)
            .where(passkeys.c.digest == digest_of(passkey.credential), passkeys.c.counter == before)
            .values(counter=passkey.counter, backed_up=passkey.backed_up, used_at=passkey.used_at)
        )
        return used.rowcount == 1

    def remove_passkeys(self, person_id: str) -> int:
        return self.connection.execute(delete(passkeys).where(passkeys.c.person_id == person_id)).rowcount

    def password(self, login: str) -> Password | None:
        query = select(passwords).where(passwords.c.login_index == self._login_index(login))
        row = self.connection.execute(query).one_or_none()
        if row is None:
            return None
        return Password(row.person_id, self._open(row, "login"), self._open(row, "hash"), row.set_at)

    def set_password(self, password: Password) -> None:
        cipher = self.sealing.cipher()
        values = {
            "person_id": password.person,
            "login_index": self._login_index(password.login),
            "login": cipher.seal(passwords.name, "login", password.person, password.login.encode()),
            "hash": cipher.seal(passwords.name, "hash", password.person, password.hash.encode()),
            "set_at": password.set_at,
        }
        self.remove_password(password.person)
        try:
            with self.connection.begin_nested():
                self.connection.execute(insert(passwords).values(values))
        except IntegrityError:
            raise ServiceError(ProblemCode.ALREADY_IN_USE) from None

    def remove_password(self, person_id: str) -> bool:
        return self.connection.execute(delete(passwords).where(passwords.c.person_id == person_id)).rowcount == 1

    def has_password(self, person_id: str) -> bool:
        query = select(exists(select(passwords.c.person_id).where(passwords.c.person_id == person_id)))
        return bool(self.connection.execute(query).scalar_one())

    def _login_index(self, login: str) -> str:
        return self.sealing.cipher().index(_LOGIN, login.casefold()).hex()

    def _open(self, row: Row[*tuple[Any, ...]], column: str) -> str:
        cipher = self.sealing.cipher()
        return cipher.open(passwords.name, column, row.person_id, row._mapping[column]).decode()


def _passkey(row: Row[*tuple[Any, ...]]) -> Passkey:
    return Passkey(
        row.credential, row.person_id, row.public_key, row.counter, row.backed_up, row.added_at, row.used_at
    )
