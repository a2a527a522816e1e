"""What a trust administration holds: everything from which one store follows (SECURITY.md 4; DESIGN.md 6).

Holdings change only by proposals that two people activate; `mrtd.pki.administration` says how. They are plain data:
every certificate and list as it came, and every decision by its fingerprint.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

from mrtd.pki.realm import Realm

#: Whose anchors change only by pin or link (SECURITY.md 4.4).
HOME_STATE: Final = "SE"


@dataclass(frozen=True, slots=True, repr=False)
class HeldList:
    """A signed list as it came.

    Attributes:
        raw: the CMS.
        signed_at: the signed signingTime; lists of one publisher are ordered by it.
        judged_at: when its signer was judged, which is when it was imported.
    """

    raw: bytes
    signed_at: datetime
    judged_at: datetime

    @property
    def sha256(self) -> str:
        """SHA-256 over the list, hexadecimal."""
        return hashlib.sha256(self.raw).hexdigest()


@dataclass(frozen=True, slots=True, repr=False)
class Publisher:
    """Who publishes lists, and the lists that are held.

    Attributes:
        name: `de`, `icao`: lower-case letters, digits and hyphens.
        signer_cscas: the CSCA certificates pinned for the signers of this publisher's lists, DER.
        url: where `trust fetch` looks for a new list; None for lists that people bring.
        master_list: the list that counts.
        deviation_list: the list that counts.
    """

    name: str
    signer_cscas: tuple[bytes, ...] = ()
    url: str | None = None
    master_list: HeldList | None = None
    deviation_list: HeldList | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Holdings:
    """All that is held, and all that was decided.

    Attributes:
        realm: never changes.
        home_state: alpha-2 code of the state whose anchors change only by pin or link.
        pins: CSCA certificates that became anchors by their fingerprints, DER.
        publishers: by name.
        others: CA certificates that no list holds; usable only by verified links from an anchor.
        signers: DSCs that came apart from documents.
        crls: the accepted CRLs.
        accepted: SHA-256 of anchors on probation that two people accepted.
        settled: SHA-256 of anchors that an activated store held without probation: they are not new any more.
        allowed_names: SHA-256 -> reason, of certificates whose names sound like tests and are not.
        distrusted: SHA-256 -> reason, of distrusted certificates; all others of their key and state are, too.
        distrusted_keys: SHA-256 -> state and key of those that were held when a draft began, so that a key stays
            distrusted when no list holds its certificate any more.
    """

    realm: Realm
    home_state: str = HOME_STATE
    pins: tuple[bytes, ...] = ()
    publishers: Mapping[str, Publisher] = field(default_factory=dict)
    others: tuple[bytes, ...] = ()
    signers: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    accepted: frozenset[str] = frozenset()
    settled: frozenset[str] = frozenset()
    allowed_names: Mapping[str, str] = field(default_factory=dict)
    distrusted: Mapping[str, str] = field(default_factory=dict)
    distrusted_keys: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("publishers", "allowed_names", "distrusted", "distrusted_keys"):
            object.__setattr__(self, name, MappingProxyType(dict(sorted(getattr(self, name).items()))))
