"""Every signer of the real documents to the key that signed it, among all lists and in each list alone."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from mrtd.evidence import ElementaryFile
from mrtd.files import load_dump, read_sources
from mrtd.inspection.check import CheckStatus
from mrtd.inspection.reason import Reason
from mrtd.pki.certificate import Certificate
from mrtd.pki.path import build_path
from mrtd.pki.trust_store import Realm, TrustStore
from tests.mrtd.pki import corpus
from tests.oracles.corpus import embedded_certificates
from tests.real import independent
from tests.real.trust import AT, all_states

pytestmark = pytest.mark.real

SOD, CARD = ElementaryFile.SOD, ElementaryFile.CARD_SECURITY

EVERY = "DE24 DE25 DE26 ICAO IT NL25 NL26 bare"
NOT_ITALY = "DE24 DE25 DE26 ICAO NL25 NL26 bare"
#: Signed file -> key of the signer, key that signed it (ANALYSIS.md section 6), and the lists that hold that key.
#: The Indonesian one stands in no list, only in csca/certs.
CHAINS = {
    ("AT_2023", SOD): ("brainpoolP256r1", "brainpoolP384r1", "DE24 DE25 DE26 ICAO NL25 NL26 bare"),
    ("DE_2023", SOD): ("brainpoolP384r1", "brainpoolP512r1", EVERY),
    ("DE_2023", CARD): ("brainpoolP384r1", "brainpoolP512r1", EVERY),
    ("FR_2017", SOD): ("rsa2048", "rsa4096", EVERY),
    ("GB_2011", SOD): ("rsa2048", "rsa4096", EVERY),
    ("ID_2025", SOD): ("rsa2048", "rsa4096", ""),
    ("KR_2020", SOD): ("rsa2048", "rsa3072", EVERY),
    ("NZ_2017", SOD): ("rsa2048", "rsa4096", NOT_ITALY),
    ("PH_2019", SOD): ("rsa2048", "rsa4096", NOT_ITALY),
    ("RU_2019", SOD): ("secp256r1", "secp256r1", NOT_ITALY),
    ("SG_2022-06", SOD): ("rsa2048", "rsa4096", NOT_ITALY),
    ("US_2021", SOD): ("rsa2048", "rsa4096", NOT_ITALY),
}
LISTS = {
    "DE24": "DE_ML_2024-04-10.ml",
    "DE25": "DE_ML_2025-03-05-08-05-28.ml",
    "DE26": "DE_ML_2026-05-28-08-28-45.ml",
    "ICAO": "ICAO_ML_2023-09.ml",
    "IT": "IT_ML_old.ml",
    "NL25": "NL_ML_2025-07-29.ml",
    "NL26": "NL_ML_2026-07-22.ml",
    "bare": "bare_masterList_tananaev.bin",
}
each_file = pytest.mark.parametrize(
    ("document", "file"), CHAINS, ids=lambda one: one.value if isinstance(one, ElementaryFile) else one
)


@cache
def signer(real_data: Path, document: str, file: ElementaryFile) -> bytes:
    """The one certificate in a signed file, by asn1crypto."""
    (der,) = embedded_certificates(load_dump(real_data / "chips" / document).files[file])
    return der


@cache
def one_list(real_data: Path, name: str) -> TrustStore:
    """The certificates of one list as the operator's pin."""
    return TrustStore.from_sources(read_sources(real_data / "csca/masterlists" / name).sources, Realm.PRODUCTION)


def test_every_signed_file_is_in_the_table(real_data: Path) -> None:
    files = {
        (path.parent.name, file)
        for file in (SOD, CARD)
        for path in (real_data / "chips").glob(f"??_20*/{file.value}.bin")
    }
    assert files == set(CHAINS)


@each_file
def test_one_key_of_all_signed_it_and_the_path_ends_there(
    real_data: Path, document: str, file: ElementaryFile
) -> None:
    """Each of the keys in 951 certificates is tried by the other code; ours finds the same one at the first try."""
    der = signer(real_data, document, file)
    keys = {independent.key(one) for one in corpus.everything(real_data)}
    (right,) = [key for key in keys if independent.signed_by(der, key)]
    of_signer, of_issuer, _ = CHAINS[document, file]
    assert (independent.key(der).name, right.name) == (of_signer, of_issuer)
    found = build_path(Certificate.parse(der), all_states(real_data), AT)
    assert (found.status, found.reason, found.attempts, found.links_used) == (CheckStatus.PASSED, None, 1, 0)
    assert found.anchor is not None
    assert found.certificates == (Certificate.parse(der), found.anchor.certificate)
    assert independent.key(found.anchor.certificate.raw) == right


@each_file
def test_in_each_list_alone(real_data: Path, document: str, file: ElementaryFile) -> None:
    """A path where the list holds the key, and nothing decided where it does not; never a failure."""
    der = signer(real_data, document, file)
    holding = []
    for short, name in LISTS.items():
        keys = {independent.key(one) for one in corpus.from_file(real_data / "csca/masterlists" / name)}
        held = any(independent.signed_by(der, key) for key in keys)
        holding += [short] if held else []
        found = build_path(Certificate.parse(der), one_list(real_data, name), AT)
        if held:
            assert found.status is CheckStatus.PASSED
        else:
            assert (found.status, found.reason) == (CheckStatus.INDETERMINATE, Reason.NO_CSCA)
    assert " ".join(holding) == CHAINS[document, file][2]
