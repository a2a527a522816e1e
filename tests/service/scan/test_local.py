"""`passkoll scan` without a service: every chip reads, every fault ends in words and an exit status."""

from __future__ import annotations

import json
import stat
from datetime import datetime
from pathlib import Path

import pytest

from mrtd.specimen.card.behaviour import PROFILES
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import SpecimenIssuer
from mrtd.specimen.scheme import BRAINPOOL_P256R1
from service.cli import scan_reader
from tests.service.scan.conftest import AT, Run, answer

#: The access that ICAO 9303-11 §4.1 asks for: PACE where EF.CardAccess offers it, by the order of offers; else BAC.
ACCESS = {"2": "PACE-GM", "1": "PACE-GM", "4": "PACE-IM", "3": "PACE-IM", "6": "PACE-CAM"}


def lines_of(profile: str) -> tuple[str, ...]:
    """What is printed on the page of a specimen."""
    known = scan_reader.open_reader(f"specimen:{profile}", scan_reader.ReaderOptions(), datetime.fromisoformat(AT))
    assert known.specimen is not None
    return known.specimen.lines


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_reads(run: Run, profile: str) -> None:
    result = run("scan", "--reader", f"specimen:{profile}", "--at", AT, "--json")
    told, behaviour = answer(result), PROFILES[profile]
    assert result.exit_code == 0, told
    access = ACCESS[behaviour.pace[0].suite[0]] if behaviour.pace else "BAC"
    proves = behaviour.active_authentication or behaviour.chip_authentication or access == "PACE-CAM"
    assert told["session"]["access"] == access
    assert told["session"]["active_authentication_answered"] is behaviour.active_authentication
    chip_authentication = True if behaviour.chip_authentication and access != "PACE-CAM" else None
    assert told["session"]["chip_authentication"] is chip_authentication
    assert told["authenticity"] == "authentic"
    assert told["mrz_matches_chip"] == "yes"
    assert told["chip_genuine"] == ("yes" if proves else "not_supported")
    assert told["evidence"]["source"] == "live"


@pytest.mark.parametrize("profile", ["pace-only", "short-reads", "shorter-reads"])
def test_a_reader_without_long_commands_reads_the_same(run: Run, profile: str) -> None:
    short = answer(run("scan", "--reader", f"specimen:{profile}", "--at", AT, "--json", "--short"))
    long = answer(run("scan", "--reader", f"specimen:{profile}", "--at", AT, "--json"))
    assert short["outcome"] == long["outcome"] == "verified"
    assert short["evidence"]["files"] == long["evidence"]["files"]


#: What is found, by ICAO 9303-11: a false proof is a refusal; what is read whole on another connection is whole.
FAULTS = {
    "tag_lost": ("verified", 2),
    "naked_word": ("verified", 2),
    "wrong_code": ("verified", 2),
    "old_answer": ("verified", 2),
    "clone": ("refused", 3),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_passes_or_tells_a_clone(run: Run, fault: str) -> None:
    arguments = ("scan", "--reader", "specimen:pace-only", "--at", AT, "--fault", fault, "--fault-at", "30")
    result = run(*arguments, "--json")
    told = answer(result)
    assert (told["outcome"], told["session"]["connections"]) == FAULTS[fault]
    assert result.exit_code == (0 if told["outcome"] == "verified" else 1)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("wrong_token", "read.no_application"),
        ("downgrade", "read.no_application"),
        ("cut_file", "read.bad_file"),
        ("endless_file", "read.too_long"),
    ],
)
def test_a_fault_that_ends_the_reading(run: Run, fault: str, code: str) -> None:
    """A chip without BAC whose PACE fails has no other way in; half a file is none."""
    arguments = ("scan", "--reader", "specimen:pace-only", "--at", AT, "--fault", fault)
    result = run(*arguments, "--json")
    assert (result.exit_code, answer(result)["error"]) == (1, code)
    spoken = run(*arguments)
    assert (spoken.exit_code, spoken.stdout) == (1, "")
    assert code in spoken.stderr


