"""Independent oracles on every fixture and every real file: they agree, or a table says why not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mrtd.evidence import ElementaryFile
from service.replay.folder import find_cases
from tests.conftest import ROOT
from tests.oracles import books, corpus, openssl, signatures
from tests.oracles.answers import Cannot
from tests.oracles.comparison import Books, compare
from tests.oracles.explained import TABLES

pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")

FIXTURES = ROOT / "fixtures"


def test_on_every_fixture():
    """One test for all: what is gathered is asked once. `python -m tests.oracles --update` writes the counts."""
    gathered = corpus.fixtures(FIXTURES)
    cases = [json.loads((path / "case.json").read_bytes()) for path in find_cases(FIXTURES / "dumps")]
    assert {document.name for document in gathered.documents} | set(gathered.refused) == {one["id"] for one in cases}
    refused = {one["id"] for one in cases if one["expected"]["inspect"]["error"] is not None}
    assert set(gathered.refused) == refused
    found = compare(gathered)
    assert not books.unexplained("fixtures", found)
    assert books.counted(found) == books.committed("fixtures")


@pytest.mark.real
def test_on_every_real_file(real_data: Path):
    gathered = corpus.real(real_data)
    signed = {name.partition(" ")[0] for document in gathered.documents for name, _, _ in document.signed()}
    folders = {path.parent.name for path in (real_data / "chips").glob("*/EF.SOD.bin")}
    assert signed == folders | {path.name for path in (real_data / "chips" / "malformed").iterdir()}
    assert {*gathered.lists} >= {path.name for path in (real_data / "csca" / "masterlists").glob("*.ml")}
    assert len(gathered.certificates) > 950
    found = compare(gathered)
    assert not books.unexplained("real", found)
    assert books.counted(found) == books.committed("real")


def test_every_explanation_is_a_sentence():
    for table in TABLES.values():
        for items in table.values():
            assert all(len(reason) > 40 for reason in items.values())


# --- the oracles are no rubber stamps


def test_a_disagreement_that_nobody_explains_is_told():
    found = Books()
    found.enter("a file", "signature", "openssl", ("valid",), ("invalid",))
    found.enter("a file", "signature", "pyca", ("valid",), ("valid",))
    found.enter("a file", "key", "pyca", (1, 2), Cannot("of its own"))
    assert found.disagreements == {("a file", "signature", "openssl"): "we: valid; openssl: invalid"}
    assert "a file, signature, openssl: we: valid; openssl: invalid" in books.unexplained("fixtures", found)
    assert any(line.endswith("no longer a disagreement") for line in books.unexplained("fixtures", found))
    assert books.counted(found)["key: pyca: cannot: of its own"] == 1


@pytest.mark.real
def test_a_flipped_signature_is_invalid_to_every_oracle(real_data: Path):
    data = (real_data / "chips" / "FR_2017" / f"{ElementaryFile.SOD}.bin").read_bytes()
    assert openssl.cms_verifies(corpus.content_info(data)) == "valid"
    spoiled = data[:-1] + bytes([data[-1] ^ 1])
    assert openssl.cms_verifies(corpus.content_info(spoiled)) == "invalid"
    for verifier in signatures.VERIFIERS.values():
        assert signatures.signed_object(verifier, data) == ("valid",)
        assert signatures.signed_object(verifier, spoiled) == ("invalid",)
