"""The signers of the master lists among several sources, each judged by the others (SECURITY.md 4.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from mrtd.errors import MrtdError
from mrtd.pki.certificate import Certificate
from mrtd.pki.index import CertificateEntry, CertificateIndex
from mrtd.pki.master_list import SignerJudgement, judge_signer
from mrtd.pki.sources import Source


def judge_list_signers(sources: Sequence[Source], at: datetime | None) -> dict[str, SignerJudgement]:
    """Source name -> judgement, as `judge_signers`; of several sources with one name the last counts."""
    judged = zip(sources, judge_signers(sources, at), strict=True)
    return {source.name: judgement for source, judgement in judged if judgement is not None}


def judge_signers(sources: Sequence[Source], at: datetime | None) -> list[SignerJudgement | None]:
    """For each source the judgement of the signer of its first signed list; None for a source without a list.

    A list is judged against the CSCAs of the other sources; a copy of the same file is no other source.

    Args:
        sources: all files at hand.
        at: the time at which signers must be valid; None leaves that open.
    """
    if not any(source.master_lists for source in sources):
        return [None] * len(sources)
    owners: dict[bytes, set[str]] = {}
    for source in sources:
        for der in source.certificates:
            owners.setdefault(der, set()).add(source.sha256)
    index = CertificateIndex(_readable(owners))
    judgements: list[SignerJudgement | None] = []
    for source in sources:
        if not source.master_lists:
            judgements.append(None)
            continue
        signed = next((item for item in source.master_lists if item.cms), source.master_lists[0])
        judgements.append(judge_signer(signed, index, at, usable=_from_elsewhere(owners, source.sha256)))
    return judgements


def _readable(stored: Iterable[bytes]) -> list[Certificate]:
    found: list[Certificate] = []
    for der in stored:
        try:
            found.append(Certificate.parse(der))
        except MrtdError:
            continue
    return found


def _from_elsewhere(owners: Mapping[bytes, set[str]], own: str) -> Callable[[CertificateEntry], bool]:
    def usable(entry: CertificateEntry) -> bool:
        return bool(owners[entry.raw] - {own})

    return usable
