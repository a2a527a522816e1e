"""Who issues travel documents, by the two-letter codes that certificates carry (ICAO 9303-3 §5, 9303-12 §7.1)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mrtd.pki.certificate import Certificate
from mrz import codes
from mrz.codes_data import CODES

#: ISO 3166-1 names them, but nobody issues travel documents there (AQ, EH); withdrawn (NT); of specimens (UT); of a
#: signer of lists who issues no documents (IA).
_NO_ISSUERS: Final = frozenset({"AQ", "EH", "NT", "UT", "IA"})
#: Who issues documents with a chip beside the states of ISO 3166-1, as real lists show: Kosovo, the United Nations
#: (laissez-passer), the Order of Malta. The European Union has a code of its own in the table. The other
#: organisations of ICAO 9303-3 §5 have no two-letter code that a certificate could carry, and no list holds theirs.
_FURTHER_ISSUERS: Final = frozenset({"XK", "UN", "XO"})
#: Second codes of one issuer in real certificates -> the code under which it is sought.
SAME_ISSUER: Final[Mapping[str, str]] = MappingProxyType({"KS": "XK", "ZZ": "UN"})

#: Who issues machine readable travel documents, by two-letter code: a state whose passports nobody else signs has one
#: code in the table of `mrz.codes`. Territories, Hong Kong and Macao among them, are signed for by their sovereign.
ISSUERS: Final = tuple(
    sorted({code.alpha2[0] for code in CODES.values() if len(code.alpha2) == 1} - _NO_ISSUERS | _FURTHER_ISSUERS)
)

_MALTA: Final = CODES["XOM"].name
_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {alpha2: code.name for code in reversed(CODES.values()) for alpha2 in reversed(code.alpha2)}
    | {code.alpha2[0]: code.name for code in reversed(CODES.values()) if code.alpha2}
    | {"XO": _MALTA}
)


def state_of(certificate: Certificate) -> str | None:
    """The two-letter code, upper case, or None; the three-letter code of one real certificate (LTU) is mapped."""
    country = certificate.country
    if country is not None and len(country) == 3:
        return next(iter(codes.alpha2(country)), None)
    return country


def state_name(alpha2: str) -> str | None:
    """The English short name of a state by the code in its certificates; None for a code that nobody has."""
    return _NAMES.get(alpha2)