def test_a_chip_that_is_lost_again_and_again_is_out_of_reach(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from service.client.cards import TagLostError
    from service.client.cards.specimen import SpecimenReader

    def lost(_self: SpecimenReader, _command: bytes) -> bytes:
        raise TagLostError

    monkeypatch.setattr(SpecimenReader, "transmit", lost)
    result = run("scan", "--reader", "specimen:pace-gm", "--at", AT, "--json")
    assert (result.exit_code, answer(result)["error"]) == (3, "tag_lost")


@pytest.mark.parametrize("profile", ["plain-bac", "pace-gm"])
def test_lines_of_another_page_do_not_open_the_chip(run: Run, profile: str) -> None:
    other = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
    arguments = ("scan", "--reader", f"specimen:{profile}", "--at", AT, "--mrz", other)
    result = run(*arguments, "--json")
    assert (result.exit_code, answer(result)["error"]) == (1, "access_denied")
    assert "compare every character" in run(*arguments).stderr


def test_the_number_of_a_card_opens_it(run: Run) -> None:
    result = run("scan", "--reader", "specimen:card-access-number", "--at", AT, "--can", "123456", "--json")
    told = answer(result)
    assert (told["authenticity"], told["mrz_matches_chip"]) == ("authentic", "not_given")
    denied = run("scan", "--reader", "specimen:card-access-number", "--at", AT, "--can", "654321", "--json")
    assert (denied.exit_code, answer(denied)["error"]) == (1, "access_denied")


def test_a_number_opens_no_chip_that_has_basic_access_control_alone(run: Run) -> None:
    result = run("scan", "--reader", "specimen:plain-bac", "--at", AT, "--can", "123456", "--json")
    assert (result.exit_code, answer(result)["error"]) == (1, "bac.needs_mrz")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--reader", "specimen:nowhere"),
        ("--reader", "antenna"),
        ("--reader", "specimen:pace-gm", "--fault", "nothing"),
        ("--reader", "specimen:pace-gm", "--can", "12345"),
        ("--reader", "specimen:pace-gm", "--mrz", "no lines"),
        ("--reader", "specimen:pace-gm", "--policy", "nowhere"),
        ("--reader", "specimen:pace-gm", "--url", "http://127.0.0.1:1"),
        ("--reader", "specimen:pace-gm", "--post"),
        ("--reader", "specimen:pace-gm", "--phone", "nowhere", "--dump", "nowhere"),
        ("--reader", "pcsc", "--fault", "clone"),
    ],
)
def test_a_mistake_in_the_arguments_is_status_2(run: Run, arguments: tuple[str, ...]) -> None:
    result = run("scan", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr


def test_trust_is_the_operators_where_it_is_named(run: Run, tmp_path: Path) -> None:
    """In the production realm nobody trusts the specimen state; where its certificate is named, it is an anchor."""
    arguments = ("scan", "--reader", "specimen:pace-gm", "--at", AT, "--json")
    unknown = run(*arguments, "--realm", "production")
    assert (unknown.exit_code, answer(unknown)["authenticity"]) == (1, "not_authentic")
    for name, data in SpecimenIssuer.create(BRAINPOOL_P256R1, now=datetime.fromisoformat(AT)).trust().items():
        (tmp_path / name).write_bytes(data)
    known = run(*arguments, "--trust", str(tmp_path), "--realm", "specimen")
    assert (known.exit_code, answer(known)["authenticity"]) == (0, "authentic")


def test_required_is_what_the_caller_says(run: Run) -> None:
    """A chip without any proof is authentic, and not verified."""
    arguments = ("scan", "--reader", "specimen:plain-bac", "--at", AT, "--json")
    assert run(*arguments).exit_code == 0
    assert run(*arguments, "--require", "verified").exit_code == 1


def test_a_dump_is_read_back_with_the_same_digests(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "dump"
    arguments = ("scan", "--reader", "specimen:with-atr-info", "--at", AT, "--json", "--dump", str(folder))
    live = answer(run(*arguments))
    dump = answer(run("inspect", str(folder), "--at", AT, "--json"))
    assert dump["evidence"]["files"] == live["evidence"]["files"]
    assert {"EF.ATR/INFO", "EF.CardAccess", "EF.SOD", "EF.DG2"} <= set(dump["evidence"]["files"])
    assert dump["evidence"]["source"] == "dump"
    for name, data in SpecimenIssuer.create(BRAINPOOL_P256R1, now=datetime.fromisoformat(AT)).trust().items():
        (tmp_path / name).write_bytes(data)
    trusted = ("--trust", str(tmp_path), "--realm", "specimen", "--mrz", "\n".join(lines_of("with-atr-info")))
    judged = answer(run("inspect", str(folder), *trusted, "--at", AT, "--json"))
    assert (judged["authenticity"], judged["mrz_matches_chip"]) == ("authentic", "yes")
    # a dump proves no presence: what the chip signed for this terminal is not in it
    assert (live["chip_genuine"], judged["chip_genuine"]) == ("yes", "undetermined")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    again = run(*arguments)
    assert (again.exit_code, again.stdout) == (2, "")
    assert "there already" in again.stderr


def test_a_reading_that_fails_leaves_nothing_behind(run: Run, tmp_path: Path) -> None:
    arguments = ("--dump", str(tmp_path / "dump"), "--record", str(tmp_path / "session.json"))
    result = run("scan", "--reader", "specimen:pace-only", "--at", AT, "--fault", "cut_file", *arguments)
    assert (result.exit_code, list(tmp_path.iterdir())) == (1, [])


@pytest.mark.parametrize("option", ["--dump", "--record"])
def test_what_has_no_place_is_refused_before_the_chip_is_touched(run: Run, tmp_path: Path, option: str) -> None:
    arguments = ("scan", "--reader", "specimen:pace-only", "--at", AT, "--fault", "cut_file", option)
    for place in (tmp_path, tmp_path / "none" / "dump"):
        result = run(*arguments, str(place))
        assert (result.exit_code, result.stdout) == (2, "")


def test_the_lines_come_from_standard_input(run: Run) -> None:
    """There nobody else on the machine sees them: arguments are everybody's."""
    arguments = ("scan", "--reader", "specimen:pace-only", "--at", AT, "--json", "--mrz", "-")
    given = run(*arguments, stdin="\n".join(lines_of("pace-only")) + "\n")
    assert (given.exit_code, answer(given)["mrz_matches_chip"]) == (0, "yes")
    nothing = run(*arguments, stdin="no lines")
    assert (nothing.exit_code, nothing.stdout) == (2, "")


def test_nothing_of_the_holder_is_shown(run: Run, tmp_path: Path) -> None:
    result = run("scan", "--reader", "specimen:pace-only", "--at", AT, "--dump", str(tmp_path / "d"))
    objects = run("scan", "--reader", "specimen:pace-only", "--at", AT, "--json")
    shown = (result.stdout + result.stderr + objects.stdout + objects.stderr).upper()
    number, birth = (lines_of("pace-only")[1][start:end] for start, end in ((0, 9), (13, 19)))
    for secret in (number, birth, MARTA.primary_identifier, MARTA.full_name[0].upper(), "LINNEA"):
        assert secret not in shown
    assert "UTO" in shown


def test_the_words_say_what_passed(run: Run) -> None:
    result = run("scan", "--reader", "specimen:pace-only", "--at", AT)
    assert "PACE-GM, Chip Authentication, Active Authentication answered: 9 files, 11 round trips" in result.stdout
    assert "no service saw the chip" in result.stdout
    assert json.dumps(result.stdout).count("\\u001b") == 0
