"""The keys that results are signed with, as those who administer a service look after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain.audit import Action, AuditEntry
from service.domain.audit_chain import read_row
from service.domain.ports import Clock
from service.domain.repositories import Database, Work
from service.domain.signing_keys import SigningKey, SigningKeys, UnknownKeyError


@dataclass(frozen=True, slots=True)
class SignedResult:
    """A result that was handed over with a signature of a certain key, by the ids that it is found by."""

    verification_id: str
    txn: str
    organisation: str


@dataclass(frozen=True, slots=True)
class ManageSigningKeys:
    """`passkoll keys signing`; no route leads here. `actor` is who decides."""

    keys: SigningKeys
    database: Database
    clock: Clock
    organisation: str

    def all(self) -> Sequence[SigningKey]:
        """Oldest first; the last one signs."""
        return self.keys.all()

    def rotate(self, actor: str) -> SigningKey:
        """A new key signs from now on."""
        with self.database.changing() as work:
            made = self.keys.rotate()
            self._audit(work, actor, Action.SIGNING_KEY_ROTATED, made)
        return made

    def mark_compromised(self, actor: str, kid: str) -> tuple[SigningKey, Sequence[SignedResult]]:
        """Take a key out of the JWK Set for ever, and name every result that it signed, oldest first.

        Raises:
            UnknownKeyError: there is no such key.
        """
        with self.database.changing() as work:
            ended = self.keys.mark_compromised(kid)
            self._audit(work, actor, Action.SIGNING_KEY_COMPROMISED, ended)
        return ended, self.signed_with(kid)

    def signed_with(self, kid: str) -> Sequence[SignedResult]:
        """Every result that was handed over with a signature of that key, each once, oldest first.

        Raises:
            UnknownKeyError: there is no such key.
        """
        if kid not in {key.kid for key in self.keys.all()}:
            raise UnknownKeyError(kid)
        found: dict[SignedResult, None] = {}
        with self.database.reading() as work:
            for row in work.audit.rows():
                written = read_row(row)
                if written is None or written.verification_id is None or written.details.get("kid") != kid:
                    continue
                txn = str(written.details.get("txn"))
                found[SignedResult(written.verification_id, txn, written.organisation)] = None
        return list(found)

    def _audit(self, work: Work, actor: str, action: Action, key: SigningKey) -> None:
        details = {"kid": key.kid}
        work.audit.write(AuditEntry(self.clock.now(), actor, self.organisation, action, None, details))
