"""The door to the file system: dumps, trust material and policies by path."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path

import pytest

from mrtd import files
from mrtd.errors import DuplicateError, LimitExceededError, MalformedError, MrtdError
from mrtd.evidence import ElementaryFile
from mrtd.inspection.policy import POLICIES
from mrtd.pki import Realm

SOD = bytes.fromhex("7702 3000")


def write(folder: Path, **contents: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return folder


def zip_of(*paths: Path) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in paths:
            archive.writestr(path.name, path.read_bytes())
    return stream.getvalue()


@pytest.mark.real
def test_a_folder_and_its_zip_are_the_same_dump(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "chips" / "specimen_DE_bsi2008"
    read = files.load_dump(folder)
    assert len(read.files) == 8
    archive = tmp_path / "dump.zip"
    archive.write_bytes(zip_of(*sorted(folder.iterdir())))
    assert files.load_dump(str(archive)).digests() == read.digests()


@pytest.mark.real
def test_a_single_file(real_data: Path) -> None:
    path = real_data / "chips" / "US_2021" / "EF.SOD.bin"
    assert files.load_dump(path).files == {ElementaryFile.SOD: path.read_bytes()}


def test_a_folder_is_read_with_what_lies_in_it(tmp_path: Path) -> None:
    write(tmp_path, SOD=SOD, readme=b"x" * 100)
    write(tmp_path / "A0000002471001", DG1=b"a")
    write(tmp_path, **{"case.json": json.dumps({"source": "live"}).encode()})
    read = files.load_dump(tmp_path)
    assert read.files == {ElementaryFile.SOD: SOD, ElementaryFile.DG1: b"a"}
    assert (read.skipped, read.claimed) == (1, {"source": "live"})
    write(tmp_path / "b", DG1=b"a")
    with pytest.raises(DuplicateError):
        files.load_dump(tmp_path)


def test_unreadable_paths_name_the_last_part_only(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "EF.SOD")
    missing = tmp_path / "missing"
    for read in (files.load_dump, files.read_sources, files.load_trust, files.load_policy):
        for path in (missing, tmp_path / "EF.SOD", missing / "x" / "missing", Path("x" * 5000), "a\0b"):
            with pytest.raises(MalformedError) as error:
                read(path)
            assert error.value.code == "unreadable"
            assert str(tmp_path) not in str(error.value)


def test_pipes_and_links_in_folders(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", DG1=b"a")
    folder = write(tmp_path / "folder", SOD=SOD)
    os.mkfifo(folder / "DG2")
    (folder / "loop").symlink_to(folder)
    (folder / "away").symlink_to(outside)
    (folder / "DG3").symlink_to(folder / "nowhere")
    assert files.load_dump(folder).files == {ElementaryFile.SOD: SOD}


def test_dumps_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.dump, "MAX_DUMP_SIZE", 100)
    (tmp_path / "SOD").write_bytes(b"x" * 101)
    for path in (tmp_path, tmp_path / "SOD"):
        with pytest.raises(LimitExceededError, match="file_too_large"):
            files.load_dump(path)


@pytest.mark.real
def test_trust_material_of_every_kind(real_data: Path) -> None:
    read = files.read_sources(real_data / "csca")
    kinds = {source.name: source.kind.value for source in read.sources}
    assert len(kinds) == 33
    assert kinds["DE_ML_2026-05-28-08-28-45.ml"] == "master_list"
    assert kinds["bare_masterList_tananaev.bin"] == "master_list_content"
    assert kinds["openpassport_ski.pem"] == "pem"
    assert kinds["IT_CSCA05.cer"] == "certificate"
    assert read.skipped == ("zkpassport_root-certs.json",)
    assert read.unreadable == ()
    (crl,) = files.read_sources(real_data / "crl").sources
    assert len(crl.crls) == 1


@pytest.mark.real
def test_a_zip_of_trust_material_is_the_same(real_data: Path, tmp_path: Path) -> None:
    certificates = sorted((real_data / "csca" / "certs").iterdir())
    archive = tmp_path / "certs.zip"
    archive.write_bytes(zip_of(*certificates, real_data / "csca" / "oracle" / "zkpassport_root-certs.json"))
    read = files.read_sources(archive)
    assert [source.certificates for source in read.sources] == [
        source.certificates for source in files.read_sources(*certificates).sources
    ]
    assert read.sources[0].name == f"certs.zip:{certificates[0].name}"
    assert read.skipped == ("certs.zip:zkpassport_root-certs.json",)


@pytest.mark.real
def test_a_trust_store(real_data: Path) -> None:
    mock = real_data / "csca" / "mock"
    assert len(files.load_trust(mock, realm=Realm.SPECIMEN).anchors) == 2
    production = files.load_trust(mock)
    assert (production.realm, production.anchors) == (Realm.PRODUCTION, ())
    assert sum(production.refused.values()) == 2
    certs = files.load_trust(real_data / "csca" / "certs", mock)
    assert {anchor.provenance.kind.value for anchor in certs.anchors} == {"operator"}


@pytest.mark.real
def test_what_was_named_must_be_trust_material(real_data: Path, tmp_path: Path) -> None:
    readme = tmp_path / "readme"
    readme.write_bytes(b"hello")
    with pytest.raises(MalformedError, match="unknown_format"):
        files.read_sources(readme)
    certificate = (real_data / "csca" / "certs" / "IT_CSCA05.cer").read_bytes()
    broken = tmp_path / "broken.cer"
    broken.write_bytes(certificate.replace(bytes.fromhex("0603550406"), bytes.fromhex("0603550486"), 1))
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(b"PK\3\4")
    for path in (broken, damaged):
        with pytest.raises(MrtdError):
            files.read_sources(path)
    read = files.read_sources(tmp_path)
    assert (read.sources, read.skipped, read.unreadable) == ((), ("readme",), ("broken.cer", "damaged.zip"))


def test_trust_material_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, a=b"x", b=b"x", c=b"x")
    (tmp_path / "d.zip").write_bytes(zip_of(tmp_path / "a", tmp_path / "b"))
    assert files.read_sources(tmp_path).skipped == ("a", "b", "c", "d.zip:a", "d.zip:b")
    monkeypatch.setattr(files, "MAX_TRUST_FILES", 5)
    with pytest.raises(LimitExceededError, match="too_much_trust_material"):
        files.read_sources(tmp_path)
    monkeypatch.setattr(files, "MAX_TRUST_SIZE", 2)
    with pytest.raises(LimitExceededError):
        files.read_sources(tmp_path)


def test_policies(tmp_path: Path) -> None:
    for name, policy in POLICIES.items():
        assert files.load_policy(name) is policy
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(policy.to_json()))
        assert files.load_policy(path).digest == policy.digest


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("{}", MalformedError),
        ("[]", MalformedError),
        ("", MalformedError),
        ('{"name": "x", "name": "y", "rules": []}', DuplicateError),
        ('{"name": "x", "rules": [{"check": "no.such", "effect": "mandatory"}]}', MalformedError),
    ],
)
def test_no_policy(tmp_path: Path, text: str, kind: type[MrtdError]) -> None:
    path = tmp_path / "policy.json"
    path.write_text(text)
    with pytest.raises(kind):
        files.load_policy(path)
