"""`make bench`: how fast, as ratios against a baseline measured in the same run, interleaved.

Absolute times say more about the machine than about the code; a ratio against the one thing that cannot be avoided
(the bare signature verifications, or another parser of the same bytes) says what our own code costs.
"""

from __future__ import annotations

import sys
from datetime import date

from asn1crypto import cms as asn1crypto_cms
from pyasn1.codec.ber import decoder as ber_decoder

import mrz
from mrtd import files
from mrtd.asn1 import cms as pyasn1_cms
from mrtd.crypto.algorithms import parse_signature_algorithm
from mrtd.crypto.signatures import verify
from mrtd.inspection import POLICIES, inspect, judge
from mrtd.lds import sod
from mrtd.pki import cms
from mrtd.pki.certificate import Certificate
from mrtd.pki.path import build_path
from tests.bench import trust as trust_store
from tests.bench.figure import Figure, measure
from tests.bench.trust import AT
from tests.conftest import REAL_DATA

MRZ = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"


def _passport(country: str) -> list[Figure]:
    """One real EF.SOD: reading it against two other parsers, judging it against its two bare verifications."""
    evidence = files.load_dump(REAL_DATA / "chips" / country)
    trust = files.load_trust(*(REAL_DATA / "csca" / name for name in ("masterlists", "bundles", "certs")))
    wrapped = sod.parse(next(iter(evidence.files.values()))).cms
    signed = cms.parse_signed_data(wrapped)
    signer = signed.signer_infos[0]
    dsc = Certificate.parse(signed.certificates[0])
    path = build_path(dsc, trust, AT)
    csca_key = path.certificates[1].public_key()

    def bare() -> None:
        _verify_signer(signer, signed, dsc)
        dsc.is_signed_by(csca_key)

    def whole() -> object:
        report = inspect(evidence, None, trust, AT)
        return judge(report, POLICIES["strict-level3"])

    return [
        measure(
            f"{country}: read the SignedData",
            lambda: cms.parse_signed_data(wrapped),
            "asn1crypto, all fields",
            lambda: asn1crypto_cms.ContentInfo.load(wrapped).native,
        ),
        measure(
            f"{country}: read the SignedData",
            lambda: cms.parse_signed_data(wrapped),
            "pyasn1",
            lambda: _decode_with_pyasn1(wrapped),
        ),
        measure(f"{country}: inspect and judge", whole, "its two bare signature verifications", bare),
    ]


def _decode_with_pyasn1(wrapped: bytes) -> object:
    return ber_decoder.decode(wrapped, asn1Spec=pyasn1_cms.ContentInfo(), decodeOpenTypes=True)


def _verify_signer(signer: cms.SignerInfo, signed: cms.SignedData, dsc: Certificate) -> bool:
    algorithm = parse_signature_algorithm(signer.signature_algorithm, digest_algorithm=signer.digest_algorithm)
    return verify(dsc.public_key(), algorithm, signer.to_be_signed(signed.econtent or b""), signer.signature)


def main() -> int:
    """Print the figures; 1 without the real data, or if a promised time is not kept."""
    today = date(2026, 11, 24)
    figures = [
        measure(
            "mrz.parse, TD3",
            lambda: mrz.parse(MRZ, today=today),
            "mrz.repair of the same",
            lambda: mrz.repair(MRZ, today=today),
        )
    ]
    if not (REAL_DATA / "chips").is_dir():
        print(f"no real data at {REAL_DATA}: only the MRZ was measured", file=sys.stderr)
    else:
        for country in ("FR_2017", "DE_2023", "NZ_2017", "US_2021"):
            figures += _passport(country)
        figures += trust_store.figures()
    for figure in figures:
        print(figure)
    return 1 if len(figures) == 1 or any(figure.over for figure in figures) else 0


if __name__ == "__main__":
    raise SystemExit(main())
