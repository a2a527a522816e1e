"""The certificates of holdings, each read once by the rules of their realm (SECURITY.md 4.5)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping

from mrtd.errors import MrtdError
from mrtd.pki.administration.left_out import HeldKind, LeftOut, LeftOutReason
from mrtd.pki.certificate import Certificate
from mrtd.pki.holdings import Holdings
from mrtd.pki.index import CertificateEntry
from mrtd.pki.issuing_states import SAME_ISSUER, state_of
from mrtd.pki.operator_trust import CertificateReader
from mrtd.pki.supplied_signers import Supplied


def anchor_state(entry: CertificateEntry) -> str | None:
    """The state of an anchor (SECURITY.md 4.1), one code for each issuer; None if the certificate names none."""
    return _state(entry.certificate)


class HeldCertificates:
    """Reads certificates by the realm of holdings and their decisions on names; the same octets once."""

    def __init__(self, holdings: Holdings) -> None:
        self._realm = holdings.realm
        self._allowed_names = frozenset(holdings.allowed_names)
        self._read: dict[bytes, CertificateEntry | Supplied | LeftOutReason] = {}

    def authority(self, der: bytes) -> CertificateEntry | LeftOutReason:
        """A CA certificate, or why it is none that may be here."""
        found = self._known(der)
        return LeftOutReason.NOT_A_CA if isinstance(found, Supplied) else found

    def signer(self, der: bytes) -> Supplied | LeftOutReason:
        """A DSC, or why it is none that may be here."""
        found = self._known(der)
        if found is LeftOutReason.NOT_A_CA or isinstance(found, CertificateEntry):
            return LeftOutReason.NOT_A_DSC
        return found

    def authorities(self, stored: Iterable[bytes], what: HeldKind, left_out: list[LeftOut]) -> list[CertificateEntry]:
        """The CA certificates among `stored`, each once; what is none goes to `left_out`."""
        found: list[CertificateEntry] = []
        for der in dict.fromkeys(stored):
            read = self.authority(der)
            if isinstance(read, CertificateEntry):
                found.append(read)
            else:
                left_out.append(unread(der, what, read))
        return found

    def _known(self, der: bytes) -> CertificateEntry | Supplied | LeftOutReason:
        if der not in self._read:
            self._read[der] = self._judge(der)
        return self._read[der]

    def _judge(self, der: bytes) -> CertificateEntry | Supplied | LeftOutReason:
        refused: Counter[str] = Counter()
        # one reader a certificate, so that what it counts is this one's
        reader = CertificateReader(self._realm, refused, self._allowed_names)
        authorities = reader.authorities((der,))
        if authorities:
            return authorities[0]
        if reader.signers:
            return reader.signers[0]
        (reason,) = refused
        return LeftOutReason(reason)


class Distrust:
    """The certificates that two people distrust, and every other one of the same key and state.

    Whoever holds the key signs for all its certificates: to distrust one of them alone would change nothing.

    Attributes:
        keys: SHA-256 of a distrusted certificate -> its state and key, as holdings keep them.

    Args:
        holdings: whose decisions count.
        known: all certificates at hand, which tell the keys behind the fingerprints.
    """

    def __init__(self, holdings: Holdings, known: Iterable[CertificateEntry]) -> None:
        self._fingerprints = frozenset(holdings.distrusted)
        now = {entry.sha256: _state_and_key(entry) for entry in known if entry.sha256 in self._fingerprints}
        self.keys: Mapping[str, str] = {**holdings.distrusted_keys, **now}
        self._keys = frozenset(self.keys.values())

    def covers(self, entry: CertificateEntry) -> bool:
        """Whether the certificate is distrusted."""
        if entry.sha256 in self._fingerprints:
            return True
        return bool(self._keys) and _state_and_key(entry) in self._keys

    def sift(
        self, entries: Iterable[CertificateEntry], what: HeldKind, left_out: list[LeftOut]
    ) -> list[CertificateEntry]:
        """The entries that are not distrusted; the others go to `left_out`."""
        found: list[CertificateEntry] = []
        for entry in entries:
            if self.covers(entry):
                left_out.append(LeftOut(what, entry.sha256, LeftOutReason.DISTRUSTED, anchor_state(entry)))
            else:
                found.append(entry)
        return found


def _state_and_key(entry: CertificateEntry) -> str:
    return f"{anchor_state(entry) or '-'} {entry.key.hex()}"


def unread(der: bytes, what: HeldKind, reason: LeftOutReason) -> LeftOut:
    """A certificate that is left out for what it is."""
    try:
        state = _state(Certificate.parse(der))
    except MrtdError:
        state = None
    return LeftOut(what, hashlib.sha256(der).hexdigest(), reason, state)


def _state(certificate: Certificate) -> str | None:
    state = state_of(certificate)
    return None if state is None else SAME_ISSUER.get(state, state)
