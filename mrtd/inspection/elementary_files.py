"""Reading the elementary files that were sent, each by its standard (`lds.parse`; ICAO 9303-10 §4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final, Protocol, TypeVar, cast, runtime_checkable

from mrtd import tlv
from mrtd.errors import MrtdError, UnsupportedError
from mrtd.evidence import ElementaryFile
from mrtd.inspection.check import CheckResult, CheckStatus, Scalar
from mrtd.inspection.reason import Reason
from mrtd.lds import atr_info, card_access, card_security, com, dg1, dg2, dg7, dg11, dg12, dg13, dg14, dg15, dg16, sod
from mrtd.lds.elementary_file import stored_object
from mrtd.lds.oddity import Oddity

_Parsed = TypeVar("_Parsed")

#: EF.SOD and DG1 are missed in every dump that lacks them; of the others, absence proves nothing (SECURITY.md 2.3).
_NEEDED: Final = (ElementaryFile.SOD, ElementaryFile.DG1)
#: Bare BER-TLV objects without a common one around them (ICAO 9303-10 §3.11).
_SEVERAL_OBJECTS: Final = (ElementaryFile.ATR_INFO, ElementaryFile.DIR)

_PARSERS: Final[Mapping[ElementaryFile, Callable[[bytes], object]]] = MappingProxyType(
    {
        ElementaryFile.COM: com.parse,
        ElementaryFile.SOD: sod.parse,
        ElementaryFile.DG2: dg2.parse,
        ElementaryFile.DG7: dg7.parse,
        ElementaryFile.DG11: dg11.parse,
        ElementaryFile.DG12: dg12.parse,
        ElementaryFile.DG13: dg13.parse,
        ElementaryFile.DG14: dg14.parse,
        ElementaryFile.DG15: dg15.parse,
        ElementaryFile.DG16: dg16.parse,
        ElementaryFile.ATR_INFO: atr_info.parse,
        ElementaryFile.CARD_ACCESS: card_access.parse,
        ElementaryFile.CARD_SECURITY: card_security.parse,
    }
)


@runtime_checkable
class WithOddities(Protocol):
    """A file whose reader names the tolerances that it used."""

    @property
    def oddities(self) -> frozenset[Oddity]:
        """What was tolerated."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class ReadFiles:
    """The files of one chip, read. What was not sent or cannot be read is absent from `parsed`.

    `sent` names every file that was sent. `stored` holds the slice of each that is parsed **and** hashed: the outer
    object without the bytes behind it (SECURITY.md 2.5).
    """

    sent: frozenset[ElementaryFile]
    stored: Mapping[ElementaryFile, bytes]
    parsed: Mapping[ElementaryFile, object]
    results: tuple[CheckResult, ...] = field(default=())

    def _get(self, name: ElementaryFile, kind: type[_Parsed]) -> _Parsed | None:
        return cast("_Parsed | None", self.parsed.get(name))

    @property
    def com(self) -> com.Com | None:
        """EF.COM."""
        return self._get(ElementaryFile.COM, com.Com)

    @property
    def sod(self) -> sod.SecurityObject | None:
        """EF.SOD, unwrapped."""
        return self._get(ElementaryFile.SOD, sod.SecurityObject)

    @property
    def dg1(self) -> dg1.Dg1 | None:
        """DG1, the MRZ of the chip."""
        return self._get(ElementaryFile.DG1, dg1.Dg1)

    @property
    def dg2(self) -> dg2.Dg2 | None:
        """DG2, the face."""
        return self._get(ElementaryFile.DG2, dg2.Dg2)

    @property
    def dg11(self) -> dg11.Dg11 | None:
        """DG11, additional personal details."""
        return self._get(ElementaryFile.DG11, dg11.Dg11)

    @property
    def dg12(self) -> dg12.Dg12 | None:
        """DG12, additional document details."""
        return self._get(ElementaryFile.DG12, dg12.Dg12)

    @property
    def dg14(self) -> dg14.Dg14 | None:
        """DG14, the security options that the issuing state signed."""
        return self._get(ElementaryFile.DG14, dg14.Dg14)

    @property
    def dg15(self) -> dg15.Dg15 | None:
        """DG15, the Active Authentication key."""
        return self._get(ElementaryFile.DG15, dg15.Dg15)

    @property
    def card_access(self) -> card_access.CardAccess | None:
        """EF.CardAccess, unsigned."""
        return self._get(ElementaryFile.CARD_ACCESS, card_access.CardAccess)

    @property
    def card_security(self) -> card_security.CardSecurity | None:
        """EF.CardSecurity, unwrapped."""
        return self._get(ElementaryFile.CARD_SECURITY, card_security.CardSecurity)


def read_files(files: Mapping[ElementaryFile, bytes], *, today: date) -> ReadFiles:
    """Read every file that was sent (ICAO 9303-10 §4); what cannot be read is a result, never an exception.

    Args:
        files: the bytes as received.
        today: the day against which the two-digit years of DG1 are resolved.
    """
    stored: dict[ElementaryFile, bytes] = {}
    parsed: dict[ElementaryFile, object] = {}
    results: list[CheckResult] = []
    for name in ElementaryFile:
        if name not in files:
            if name in _NEEDED:
                results.append(CheckResult("lds.parse", CheckStatus.NOT_PERFORMED, name, Reason.NO_EVIDENCE))
            continue
        data = files[name]
        stored[name] = data
        try:
            stored[name], trailing = _outer(data, name)
            value = _parse(name, data, today)
        except MrtdError as error:
            results.append(unreadable(name, error))
            continue
        if value is not None:
            parsed[name] = value
        facts: dict[str, Scalar] = {"trailing_bytes": trailing} if trailing else {}
        if isinstance(value, WithOddities) and value.oddities:
            facts["oddities"] = ",".join(sorted(value.oddities))
        results.append(CheckResult("lds.parse", CheckStatus.PASSED, name, facts=facts))
    return ReadFiles(frozenset(files), MappingProxyType(stored), MappingProxyType(parsed), tuple(results))


def unreadable(name: ElementaryFile, error: MrtdError) -> CheckResult:
    """`lds.parse` of a file that could not be read; `facts` name the code of the error, never content."""
    if isinstance(error, UnsupportedError):
        status, reason = CheckStatus.INDETERMINATE, Reason.UNKNOWN_VERSION
    else:
        status, reason = CheckStatus.FAILED, Reason.MALFORMED
    return CheckResult("lds.parse", status, name, reason, {"code": error.code})


def _outer(data: bytes, name: ElementaryFile) -> tuple[bytes, int]:
    if name in _SEVERAL_OBJECTS:
        tlv.read_all(data)
        return data, 0
    outer = stored_object(data, name)
    return outer.raw, outer.trailing


def _parse(name: ElementaryFile, data: bytes, today: date) -> object | None:
    """The content of the file; None for a file that is recognised and hashed, but not read."""
    if name is ElementaryFile.DG1:
        return dg1.parse(data, today=today)
    parser = _PARSERS.get(name)
    return None if parser is None else parser(data)
