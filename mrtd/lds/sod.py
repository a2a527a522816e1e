"""EF.SOD, the Document Security Object (ICAO 9303-10 §4.6.2)."""

from __future__ import annotations

from dataclasses import dataclass

from mrtd import tlv
from mrtd.errors import MalformedError
from mrtd.evidence import ElementaryFile
from mrtd.lds.elementary_file import reading, stored_object


@dataclass(frozen=True, slots=True, repr=False)
class SecurityObject:
    """The SignedData of EF.SOD and how it was wrapped.

    `cms` is the ContentInfo (RFC 5652 §3) as stored. `tag_77` is false for a ContentInfo without its wrapper.
    `trailing` counts the bytes behind the outermost object; they belong to nothing.
    """

    cms: bytes
    tag_77: bool
    trailing: int

    def __repr__(self) -> str:
        return f"SecurityObject(tag_77={self.tag_77}, trailing={self.trailing})"


@reading(ElementaryFile.SOD)
def parse(data: bytes) -> SecurityObject:
    """Unwrap EF.SOD (ICAO 9303-10 §4.6.2); LDS version 0 and 1 differ only inside.

    Raises:
        MalformedError: neither tag 77 nor a ContentInfo, or something beside the ContentInfo under tag 77.
        LimitExceededError: a bound of `mrtd.tlv`.
    """
    stored = stored_object(data, ElementaryFile.SOD)
    if stored.tlv.tag == tlv.SEQUENCE:
        return SecurityObject(stored.raw, tag_77=False, trailing=stored.trailing)
    inside = stored.tlv.children()
    if len(inside) != 1:
        raise MalformedError("not_one_object", detail=f"{len(inside)} objects under tag 77")
    return SecurityObject(inside[0].expect(tlv.SEQUENCE).raw, tag_77=True, trailing=stored.trailing)
