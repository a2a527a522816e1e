"""Distinguished names, compared as RFC 5280 §7.1 asks.

Real lists hold issuers and subjects that differ in letter case, in blanks and in string type only, so names are
compared folded. The stored bytes stay at hand.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from mrtd import tlv
from mrtd.errors import LimitExceededError, MalformedError
from mrtd.pki.oids import COMMON_NAME, COUNTRY_NAME
from mrtd.tlv import SEQUENCE, SET, Tlv

#: The longest real name has 7 RDNs and below 300 octets.
MAX_RDNS: Final = 32
MAX_RDN_ATTRIBUTES: Final = 8
MAX_NAME_OCTETS: Final = 4096

_COUNTRY: Final = re.compile(r"[A-Z]{2,3}")


def _decode_utf8(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")


def _decode_latin1(value: bytes) -> str:
    return value.decode("latin-1")


_STRINGS: Final[dict[int, Callable[[bytes], str]]] = {
    0x0C: _decode_utf8,
    0x12: _decode_latin1,  # NumericString
    0x13: _decode_latin1,  # PrintableString; real ones hold characters beyond its alphabet
    0x14: _decode_latin1,  # TeletexString, in practice Latin-1
    0x16: _decode_latin1,  # IA5String
    0x1A: _decode_latin1,  # VisibleString
    0x1C: lambda value: value.decode("utf-32-be", "backslashreplace"),
    0x1E: lambda value: value.decode("utf-16-be", "backslashreplace"),
}

Rdn = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, repr=False)
class Name:
    """A distinguished name (RFC 5280 §4.1.2.4).

    `folded` holds one entry an RDN: the pairs (identifier, folded text), sorted within the RDN, because a SET has no
    order; RDNs keep theirs. Two names are the same if `folded` is equal. `country` is upper-cased, None if the name
    has none, several different ones, or one that is no country code.
    """

    raw: bytes
    attributes: tuple[tuple[str, str], ...] = field(compare=False)
    folded: tuple[Rdn, ...] = field(compare=False)

    @property
    def digest(self) -> bytes:
        """SHA-256 over `folded`: the same for two spellings of one name, in memory and in a file."""
        state = hashlib.sha256()
        for rdn in self.folded:
            # the length of the list and of each text keeps parts from running into each other
            state.update(len(rdn).to_bytes(2))
            for pair in rdn:
                for text in pair:
                    octets = text.encode("utf-8", "surrogatepass")
                    state.update(len(octets).to_bytes(4))
                    state.update(octets)
        return state.digest()

    @property
    def countries(self) -> tuple[str, ...]:
        """The values of countryName as stored."""
        return tuple(value for oid, value in self.attributes if oid == COUNTRY_NAME)

    @property
    def country(self) -> str | None:
        """The country code, upper-cased: two letters by the standard, three in some real names."""
        # folded as the names are, so that the same name always has the same country
        found = {fold(value).upper() for value in self.countries}
        if len(found) != 1:
            return None
        value = found.pop()
        return value if _COUNTRY.fullmatch(value) else None

    @property
    def common_name(self) -> str | None:
        """The first commonName, or None."""
        return next((value for oid, value in self.attributes if oid == COMMON_NAME), None)

    def same_as(self, other: Name) -> bool:
        """Whether both name the same entity (RFC 5280 §7.1)."""
        return self.folded == other.folded

    def __repr__(self) -> str:
        return f"Name(country={self.country}, rdns={len(self.folded)})"


def fold(text: str) -> str:
    """Letter case, runs of blanks and compatible forms do not count (RFC 5280 §7.1, RFC 4518 §2)."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def parse_name(item: Tlv) -> Name:
    """Read a Name (RFC 5280 §4.1.2.4).

    Raises:
        MalformedError: `bad_name` and the codes of the TLV reader.
    """
    if item.end - item.start > MAX_NAME_OCTETS:
        raise LimitExceededError("name_too_long")
    rdns = item.expect(SEQUENCE, "bad_name").children()
    if len(rdns) > MAX_RDNS:
        raise LimitExceededError("name_too_long")
    attributes: list[tuple[str, str]] = []
    folded: list[Rdn] = []
    for rdn in rdns:
        pairs = [_attribute(part) for part in rdn.expect(SET, "bad_name").children()]
        if not 1 <= len(pairs) <= MAX_RDN_ATTRIBUTES:
            raise MalformedError("bad_name")
        attributes += pairs
        folded.append(tuple(sorted((oid, fold(text)) for oid, text in pairs)))
    return Name(item.raw, tuple(attributes), tuple(folded))


def _attribute(item: Tlv) -> tuple[str, str]:
    parts = item.expect(SEQUENCE, "bad_name").children()
    if len(parts) != 2:
        raise MalformedError("bad_name")
    decode = _STRINGS.get(parts[1].tag)
    # an unknown type is kept apart from every text: only the same bytes are equal to it
    text = f"#{parts[1].raw.hex()}" if decode is None else decode(parts[1].value)
    return tlv.oid(parts[0]), text
