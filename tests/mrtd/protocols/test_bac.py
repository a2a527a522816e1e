"""Basic Access Control, against the worked example of ICAO 9303-11 appendix D."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

import mrz
from mrtd.protocols.bac import basic_access_control
from mrtd.protocols.errors import AccessDeniedError, ProtocolError
from mrtd.protocols.password import from_can, from_mrz, from_mrz_information
from tests.mrtd.protocols.playing import Transcript, octets, play

COMMAND = "008200002872C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F25F1448EEA8AD90A728"
ANSWER = "46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F2F2D235D074D7449"
CHALLENGE = ("0084000008", "4608F919887022129000")
RANDOM = (bytes.fromhex("781723860C06C226"), bytes.fromhex("0B795240CB7049B01C19B33E32804F0B"))
INFORMATION = "L898902C<369080619406236"


@pytest.mark.real
def test_the_worked_example(real_data: Path) -> None:
    vector = json.loads((real_data / "vectors/bac_icao_d3.json").read_text())
    chip = Transcript((apdu["c"], apdu["r"]) for apdu in vector["apdus"])
    channel = play(
        basic_access_control(
            from_mrz_information(vector["mrz_information"]), octets(*(bytes.fromhex(one) for one in vector["rnd"]))
        ),
        chip,
    )
    assert chip.finished
    keys = vector["secure_messaging"][0]
    assert channel.keys().encryption == bytes.fromhex(keys["ksenc"])
    assert channel.keys().authentication == bytes.fromhex(keys["ksmac"])
    assert channel.counter == int(vector["ssc"][0], 16)


def test_the_key_of_a_zone() -> None:
    """Appendix D.2: TD2 with the document number in one piece, and TD1 with a long one (9303-11 §9.7.2)."""
    td2 = mrz.parse(
        "I<UTOSTEVENSON<<PETER<<<<<<<<<<<<<<<\nD231458907UTO3407127M9507122<<<<<<<2",
        today=date(2026, 11, 24),
    )
    assert td2.mrz_information == "D23145890734071279507122"
    td1 = mrz.parse(
        "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<<<<<<<<<<<<<<",
        today=date(2026, 11, 24),
    )
    assert td1.mrz_information == "D23145890734934071279507122"
    assert from_mrz(td1) == from_mrz_information("D23145890734934071279507122")
    # appendix D.2: the seed of the keys
    assert from_mrz_information(INFORMATION).encoded[:16].hex().upper() == "239AB9CB282DAF66231DC5A4DF6BFBAE"


@pytest.mark.parametrize("can", ["", "12345", "1234567", "12345a", "１２３４５６"])
def test_what_is_no_card_access_number(can: str) -> None:
    with pytest.raises(Exception, match="bad_can"):
        from_can(can)


def test_passwords_are_not_shown() -> None:
    assert "123456" not in repr(from_can("123456"))
    assert not from_can("123456").for_bac


def changed(text: str, octet: int) -> str:
    """One octet of an answer turned."""
    data = bytearray.fromhex(text)
    data[octet] ^= 1
    return data.hex()


@pytest.mark.parametrize(
    ("answers", "error", "code"),
    [
        ([(CHALLENGE[0], "6D00")], ProtocolError, "bac.no_challenge"),
        ([(CHALLENGE[0], "4608F9198870229000")], ProtocolError, "bac.no_challenge"),
        ([CHALLENGE, (COMMAND, "6300")], AccessDeniedError, "bac.denied"),
        ([CHALLENGE, (COMMAND, "6982")], AccessDeniedError, "bac.denied"),
        ([CHALLENGE, (COMMAND, "9000")], ProtocolError, "bac.bad_response"),
        ([CHALLENGE, (COMMAND, changed(ANSWER, 0) + "9000")], ProtocolError, "bac.bad_response"),
        ([CHALLENGE, (COMMAND, changed(ANSWER, -1) + "9000")], ProtocolError, "bac.bad_response"),
    ],
)
def test_chips_that_do_not_open(answers: list[tuple[str, str]], error: type[ProtocolError], code: str) -> None:
    with pytest.raises(error) as caught:
        play(basic_access_control(from_mrz_information(INFORMATION), octets(*RANDOM)), Transcript(answers))
    assert caught.value.code == code


def test_an_old_answer_is_refused() -> None:
    """The same conversation with other numbers of ours: the chip's answer holds the old ones."""
    other = (bytes(8), RANDOM[1])
    exchange = basic_access_control(from_mrz_information(INFORMATION), octets(*other))
    next(exchange)
    exchange.send([bytes.fromhex(CHALLENGE[1])])
    with pytest.raises(ProtocolError, match="nonces"):
        exchange.send([bytes.fromhex(ANSWER + "9000")])
