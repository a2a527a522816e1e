"""From a document signer to an anchor (ICAO 9303-11 §5.1, 9303-12; RFC 5280 §6; SECURITY.md 4.1).

Only signatures and issuer links are judged here. Validity, revocation, authorisation and profile are checks of their
own, so that each can be reported and none hides another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from mrtd.inspection.check import CheckStatus
from mrtd.inspection.reason import Reason
from mrtd.pki.certificate import Certificate
from mrtd.pki.crl import revocation
from mrtd.pki.fact_cache import FactCache
from mrtd.pki.index import CertificateIndex
from mrtd.pki.issuing_states import state_of
from mrtd.pki.search import IssuerFacts, search_issuers
from mrtd.pki.trust_store import Anchor, TrustStore

#: Links between an issuer and an anchor (SECURITY.md 4.1). A CSCA lives 3 to 5 years in use; five links span decades.
MAX_LINKS: Final = 5
#: Keys tried for a whole path (SECURITY.md 3.10); every step has a bound of its own beside it.
MAX_PATH_ATTEMPTS: Final = 128


@dataclass(frozen=True, slots=True)
class PathResult:
    """How far the path went: `certificates` from the DSC on, the anchor's last if it was reached.

    `links_used` counts link certificates between, `attempts` the keys that were tried.
    """

    status: CheckStatus
    reason: Reason | None
    certificates: tuple[Certificate, ...]
    links_used: int
    attempts: int
    anchor: Anchor | None
    facts: Mapping[str, str | int | bool | None] = field(default_factory=dict)


def build_path(dsc: Certificate, store: TrustStore, at: datetime, cache: FactCache | None = None) -> PathResult:
    """Find the CSCA that signed `dsc`, and from there an anchor (ICAO 9303-11 §5.1).

    PASSED with the anchor; INDETERMINATE `no_trust_anchor` (empty store), `no_csca` (no key of the store made the
    signature: a missing generation looks the same as a missing state), or what could not be decided; FAILED
    `bad_issuer_signature` (the key that the certificate itself names did not make it), `link_not_trusted`,
    `too_long`.

    Args:
        dsc: the certificate whose key verified the signature; no other certificate of the document counts.
        store: whom the operator trusts.
        at: time for the choice among certificates of one key (CHECKS.md rule 3).
        cache: what earlier searches found; the result is the same without it.
    """
    if not store.anchors:
        return PathResult(CheckStatus.INDETERMINATE, Reason.NO_TRUST_ANCHOR, (dsc,), 0, 0, None)
    return _Builder(store, at, cache).extend((dsc,))


class _Builder:
    def __init__(self, store: TrustStore, at: datetime, cache: FactCache | None) -> None:
        self._store = store
        self._at = at
        self._cache = cache
        self._attempts = 0

    def extend(self, chain: tuple[Certificate, ...]) -> PathResult:
        """Lengthen the chain by the issuer of its last certificate, depth first.

        Settled anchors come first and alone, then those on probation: neither a list that grew overnight nor what
        only lies in the store for its links can hide an anchor, or use up the attempts that finding one takes.
        """
        if self._attempts >= MAX_PATH_ATTEMPTS:
            return self._end(CheckStatus.INDETERMINATE, Reason.NO_CSCA, chain, None, {"attempts_exhausted": True})
        settled = self._search(chain[-1], self._store.settled_index, "settled")
        probation = settled
        if settled.key is None:
            probation = self._search(chain[-1], self._store.probation_index, "probation")
        anchor = self._anchor(probation, chain[-1].country)
        if anchor is not None:
            return self._reached(chain, anchor)
        others = self._search(chain[-1], self._store.other_index, "others")
        if others.key is None:
            return self._not_found(chain, settled, (probation, others))
        return self._over_links(chain, tuple(entry.certificate for entry in others.best_first(self._at)))

    def _anchor(self, found: IssuerFacts, country: str | None) -> Anchor | None:
        """The best anchor that holds the key: one of the same state first, for a list may hold a key in any words."""
        anchors = [self._store.anchor_of(entry.sha256) for entry in found.best_first(self._at)]
        own = [anchor for anchor in anchors if anchor is not None and anchor.certificate.country == country]
        return next(iter(own or filter(None, anchors)), None)

    def _search(self, certificate: Certificate, index: CertificateIndex, part: str) -> IssuerFacts:
        def find() -> IssuerFacts:
            return search_issuers(certificate, index)

        if self._cache is None or not len(index):
            facts = find()
        else:
            facts = self._cache.facts(certificate.sha256, f"{part} of {self._store.digest}", find)
        self._attempts += facts.attempts
        return facts

    def _reached(self, chain: tuple[Certificate, ...], anchor: Anchor) -> PathResult:
        """The last certificate's key is an anchor's; a link on the way must have been the old key's to make."""
        whole = (*chain, anchor.certificate)
        for link, old in zip(chain[1:], whole[2:], strict=True):
            problem = self._link_problem(link, old)
            if problem is not None:
                return self._end(CheckStatus.FAILED, Reason.LINK_NOT_TRUSTED, whole, None, {"link": problem})
        return self._end(CheckStatus.PASSED, None, whole, anchor, {})

    def _over_links(self, chain: tuple[Certificate, ...], issuers: tuple[Certificate, ...]) -> PathResult:
        """No anchor holds the key: follow the link certificates that do."""
        if len(chain) > MAX_LINKS:
            return self._end(CheckStatus.FAILED, Reason.TOO_LONG, chain, None, {})
        keys = {certificate.key_digest for certificate in chain}
        worst: PathResult | None = None
        for issuer in issuers:
            if issuer.self_signed or issuer.key_digest in keys:
                continue
            result = self.extend((*chain, issuer))
            if result.status is CheckStatus.PASSED:
                return result
            worst = worst or result
        if worst is not None:
            return worst
        return self._end(CheckStatus.INDETERMINATE, Reason.NO_CSCA, chain, None, {"untrusted_issuer": True})

    def _link_problem(self, link: Certificate, old: Certificate) -> str | None:
        """Whether the old key could hand over to the new one (SECURITY.md 4.1)."""
        if state_of(link) is None or state_of(link) != state_of(old):
            return "other_state"
        again = (entry for entry in self._store.holders(old) if entry.self_signed)
        if not (old.valid_at(link.not_before) or any(entry.valid_at(link.not_before) for entry in again)):
            return "outside_validity"
        if any(
            revocation(certificate, self._store, self._at).status is CheckStatus.FAILED for certificate in (old, link)
        ):
            return "revoked"
        return None

    def _not_found(
        self, chain: tuple[Certificate, ...], settled: IssuerFacts, unsettled: tuple[IssuerFacts, ...]
    ) -> PathResult:
        """No key of the store made the signature; only what a settled anchor says can make that a failure."""
        everything = (settled, *unsettled)
        counted = (settled,) if settled.identified and not settled.exhausted else everything
        undecided = next((facts.undecided for facts in counted if facts.undecided is not None), None)
        if undecided is not None:
            return self._end(CheckStatus.INDETERMINATE, undecided, chain, None, {})
        if settled.identified and not settled.exhausted:
            if len(chain) == 1:
                return self._end(CheckStatus.FAILED, Reason.BAD_ISSUER_SIGNATURE, chain, None, {})
            return self._end(CheckStatus.FAILED, Reason.LINK_NOT_TRUSTED, chain, None, {"link": "bad_signature"})
        told: dict[str, str | int | bool | None] = {}
        if any(facts.not_ca for facts in everything):
            told["issuer_not_ca"] = True
        if any(facts.exhausted for facts in everything):
            told["attempts_exhausted"] = True
        return self._end(CheckStatus.INDETERMINATE, Reason.NO_CSCA, chain, None, told)

    def _end(
        self,
        status: CheckStatus,
        reason: Reason | None,
        certificates: tuple[Certificate, ...],
        anchor: Anchor | None,
        facts: Mapping[str, str | int | bool | None],
    ) -> PathResult:
        links = max(0, len(certificates) - 2) if anchor is not None else max(0, len(certificates) - 1)
        return PathResult(status, reason, certificates, links, self._attempts, anchor, facts)
