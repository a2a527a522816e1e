"""Sort trust material by what it is, and take into the draft what may be taken; the rest is named with its reason."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from mrtd.errors import MrtdError
from mrtd.pki.administration import (
    LeftOut,
    ProposalError,
    Taken,
    pin_anchors,
    pin_publisher,
    take_crls,
    take_links,
    take_lists,
    take_signers,
)
from mrtd.pki.certificate import Certificate
from mrtd.pki.holdings import Holdings
from mrtd.pki.sources import Source
from mrtd.pki.trust_store import is_end_entity
from service.domain.trust import Actor
from service.usecases.trust_recording import TrustChange
from service.usecases.trust_staging import Staged, StageTrust

_HELD_ALREADY: Final = frozenset({"unchanged", "list_unchanged"})


class Offered(StrEnum):
    """As what something was offered."""

    PUBLISHER = "publisher"
    LIST = "list"
    PIN = "pin"
    LINK = "link"
    SIGNER = "signer"
    CRL = "crl"
    CERTIFICATE = "certificate"


class Use(StrEnum):
    """What the CA certificates outside lists are for."""

    PIN = "pin"
    LINKS = "links"


@dataclass(frozen=True, slots=True, repr=False)
class ImportRequest:
    """What an administrator offers, and as what.

    Attributes:
        material: the files.
        publisher: whose lists these are; None if there are none.
        signer_cscas: CSCA certificates to pin for the signers of this publisher's lists, DER.
        url: where `trust fetch` looks for this publisher's lists; None leaves it as it is.
        use: of CA certificates outside lists; None refuses them, because nobody said what they are for.
    """

    material: tuple[Source, ...]
    publisher: str | None = None
    signer_cscas: tuple[bytes, ...] = ()
    url: str | None = None
    use: Use | None = None


@dataclass(frozen=True, slots=True)
class TakenMaterial:
    """What was taken: of which kind, from which file (None for several), how many."""

    kind: Offered
    name: str | None
    count: int


@dataclass(frozen=True, slots=True)
class RefusedMaterial:
    """What was not taken: `code` is a reason of `ProposalError` or `LeftOutReason`, `detail` what the signer's
    judgement says, or empty; `sha256` names the octets, None where there are none."""

    kind: Offered
    name: str | None
    code: str
    detail: str = ""
    sha256: str | None = None

    @property
    def held_already(self) -> bool:
        """Whether nothing is wrong with it but that it is there: `trust fetch` on a timer ends well between lists."""
        return self.code in _HELD_ALREADY


@dataclass(frozen=True, slots=True, repr=False)
class Imported:
    """The draft, and what became of each thing offered."""

    staged: Staged
    taken: tuple[TakenMaterial, ...]
    refused: tuple[RefusedMaterial, ...]


@dataclass(frozen=True, slots=True)
class ImportTrust:
    """`trust import` and the second half of `trust fetch`: stages only."""

    stage: StageTrust

    def __call__(self, who: Actor, request: ImportRequest) -> Imported:
        """Take what may be taken.

        Raises:
            TrustError: as `StageTrust`.
        """

        def change(holdings: Holdings, at: datetime) -> tuple[Holdings, _Intake]:
            intake = _Intake(holdings, at)
            intake.take(request)
            return intake.holdings, intake

        staged, intake = self.stage(who, TrustChange.IMPORT, change)
        return Imported(staged, tuple(intake.taken), tuple(intake.refused))


class _Intake:
    """Takes one kind after the other: anchors first, for the others are judged by them."""

    def __init__(self, holdings: Holdings, at: datetime) -> None:
        self.holdings = holdings
        self.taken: list[TakenMaterial] = []
        self.refused: list[RefusedMaterial] = []
        self._at = at

    def take(self, request: ImportRequest) -> None:
        self._publisher(request)
        authorities, signers = self._sorted(request.material)
        self._authorities(authorities, request.use)
        for source in request.material:
            for raw in source.lists:
                self._list(request.publisher, source.name, raw)
        if any(source.crls for source in request.material):
            self._bulk(Offered.CRL, lambda: take_crls(self.holdings, request.material, self._at))
        if signers:
            self._bulk(Offered.SIGNER, lambda: take_signers(self.holdings, signers))

    def _publisher(self, request: ImportRequest) -> None:
        name = request.publisher
        known = None if name is None else self.holdings.publishers.get(name)
        if name is None or not (request.signer_cscas or request.url):
            return
        before = () if known is None else known.signer_cscas
        url = request.url or (None if known is None else known.url)
        pinned = request.signer_cscas or before
        if known is not None and (set(pinned), url) == (set(before), known.url):
            return
        self._attempt(Offered.PUBLISHER, name, lambda: pin_publisher(self.holdings, name, pinned, url))

    def _sorted(self, material: Iterable[Source]) -> tuple[list[Source], list[Source]]:
        """The certificates that stand in no list: CA certificates, and signers of documents."""
        authorities, signers = [], []
        for source in material:
            listed = {der for found in source.master_lists for der in found.certificates}
            loose = [der for der in source.certificates if der not in listed]
            ends = {der for der in loose if _is_signer(der)}
            alone = replace(source, master_lists=(), crls=(), deviation_lists=())
            authorities.append(replace(alone, certificates=tuple(der for der in loose if der not in ends)))
            signers.append(replace(alone, certificates=tuple(der for der in loose if der in ends)))
        return _with_certificates(authorities), _with_certificates(signers)

    def _authorities(self, sources: Sequence[Source], use: Use | None) -> None:
        if use is Use.LINKS and sources:
            self._bulk(Offered.LINK, lambda: take_links(self.holdings, sources))
            return
        for source in sources:
            for der in dict.fromkeys(source.certificates):
                if use is None:
                    self._refuse(Offered.CERTIFICATE, source.name, "use_not_said", der=der)
                else:
                    self._pin(source.name, der)

    def _pin(self, name: str, der: bytes) -> None:
        self._attempt(Offered.PIN, name, lambda: pin_anchors(self.holdings, (der,)), der)

    def _list(self, publisher: str | None, name: str, raw: bytes) -> None:
        if publisher is None:
            self._refuse(Offered.LIST, name, "publisher_not_said", der=raw)
            return
        self._attempt(
            Offered.LIST, name, lambda: take_lists(self.holdings, publisher, (raw,), self._at).holdings, raw
        )

    def _attempt(self, kind: Offered, name: str, do: Callable[[], Holdings], der: bytes | None = None) -> None:
        try:
            self.holdings = do()
        except ProposalError as error:
            self._refuse(kind, name, error.code, error.detail, der)
        else:
            self.taken.append(TakenMaterial(kind, name, 1))

    def _bulk(self, kind: Offered, do: Callable[[], Taken]) -> None:
        before = self.holdings
        try:
            found = do()
        except ProposalError as error:
            self.refused.append(RefusedMaterial(kind, None, error.code, error.detail, error.where or None))
            return
        self.holdings = found.holdings
        self.refused += (_left_out(kind, one) for one in found.left_out)
        self.taken.append(TakenMaterial(kind, None, _new(before, found.holdings)))

    def _refuse(self, kind: Offered, name: str, code: str, detail: str = "", der: bytes | None = None) -> None:
        sha256 = None if der is None else hashlib.sha256(der).hexdigest()
        self.refused.append(RefusedMaterial(kind, name, code, detail, sha256))


def _left_out(kind: Offered, one: LeftOut) -> RefusedMaterial:
    return RefusedMaterial(kind, None, one.reason.value, one.because.value if one.because else "", one.sha256)


def _new(before: Holdings, after: Holdings) -> int:
    """How many members of the bulk kinds are in `after` alone."""
    pairs = ((before.others, after.others), (before.signers, after.signers), (before.crls, after.crls))
    return sum(len(set(new) - set(old)) for old, new in pairs)


def _with_certificates(sources: Iterable[Source]) -> list[Source]:
    return [source for source in sources if source.certificates]


def _is_signer(der: bytes) -> bool:
    """Whether it is a certificate that certifies nothing; what cannot be read is refused with the others."""
    try:
        return is_end_entity(Certificate.parse(der))
    except MrtdError:
        return False
