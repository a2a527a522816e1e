"""What the lists of the publishers say, each list judged by what is pinned for its publisher (SECURITY.md 4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from mrtd.errors import MrtdError
from mrtd.inspection.check import CheckStatus
from mrtd.inspection.reason import Reason
from mrtd.pki.administration.held_certificates import Distrust, HeldCertificates, anchor_state
from mrtd.pki.administration.left_out import HeldKind, LeftOut, LeftOutReason
from mrtd.pki.administration.signed_lists import judge, read_list, signed_at
from mrtd.pki.deviation_list import DeviationList
from mrtd.pki.holdings import HeldList, Holdings, Publisher
from mrtd.pki.index import CertificateEntry, CertificateIndex
from mrtd.pki.master_list import MasterList, SignerJudgement

_MALFORMED: Final = MappingProxyType(
    {
        HeldKind.MASTER_LIST: LeftOutReason.LIST_MALFORMED,
        HeldKind.DEVIATION_LIST: LeftOutReason.DEVIATIONS_MALFORMED,
    }
)
_UNTRUSTED: Final = MappingProxyType(
    {
        HeldKind.MASTER_LIST: LeftOutReason.LIST_UNTRUSTED,
        HeldKind.DEVIATION_LIST: LeftOutReason.DEVIATIONS_UNTRUSTED,
    }
)


@dataclass(frozen=True, slots=True, repr=False)
class PublishedList:
    """A master list that counts.

    Attributes:
        name: of the publisher.
        state: of the publisher: that of its pinned CSCAs; None if they name none or several.
        held: the list.
        judgement: of its signer, PASSED.
        authorities: the CA certificates in it that may be here and are not distrusted.
    """

    name: str
    state: str | None
    held: HeldList
    judgement: SignerJudgement
    authorities: tuple[CertificateEntry, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Published:
    """What the lists of all publishers say.

    Attributes:
        lists: the master lists that count, by name of the publisher.
        judgements: of the signers of all master lists that could be read, by name of the publisher.
        deviations: the deviation lists that count.
    """

    lists: tuple[PublishedList, ...]
    judgements: Mapping[str, SignerJudgement]
    deviations: tuple[bytes, ...]


class Publishers:
    """The lists of all publishers, read; `published` judges them once it is known who is distrusted."""

    def __init__(self, holdings: Holdings, certificates: HeldCertificates, left_out: list[LeftOut]) -> None:
        self._publishers = tuple(holdings.publishers.values())
        self._left_out = left_out
        self._pinned = {
            publisher.name: certificates.authorities(publisher.signer_cscas, HeldKind.SIGNER_CSCA, left_out)
            for publisher in self._publishers
        }
        self._master_lists: dict[str, MasterList] = {}
        self._listed: dict[str, list[CertificateEntry]] = {}
        self._not_listed: dict[str, list[LeftOut]] = {}
        for publisher in self._publishers:
            found = self._read(publisher.master_list, HeldKind.MASTER_LIST)
            if isinstance(found, MasterList):
                # what a list holds is left out only if the list itself counts
                refused: list[LeftOut] = []
                self._not_listed[publisher.name] = refused
                self._master_lists[publisher.name] = found
                listed = certificates.authorities(found.certificates, HeldKind.LISTED, refused)
                self._listed[publisher.name] = listed

    def entries(self) -> tuple[CertificateEntry, ...]:
        """Every CA certificate that the publishers bring, trusted or not."""
        groups = (*self._pinned.values(), *self._listed.values())
        return tuple(entry for group in groups for entry in group)

    def pinned(self, name: str, distrust: Distrust) -> list[CertificateEntry]:
        """The CSCAs by which the lists of this publisher are judged."""
        return distrust.sift(self._pinned[name], HeldKind.SIGNER_CSCA, self._left_out)

    def published(self, distrust: Distrust) -> Published:
        """Judge each list as it was judged at its import."""
        lists: list[PublishedList] = []
        judgements: dict[str, SignerJudgement] = {}
        deviations: dict[bytes, None] = {}
        for publisher in self._publishers:
            pinned = self.pinned(publisher.name, distrust)
            state, index = common_state(pinned), CertificateIndex(pinned)
            found, held = self._master_lists.get(publisher.name), publisher.master_list
            if found is not None and held is not None:
                judgement = self._judge(found, held, HeldKind.MASTER_LIST, state, index)
                judgements[publisher.name] = judgement
                if judgement.status is CheckStatus.PASSED:
                    self._left_out += self._not_listed[publisher.name]
                    listed = distrust.sift(self._listed[publisher.name], HeldKind.LISTED, self._left_out)
                    lists.append(PublishedList(publisher.name, state, held, judgement, tuple(listed)))
            if self._deviations_count(publisher, state, index) and publisher.deviation_list is not None:
                deviations[publisher.deviation_list.raw] = None
        return Published(tuple(lists), MappingProxyType(judgements), tuple(sorted(deviations)))

    def _deviations_count(self, publisher: Publisher, state: str | None, index: CertificateIndex) -> bool:
        held = publisher.deviation_list
        found = self._read(held, HeldKind.DEVIATION_LIST)
        if held is None or found is None:
            return False
        judgement = self._judge(found, held, HeldKind.DEVIATION_LIST, state, index)
        return judgement.status is CheckStatus.PASSED

    def _read(self, held: HeldList | None, kind: HeldKind) -> MasterList | DeviationList | None:
        if held is None:
            return None
        try:
            found = read_list(held.raw)
        except MrtdError:
            found = None
        if not isinstance(found, MasterList if kind is HeldKind.MASTER_LIST else DeviationList):
            self._left_out.append(LeftOut(kind, held.sha256, _MALFORMED[kind]))
            return None
        return found

    def _judge(
        self,
        found: MasterList | DeviationList,
        held: HeldList,
        kind: HeldKind,
        state: str | None,
        index: CertificateIndex,
    ) -> SignerJudgement:
        judgement = judge(found, index, held.judged_at)
        if judgement.status is CheckStatus.PASSED and signed_at(found) != held.signed_at:
            judgement = SignerJudgement(CheckStatus.FAILED, Reason.MISMATCH, judgement.signer_sha256)
        if judgement.status is not CheckStatus.PASSED:
            reason = _UNTRUSTED[kind]
            self._left_out.append(LeftOut(kind, held.sha256, reason, state, judgement.reason))
        return judgement


def common_state(entries: Iterable[CertificateEntry]) -> str | None:
    """The one state that all of them name; None if there is no such."""
    states = {anchor_state(entry) for entry in entries}
    return states.pop() if len(states) == 1 else None
