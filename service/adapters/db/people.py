"""People as rows; what names them is sealed, and they are found by keyed digests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from service.adapters.db.people_tables import handlings, people
from service.adapters.db.sealed import from_octets, to_octets
from service.adapters.db.vault import Safe
from service.adapters.people_keys import PeopleCipher
from service.domain.errors import ProblemCode, ServiceError
from service.domain.identity import Role
from service.domain.people import Grip, Handling, Person, PersonStatus
from service.domain.vault import StorageUnavailableError

#: What a digest is for: the same text under another purpose is another digest.
_HSA_ID: Final = "hsa_id"
_PERSONAL_NUMBER: Final = "personal_number"


@dataclass(slots=True, repr=False)
class PeopleSeal:
    """What seals and opens within one transaction. A database that was opened without keys has no `safe`."""

    connection: Connection
    safe: Safe | None
    _cipher: PeopleCipher | None = None

    def cipher(self) -> PeopleCipher:
        """The keys of people; made with the first person.

        Raises:
            UnreadableError: they are lost.
            StorageUnavailableError: they cannot be reached.
        """
        if self.safe is None:
            raise StorageUnavailableError
        if self._cipher is None:
            nobody = not self.connection.execute(select(exists(select(people.c.id)))).scalar_one()
            self._cipher = self.safe.epochs.people.cipher(may_begin=nobody)
        return self._cipher


@dataclass(slots=True, repr=False)
class PersonRows:
    """Answers `service.domain.people.People`."""

    connection: Connection
    sealing: PeopleSeal

    def find(self, person_id: str) -> Person | None:
        found = self._people(select(people).where(people.c.id == person_id))
        return found[0] if found else None

    def by_hsa_id(self, organisation: str, hsa_id: str) -> Person | None:
        index = self._hsa_index(hsa_id)
        found = self._people(select(people).where(people.c.organisation == organisation, people.c.hsa_index == index))
        return found[0] if found else None

    def of(self, organisation: str) -> Sequence[Person]:
        return self._people(_everybody(organisation))

    def holders(self, organisation: str, role: Role) -> frozenset[str]:
        wanted = select(people.c.id, people.c.roles).where(
            people.c.organisation == organisation, people.c.status == PersonStatus.ACTIVE.value
        )
        return frozenset(row.id for row in self.connection.execute(wanted) if role.value in row.roles)

    def hold(self, organisation: str) -> Sequence[Person]:
        # on SQLite, which knows no such lock, whoever may write is alone
        return self._people(_everybody(organisation).with_for_update())

    def digest(self, personal_number: str) -> bytes:
        return self.sealing.cipher().index(_PERSONAL_NUMBER, personal_number)

    def add(self, person: Person) -> None:
        values = {"id": person.id, "organisation": person.organisation, "created_at": person.created_at}
        try:
            with self.connection.begin_nested():
                self.connection.execute(insert(people).values(**values, **self._columns(person)))
        except IntegrityError:
            raise ServiceError(ProblemCode.ALREADY_IN_USE) from None
        self._add_handlings(person, 0)

    def save(self, person: Person) -> None:
        before = len(self._handlings(person.id))
        try:
            with self.connection.begin_nested():
                self.connection.execute(
                    update(people).where(people.c.id == person.id).values(**self._columns(person))
                )
        except IntegrityError:
            raise ServiceError(ProblemCode.ALREADY_IN_USE) from None
        self._add_handlings(person, before)

    def _people(self, query: Select[*tuple[Any, ...]]) -> list[Person]:
        rows = self.connection.execute(query).all()
        return [self._person(row) for row in rows]

    def _person(self, row: Row[*tuple[Any, ...]]) -> Person:
        given, family = from_octets(self._open(row, "names"))
        return Person(
            row.id,
            row.organisation,
            frozenset(Role(role) for role in row.roles),
            None if row.areas is None else frozenset(row.areas),
            PersonStatus(row.status),
            row.created_at,
            (given, family),
            self._text(row, "born"),
            self._text(row, "hsa_id"),
            row.personal_number,
            tuple(row.vouched_by),
            self._handlings(row.id),
            row.asserted_at,
        )

    def _columns(self, person: Person) -> dict[str, object]:
        def sealed(column: str, plain: bytes) -> bytes:
            return self.sealing.cipher().seal(people.name, column, person.id, plain)

        return {
            "roles": sorted(person.roles),
            "areas": None if person.areas is None else sorted(person.areas),
            "status": person.status,
            "names": sealed("names", to_octets(person.names)),
            "born": None if person.born is None else sealed("born", person.born.encode()),
            "hsa_id": None if person.hsa_id is None else sealed("hsa_id", person.hsa_id.encode()),
            "hsa_index": None if person.hsa_id is None else self._hsa_index(person.hsa_id),
            "personal_number": person.personal_number,
            "vouched_by": list(person.vouched_by),
            "asserted_at": person.asserted_at,
        }

    def _hsa_index(self, hsa_id: str) -> str:
        return self.sealing.cipher().index(_HSA_ID, hsa_id.upper()).hex()

    def _open(self, row: Row[*tuple[Any, ...]], column: str) -> bytes:
        return self.sealing.cipher().open(people.name, column, row.id, row._mapping[column])

    def _text(self, row: Row[*tuple[Any, ...]], column: str) -> str | None:
        return None if row._mapping[column] is None else self._open(row, column).decode()

    def _handlings(self, person_id: str) -> tuple[Handling, ...]:
        rows = self.connection.execute(
            select(handlings).where(handlings.c.person_id == person_id).order_by(handlings.c.id)
        )
        return tuple(Handling(Grip(row.grip), row.by, row.at) for row in rows)

    def _add_handlings(self, person: Person, known: int) -> None:
        for handling in person.handlings[known:]:
            values = {"person_id": person.id, "grip": handling.grip, "by": handling.by, "at": handling.at}
            self.connection.execute(insert(handlings).values(values))


def _everybody(organisation: str) -> Select[*tuple[Any, ...]]:
    return select(people).where(people.c.organisation == organisation).order_by(people.c.id)
