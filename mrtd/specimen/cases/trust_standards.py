"""The sentences on master lists, deviation lists and trust anchors, quoted from the standards (8th edition)."""

from __future__ import annotations

from typing import Final

from mrtd.specimen.cases.case import Standard

_PART_3: Final = "ICAO 9303-3"
_PART_12: Final = "ICAO 9303-12"

# --- ICAO 9303-12
LIST_SIGNER: Final = Standard(
    _PART_12,
    "5.3",
    "A Master List Signer is authorized by a CSCA to compile, digitally sign, and issue Master Lists.",
)
LIST_TRUST: Final = Standard(
    _PART_12,
    "5.3",
    "However a receiving State making use of Master Lists MUST still determine its own policies for establishing"
    " trust in the certificates contained on that list",
)
RENEWED_LIST: Final = Standard(
    _PART_12,
    "5.3",
    "If new CSCA certificates have been received by a receiving State, and its validation procedures have been"
    " completed, it is RECOMMENDED that a new Master List be compiled and issued.",
)
INITIAL_KEY: Final = Standard(
    _PART_12,
    "6.1",
    "For the initial public key obtained from a CSCA, trust MUST be established through an out-of-band mechanism.",
)
ANCHOR_EACH_KEY: Final = Standard(
    _PART_12,
    "6.1",
    "In the eMRTD application, a separate Trust Anchor is established for each public key of a given CSCA.",
)
CRL_VALIDATED: Final = Standard(
    _PART_12,
    "6.1",
    "validates the CRL that is used to check the revocation status of the certificate in question",
)

# --- ICAO 9303-3
DEVIATION_POLICY: Final = Standard(
    _PART_3,
    "7.3",
    "Every Receiving State defines its own policies under which it accepts a Deviation List and how deviations are"
    " handled during the inspection of documents.",
)
DEVIATION_SIGNER: Final = Standard(_PART_3, "7.3", "Deviation Lists MUST NOT be issued directly by a CSCA")
DEVIANT_DOCUMENTS: Final = Standard(
    _PART_3,
    "7.3",
    "If several methods for identification are given, the conditions MUST be met simultaneously to identify a"
    " document.",
)
DEVIATION_STATE: Final = Standard(
    _PART_3,
    "7.4",
    "To be able to verify a Deviation List, a relying party needs to have received the corresponding CSCA"
    " certificate of the issuing State by out-of-band communications.",
)
