"""Stand for the identifiers of somebody else, after seeing their identity document (SECURITY.md 7.3)."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.account_rules import VOUCHING, Acting, somebody_else, vouched
from service.domain.audit import Action, AuditEntry, Details
from service.domain.errors import ProblemCode, ServiceError
from service.domain.people import Person, PersonStatus
from service.domain.ports import Clock
from service.domain.repositories import Database
from service.usecases.invite_person import Written


@dataclass(frozen=True, slots=True)
class VouchFor:
    """`POST /v1/people/{id}/vouch` and `passkoll admin vouch`.

    Whoever vouches types in what they read on the document, so that nobody stands for what they did not look at.
    """

    database: Database
    clock: Clock

    def __call__(self, who: Acting, person_id: str, written: Written) -> Person:
        """Note it.

        Raises:
            ServiceError: `not_found`; `own_account`; `forbidden`: whoever asks is no active person with a role that
                vouches; `identifiers_differ`, `already_recorded`, `second_account`: see `vouched`.
        """
        now = self.clock.now()
        with self.database.changing() as work:
            # the people are held: two who vouch at once are noted both
            everybody = {person.id: person for person in work.people.hold(who.organisation)}
            person = somebody_else(everybody.get(person_id), who)
            voucher = everybody.get(who.id)
            if voucher is None or voucher.status is not PersonStatus.ACTIVE or not voucher.roles & VOUCHING:
                raise ServiceError(ProblemCode.FORBIDDEN)
            others = [everybody[name] for name in person.vouched_by if name in everybody]
            noted = vouched(person, voucher, others, written.particulars(work), now)
            work.people.save(noted)
            details: Details = {"person": person.id, "vouchers": len(noted.vouched_by)}
            work.audit.write(AuditEntry(now, who.id, who.organisation, Action.PERSON_VOUCHED, None, details))
            return noted
