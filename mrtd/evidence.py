"""What came from a chip, as received (evidence): files, answers, and what the sender claims about them.

Nothing in here is believed. Support for a protocol is read from a passed EF.SOD only (SECURITY.md 2.3); the origin
of a proof is told by `Provenance`, which the service makes and no dump can carry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class ElementaryFile(StrEnum):
    """The elementary files of an eMRTD (ICAO 9303-10 §4)."""

    COM = "EF.COM"
    SOD = "EF.SOD"
    DG1 = "EF.DG1"
    DG2 = "EF.DG2"
    DG3 = "EF.DG3"
    DG4 = "EF.DG4"
    DG5 = "EF.DG5"
    DG6 = "EF.DG6"
    DG7 = "EF.DG7"
    DG8 = "EF.DG8"
    DG9 = "EF.DG9"
    DG10 = "EF.DG10"
    DG11 = "EF.DG11"
    DG12 = "EF.DG12"
    DG13 = "EF.DG13"
    DG14 = "EF.DG14"
    DG15 = "EF.DG15"
    DG16 = "EF.DG16"
    CARD_ACCESS = "EF.CardAccess"
    CARD_SECURITY = "EF.CardSecurity"
    ATR_INFO = "EF.ATR/INFO"
    DIR = "EF.DIR"

    @property
    def data_group(self) -> int | None:
        """The number of the data group, 1 to 16, or None."""
        return int(self.value[5:]) if self.value.startswith("EF.DG") else None

    @classmethod
    def of_data_group(cls, number: int) -> ElementaryFile:
        """EF.DG1 to EF.DG16 by number; ValueError beyond."""
        return cls(f"EF.DG{number}")

    @property
    def max_size(self) -> int:
        """The largest file that is read, in bytes (SECURITY.md 3.10)."""
        return MAX_DG2_SIZE if self is ElementaryFile.DG2 else MAX_FILE_SIZE


#: SECURITY.md 3.10: file 256 KiB, DG2 1 MiB.
MAX_FILE_SIZE: Final = 256 * 1024
MAX_DG2_SIZE: Final = 1024 * 1024

#: Fingers and irises (EAC) are never read; a dump that holds them is hashed, reported, dropped (CHECKS.md rule 4).
EAC_PROTECTED: Final = (ElementaryFile.DG3, ElementaryFile.DG4)


@dataclass(frozen=True, slots=True, repr=False)
class ActiveAuthenticationResponse:
    """A challenge and the chip's signature over it, as the sender gives them (ICAO 9303-11 §6.1)."""

    challenge: bytes
    response: bytes


@dataclass(frozen=True, slots=True, repr=False)
class ChipEvidence:
    """The elementary files of one chip and what was sent with them.

    `skipped` counts entries of the dump that are no elementary file. `claimed` holds statements of the sender
    (access protocol, source, times) under ASCII keys; they are shown and never believed.
    """

    files: Mapping[ElementaryFile, bytes]
    active_authentication: ActiveAuthenticationResponse | None = None
    skipped: int = 0
    claimed: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "files", MappingProxyType(dict(self.files)))
        object.__setattr__(self, "claimed", MappingProxyType(dict(self.claimed)))

    def digests(self) -> dict[ElementaryFile, str]:
        """SHA-256 of each file as received, in hexadecimal."""
        return {name: hashlib.sha256(data).hexdigest() for name, data in self.files.items()}

    def __repr__(self) -> str:
        return f"ChipEvidence(files={sorted(self.files)}, skipped={self.skipped})"


class EvidenceSource(StrEnum):
    """How the evidence reached the verifier."""

    DUMP = "dump"
    LIVE = "live"
    REPLAY = "replay"


class ProofOrigin(StrEnum):
    """Who made the secret that a proof of the chip rests on (SECURITY.md 2.2)."""

    SERVER_CHALLENGE = "server_challenge"
    SERVER_KEY = "server_key"
    CLAIMED = "claimed"


@dataclass(frozen=True, slots=True, repr=False)
class IssuedChallenge:
    """An Active Authentication challenge that this server made (SECURITY.md 2.6). Times are aware, UTC."""

    challenge: bytes
    issued_at: datetime
    answered_at: datetime
    max_age_s: int = 120
    already_used: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class ChipAuthenticationProof:
    """Chip Authentication with an ephemeral key of this server (SECURITY.md 5.3).

    `public_key`: the static key that the chip showed to hold, as a point or number; `inferred`: no info named the
    cipher. `proved`: an answer's code verified under the new keys; False: an answer came and its code did not.
    """

    protocol: str
    public_key: bytes
    inferred: bool
    proved: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class PaceCamProof:
    """PACE with chip authentication mapping (ICAO 9303-11 §4.4.3.5): PK_Map,IC, CA_IC, and the domain parameters."""

    mapping_key: bytes
    factor: int
    parameter_id: int


@dataclass(frozen=True, slots=True, repr=False)
class LiveSession:
    """What this server saw while it was the terminal. No dump and no client can carry one.

    `access`: `PACE-GM`, `PACE-IM`, `PACE-CAM` or `BAC`. `length_quirk`: the chip left secure messaging once, to
    complain about a length. `read_under_proof`: SHA-256 of each file that was read under the keys of Chip
    Authentication or PACE-CAM. `failed_cam`: a false proof by PACE-CAM was given on an earlier connection.
    `command_ms`: how long a command of reading took on average, as the server saw it, in milliseconds; None: not
    measured. `slow`: longer than a chip on the counter takes.
    """

    access: str
    card_access_read: bool
    length_quirk: bool = False
    chip_authentication: ChipAuthenticationProof | None = None
    pace_cam: PaceCamProof | None = None
    read_under_proof: Mapping[ElementaryFile, str] = field(default_factory=dict)
    failed_cam: bool = False
    command_ms: int | None = None
    slow: bool | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "read_under_proof", MappingProxyType(dict(self.read_under_proof)))


@dataclass(frozen=True, slots=True, repr=False)
class Provenance:
    """Where the evidence came from. Built only by the service or a live session, never from a client's words."""

    source: EvidenceSource
    challenge: IssuedChallenge | None = None
    live: LiveSession | None = None

    @property
    def origin(self) -> ProofOrigin:
        """The origin of the chip's proofs under this provenance; a challenge of ours says the most."""
        if self.challenge is not None:
            return ProofOrigin.SERVER_CHALLENGE
        proved = self.live is not None and (self.live.chip_authentication or self.live.pace_cam)
        return ProofOrigin.SERVER_KEY if proved else ProofOrigin.CLAIMED


#: A dump from anybody: its proofs are claims.
CLAIMED: Final = Provenance(EvidenceSource.DUMP)
