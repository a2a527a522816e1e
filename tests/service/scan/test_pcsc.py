"""A card reader: what is on it, what is not, and what is missing on the machine."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from mrtd.specimen.card import Behaviour, Fault, PaceOffer, SpecimenCard, make_card
from mrtd.specimen.issuer import SpecimenIssuer
from mrtd.specimen.scheme import BRAINPOOL_P256R1
from service.cli import scan_reader
from service.client.cards import pcsc
from tests.service.scan.conftest import AT, Run, answer
from tests.service.scan.pcsc import ATR, Connection, DaemonError, Reader, install

#: SCARD_SHARE_EXCLUSIVE, PC/SC Workgroup part 5 §3.2.5: no other program speaks to the chip in between.
EXCLUSIVE = 1
ISSUER = SpecimenIssuer.create(BRAINPOOL_P256R1, now=datetime.fromisoformat(AT))
PACE = Behaviour(pace=(PaceOffer(),))


def chip(behaviour: Behaviour = PACE) -> SpecimenCard:
    """A chip to lie on a reader."""
    return make_card(ISSUER, behaviour)


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    """The specimen state as an operator names it."""
    folder = tmp_path / "trust"
    folder.mkdir()
    for name, data in ISSUER.trust().items():
        (folder / name).write_bytes(data)
    return folder


def arguments(card: SpecimenCard, trust: Path) -> tuple[str, ...]:
    """Read it."""
    lines = "\n".join(card.document.mrz_lines)
    return ("scan", "--mrz", lines, "--trust", str(trust), "--realm", "specimen", "--at", AT, "--json")


def test_a_passport_is_read_from_a_reader(run: Run, monkeypatch: pytest.MonkeyPatch, trust: Path) -> None:
    reader = Reader("Counter 1", chip())
    install(monkeypatch, lambda: [Reader("Desk"), reader])
    assert reader.chip is not None
    result = run(*arguments(reader.chip, trust), "--reader", "pcsc:counter")
    assert (result.exit_code, answer(result)["outcome"]) == (0, "verified")
    assert (reader.modes, reader.released) == ([EXCLUSIVE], 1)


def test_a_passport_that_slips_is_connected_to_anew(run: Run, monkeypatch: pytest.MonkeyPatch, trust: Path) -> None:
    card = chip(Behaviour(pace=(PaceOffer(),), fault=Fault.TAG_LOST, at=20))
    install(monkeypatch, lambda: [Reader("Counter", card)])
    result = run(*arguments(card, trust), "--reader", "pcsc")
    assert (result.exit_code, answer(result)["session"]["connections"]) == (0, 2)


def test_a_dump_of_a_real_chip_warns_and_a_transcript_is_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch, trust: Path, tmp_path: Path
) -> None:
    card = chip()
    install(monkeypatch, lambda: [Reader("Counter", card)])
    result = run(*arguments(card, trust), "--reader", "pcsc", "--dump", str(tmp_path / "dump"))
    assert result.exit_code == 0
    assert "PERSONAL DATA" in result.stderr
    refused = run(*arguments(card, trust), "--reader", "pcsc", "--record", str(tmp_path / "record"))
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert not (tmp_path / "record").exists()


def test_nobody_puts_a_passport_there(run: Run, monkeypatch: pytest.MonkeyPatch, trust: Path) -> None:
    install(monkeypatch, lambda: [Reader("Counter 1")])
    monkeypatch.setattr(scan_reader, "PcscReader", partial(pcsc.PcscReader, wait_s=0.3))
    result = run(*arguments(chip(), trust), "--reader", "pcsc")
    assert (result.exit_code, answer(result)["error"]) == (3, "no_card")
    assert result.stderr.count("put the passport on Counter 1") == 1


def test_another_program_holds_the_chip(run: Run, monkeypatch: pytest.MonkeyPatch, trust: Path) -> None:
    card = chip()
    install(monkeypatch, lambda: [Reader("Counter", card, held=True)])
    monkeypatch.setattr(scan_reader, "PcscReader", partial(pcsc.PcscReader, wait_s=0.3))
    told = answer(run(*arguments(card, trust), "--reader", "pcsc"))
    assert told == {"reader": "pcsc", "error": "no_card", "sw": None}


def test_the_chip_says_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, lambda: [Reader("Counter", chip())])
    assert pcsc.PcscReader().connect() == ATR


def _gone() -> list[Reader]:
    raise DaemonError


@pytest.mark.parametrize(
    ("readers", "words"),
    [(_gone, "is pcscd running?"), (list, "no such reader; there is: none"), (lambda: [Reader("Desk")], "Desk")],
    ids=["no daemon", "no reader", "another reader"],
)
def test_what_is_missing_is_said(run: Run, monkeypatch: pytest.MonkeyPatch, readers: object, words: str) -> None:
    install(monkeypatch, readers)  # type: ignore[arg-type]
    arguments = ("scan", "--reader", "pcsc:counter", "--can", "123456")
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (3, "")
    assert words in result.stderr
    told = run(*arguments, "--json")
    assert (told.exit_code, answer(told)["error"], told.stderr) == (3, "no_card", "")


def test_without_the_extra_it_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("smartcard", "smartcard.System"):
        monkeypatch.setitem(sys.modules, name, None)
    result = run("scan", "--can", "123456")
    assert result.exit_code == 3
    assert "passkoll[pcsc]" in result.stderr


def test_the_names_are_those_of_the_library() -> None:
    """Where the extra is installed: nothing in `tests.service.scan.pcsc` is made up."""
    system = pytest.importorskip("smartcard.System")
    assert callable(system.readers)
    assert issubclass(importlib.import_module("smartcard.Exceptions").SmartcardException, Exception)
    daemon = importlib.import_module("smartcard.pcsc.PCSCExceptions")
    assert issubclass(daemon.EstablishContextException, daemon.BaseSCardException)
    assert importlib.import_module("smartcard.scard").SCARD_SHARE_EXCLUSIVE == EXCLUSIVE
    reader = importlib.import_module("smartcard.pcsc.PCSCReader").PCSCReader
    assert parameters(reader.createConnection) == parameters(Reader.createConnection)
    connection = importlib.import_module("smartcard.CardConnectionDecorator").CardConnectionDecorator
    for name in ("connect", "getATR", "transmit", "release"):
        assert parameters(getattr(connection, name)) == parameters(getattr(Connection, name))


def parameters(function: Callable[..., object]) -> list[tuple[str, object]]:
    """What a method takes, by name and default."""
    return [(name, one.default) for name, one in inspect.signature(function).parameters.items()]
