"""The files of a specimen document, judged by asn1crypto, OpenSSL and the readers of `mrtd.lds`."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from datetime import date
from pathlib import Path

from asn1crypto import cms as asn1_cms

import mrz
from mrtd.evidence import ElementaryFile
from mrtd.lds import com, dg1, dg2, dg11, dg12, dg14, dg15, lds_security_object, sod
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import IssuingProfile, SpecimenIssuer, portrait
from mrtd.specimen.scheme import BRAINPOOL_P256R1, PROFILES, RSA_2048
from mrz.names import NameMatch, full_name_matches
from tests.mrtd.specimen.conftest import NOW

TODAY = NOW.date()


def test_security_object_by_openssl(issuer: SpecimenIssuer, document: SpecimenDocument, tmp_path: Path) -> None:
    cms = sod.parse(document.files[ElementaryFile.SOD]).cms
    (tmp_path / "sod.cms").write_bytes(cms)
    command = [
        "openssl",
        "cms",
        "-verify",
        "-noverify",
        "-inform",
        "DER",
        "-in",
        str(tmp_path / "sod.cms"),
        "-binary",
    ]
    run = subprocess.run(command, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()
    content = lds_security_object.parse(run.stdout)
    assert dict(content.data_group_hashes) == {
        name.data_group: hashlib.sha256(data).digest() for name, data in document.files.items() if name.data_group
    }
    assert content.version == 1
    assert (content.lds_version, content.unicode_version) == ("0108", "040000")


def test_security_object_by_asn1crypto(issuer: SpecimenIssuer, document: SpecimenDocument) -> None:
    cms = sod.parse(document.files[ElementaryFile.SOD]).cms
    info = asn1_cms.ContentInfo.load(cms, strict=True)
    assert info.dump(force=True) == cms, "DER, as asn1crypto encodes it"
    signed = info["content"]
    assert signed["version"].native == "v3"
    assert signed["encap_content_info"]["content_type"].dotted == "2.23.136.1.1.1"
    (certificate,) = signed["certificates"]
    assert certificate.dump() == issuer.dsc_certificate
    (signer,) = signed["signer_infos"]
    assert signer["sid"].chosen["serial_number"].native == certificate.chosen.serial_number
    assert signer["sid"].chosen["issuer"].dump() == certificate.chosen.issuer.dump()
    attributes = {item["type"].native: item["values"].native for item in signer["signed_attrs"]}
    assert set(attributes) == {"content_type", "message_digest", "signing_time"}
    content = signed["encap_content_info"]["content"].contents
    assert attributes["message_digest"] == [hashlib.sha256(content).digest()]
    assert attributes["signing_time"][0].date() == TODAY


def test_data_groups_say_who_the_holder_is(document: SpecimenDocument) -> None:
    files = document.files
    zone = dg1.parse(files[ElementaryFile.DG1], today=TODAY).document
    assert zone.lines == document.mrz_lines
    assert zone.valid
    assert zone == mrz.parse("\n".join(document.mrz_lines), today=TODAY)
    assert zone.fields.issuing_state == "UTO"
    assert zone.fields.date_of_expiry == date(2036, 11, 23)
    details = dg11.parse(files[ElementaryFile.DG11])
    assert details.date_of_birth == zone.fields.date_of_birth == MARTA.date_of_birth
    assert details.full_name is not None
    names = (zone.fields.primary_identifier, zone.fields.secondary_identifier)
    assert full_name_matches(details.full_name, *names, truncated=False) is NameMatch.MATCH
    assert dg12.parse(files[ElementaryFile.DG12]).date_of_issue == TODAY


def test_portrait_is_stored_as_it_is(document: SpecimenDocument) -> None:
    (face,) = dg2.parse(document.files[ElementaryFile.DG2]).faces
    assert face.data == portrait()
    assert (face.media_type, face.width, face.height, face.complete) == ("image/jpeg", 240, 320, True)


def test_com_lists_the_data_groups(document: SpecimenDocument) -> None:
    listed = com.parse(document.files[ElementaryFile.COM]).data_groups
    assert set(listed) == {name.data_group for name in document.files if name.data_group}


def test_active_authentication_key_and_its_hash() -> None:
    files = SpecimenIssuer.create(BRAINPOOL_P256R1, now=NOW).issue(MARTA).files
    (info,) = dg14.parse(files[ElementaryFile.DG14]).security_infos.active_authentication_infos
    # ecdsa-plain-SHA256 (BSI TR-03111 §5.2.1.1)
    assert (info.version, info.signature_algorithm) == (1, "0.4.0.127.0.7.1.1.4.1.3")
    assert dg15.parse(files[ElementaryFile.DG15]).spki[:1] == b"\x30"
    assert ElementaryFile.DG14 not in SpecimenIssuer.create(RSA_2048, now=NOW).issue(MARTA).files


def test_chip_authentication_key_is_declared() -> None:
    profile = IssuingProfile(chip_authentication=True)
    files = SpecimenIssuer.create(RSA_2048, now=NOW).issue(MARTA, profile).files
    infos = dg14.parse(files[ElementaryFile.DG14]).security_infos
    assert [info.oid for info in infos.chip_authentication_infos] == ["0.4.0.127.0.7.2.2.3.2.2"]
    assert [key.oid for key in infos.chip_authentication_public_keys] == ["0.4.0.127.0.7.2.2.1.2"]


def test_lds_version_0_has_no_version_info() -> None:
    profile = IssuingProfile(lds_version=0, signing_time=False)
    document = SpecimenIssuer.create(BRAINPOOL_P256R1, now=NOW).issue(MARTA, profile)
    info = asn1_cms.ContentInfo.load(sod.parse(document.files[ElementaryFile.SOD]).cms)
    content = lds_security_object.parse(info["content"]["encap_content_info"]["content"].contents)
    assert (content.version, content.lds_version) == (0, None)
    (signer,) = info["content"]["signer_infos"]
    assert {item["type"].native for item in signer["signed_attrs"]} == {"content_type", "message_digest"}


def test_two_runs_are_byte_identical() -> None:
    for profile in PROFILES.values():
        first, second = (SpecimenIssuer.create(profile, now=NOW) for _ in range(2))
        assert first.trust() == second.trust()
        assert first.issue(MARTA).files == second.issue(MARTA).files


def test_another_process_makes_the_same_bytes() -> None:
    program = (
        "import hashlib, sys; from datetime import UTC, datetime;"
        "from mrtd.specimen.holder import MARTA; from mrtd.specimen.issuer import SpecimenIssuer;"
        "from mrtd.specimen.scheme import PROFILES;"
        "now = datetime(2026, 11, 24, 9, 30, tzinfo=UTC);"
        "issuers = [SpecimenIssuer.create(profile, now=now) for profile in PROFILES.values()];"
        "made = [b for i in issuers for b in (*i.trust().values(), *i.issue(MARTA).files.values())];"
        "sys.stdout.write(hashlib.sha256(b''.join(made)).hexdigest())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_nothing_of_the_holder_is_in_a_repr(issuer: SpecimenIssuer, document: SpecimenDocument) -> None:
    for shown in (repr(MARTA), repr(document), repr(issuer), repr(issuer.csca_key)):
        assert "KERSTR" not in shown.upper()
        assert "UT0000001" not in shown
