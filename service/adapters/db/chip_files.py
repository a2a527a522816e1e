"""What a chip sent, sorted by how long it is kept (SECURITY.md 7.9)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mrtd.evidence import EAC_PROTECTED, ActiveAuthenticationResponse, ChipEvidence, ElementaryFile, LiveSession
from service.domain import live_record
from service.domain.retention import RetentionClass

#: What describes the person; whatever is not listed is proof of the document. EF.DG5 is a portrait too
#: (ICAO 9303-10 §4.7).
_CLASSES: Final[Mapping[ElementaryFile, RetentionClass]] = MappingProxyType(
    {
        ElementaryFile.DG2: RetentionClass.PORTRAIT,
        ElementaryFile.DG5: RetentionClass.PORTRAIT,
        ElementaryFile.DG1: RetentionClass.HOLDER,
        ElementaryFile.DG6: RetentionClass.HOLDER,
        ElementaryFile.DG7: RetentionClass.HOLDER,
        ElementaryFile.DG8: RetentionClass.HOLDER,
        ElementaryFile.DG9: RetentionClass.HOLDER,
        ElementaryFile.DG10: RetentionClass.HOLDER,
        ElementaryFile.DG11: RetentionClass.HOLDER,
        ElementaryFile.DG12: RetentionClass.HOLDER,
        ElementaryFile.DG13: RetentionClass.HOLDER,
        ElementaryFile.DG16: RetentionClass.HOLDER,
    }
)
#: Beside the files, in the blob of the evidence.
_CHALLENGE: Final = "AA.challenge"
_RESPONSE: Final = "AA.response"
_LIVE: Final = "live"
_BESIDE: Final = (_CHALLENGE, _RESPONSE, _LIVE)


def by_class(chip: ChipEvidence, live: LiveSession | None = None) -> dict[RetentionClass, dict[str, bytes]]:
    """Names and octets of each class that there is something of.

    Fingers and irises are never stored, whoever calls (CHECKS.md rule 4).
    """
    sorted_out: dict[RetentionClass, dict[str, bytes]] = {}
    for name, data in chip.files.items():
        if name not in EAC_PROTECTED:
            sorted_out.setdefault(_CLASSES.get(name, RetentionClass.EVIDENCE), {})[name.value] = data
    answer = chip.active_authentication
    if answer is not None:
        sorted_out.setdefault(RetentionClass.EVIDENCE, {}).update(
            {_CHALLENGE: answer.challenge, _RESPONSE: answer.response}
        )
    if live is not None:
        sorted_out.setdefault(RetentionClass.EVIDENCE, {})[_LIVE] = live_record.to_octets(live)
    return sorted_out


def chip_of(content: Mapping[str, bytes], skipped: int, claimed: Mapping[str, str]) -> ChipEvidence:
    """The files and the answer that `by_class` sorted, of the classes that are left."""
    files = {ElementaryFile(name): data for name, data in content.items() if name not in _BESIDE}
    answer = None
    if _RESPONSE in content:
        answer = ActiveAuthenticationResponse(content[_CHALLENGE], content[_RESPONSE])
    return ChipEvidence(files, answer, skipped, claimed)


def live_of(content: Mapping[str, bytes]) -> LiveSession | None:
    """What the server saw as the terminal, if it was; None where that was erased."""
    return live_record.from_octets(content[_LIVE]) if _LIVE in content else None
