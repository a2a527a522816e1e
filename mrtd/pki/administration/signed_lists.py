"""The signed lists of publishers: what they are, when they were signed, and whether their signers count.

A list is judged against the CSCAs that are pinned for its publisher and nothing else (SECURITY.md 4.2).
"""

from __future__ import annotations

from datetime import datetime

from mrtd.errors import MrtdError
from mrtd.pki import deviation_list, master_list
from mrtd.pki.deviation_list import DeviationList
from mrtd.pki.index import CertificateIndex
from mrtd.pki.master_list import MasterList, SignerJudgement


def read_list(raw: bytes) -> MasterList | DeviationList:
    """Read a master list or a deviation list, told apart by what was signed (ICAO 9303-12 §9, §10).

    Raises:
        MalformedError: it is neither, or over a limit.
    """
    try:
        return master_list.parse(raw)
    except MrtdError as error:
        if error.code != "not_master_list":
            raise
    return deviation_list.parse(raw)


def signed_at(found: MasterList | DeviationList) -> datetime | None:
    """The signed signingTime (RFC 5652 §11.3); None if it is absent, doubled or malformed, or nothing is signed."""
    if isinstance(found, DeviationList):
        return found.signed_at
    return None if found.cms is None else found.cms.signing_time


def judge(found: MasterList | DeviationList, pinned: CertificateIndex, at: datetime) -> SignerJudgement:
    """Judge who signed a list (ICAO 9303-12 §9, §10; SECURITY.md 4.2).

    Args:
        found: the list.
        pinned: the CSCAs that are pinned for its publisher.
        at: when the signer must have been valid: at the import.
    """
    if isinstance(found, DeviationList):
        return deviation_list.judge_signer(found, pinned, at)
    return master_list.judge_signer(found, pinned, at)
