"""PACE, against the worked examples of ICAO 9303-11 appendices G and H, BSI TR-03110 and a real passport."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gmpy2
import pytest

from mrtd.crypto import session_ciphers as ciphers
from mrtd.crypto.domain_parameters import DH_PARAMETERS, EC_PARAMETERS, standardised
from mrtd.crypto.ec_params import CURVES
from mrtd.crypto.integrated_mapping import pseudo_random
from mrtd.crypto.key_agreement import DhGroup, scalars
from mrtd.crypto.session_ciphers import Cipher
from mrtd.errors import MalformedError, UnsupportedError
from mrtd.lds import card_access
from mrtd.lds.security_infos import PaceInfo
from mrtd.protocols import pace
from mrtd.protocols.errors import AccessDeniedError, ProtocolError
from mrtd.protocols.pace import Mapping, PaceProtocol, protocol_of
from mrtd.protocols.password import REFERENCE_MRZ, Password, from_mrz_information
from mrtd.specimen.chip_protocols import card_access as written
from mrtd.specimen.chip_protocols import pace_info
from tests.mrtd.protocols.playing import Transcript, drawn, none_drawn, play

_PACE = "0.4.0.127.0.7.2.2.4"
#: SHA-1 of "T220001293" "6408125" "1010318", the zone of appendix G
G_PASSWORD = from_mrz_information("T22000129364081251010318")
#: Private keys of appendix G.2: of the terminal, for the mapping and for the agreement.
G2_KEYS = (0x5265030F751F4AD18B08AC565FC7AC952E41618D, 0x89CCD99B0E8D3B1F11E1296DCA68EC53411CF2CA)


def vector(real_data: Path, name: str) -> dict[str, Any]:
    """A file of known values."""
    loaded: dict[str, Any] = json.loads((real_data / f"vectors/{name}.json").read_text())
    return loaded


def offered(infos: str, *, named: bool) -> PaceProtocol:
    """What an EF.CardAccess offers first."""
    infos_ = card_access.parse(bytes.fromhex(infos)).security_infos
    return protocol_of(infos_.pace_infos[0], named=named)


@pytest.mark.real
@pytest.mark.parametrize("name", ["pace_GM_ECDH", "pace_GM_ECDH_TDES_CBC_NZ"])
def test_generic_mapping_with_points(real_data: Path, name: str) -> None:
    """Appendix G.1, and a passport of New Zealand with 3DES, octet by octet."""
    found = vector(real_data, name)
    chip = Transcript((apdu["c"], apdu["r"]) for apdu in found["apdus"])
    password = Password(REFERENCE_MRZ, bytes.fromhex(found["password_sha1_seed"]))
    keys = drawn(*(int(key, 16) for key in found["terminal_private_keys"]))
    protocol = offered(found["card_access"], named=True)
    established = play(pace.establish_with(protocol, password, keys, none_drawn), chip)
    assert chip.finished
    expected = found["secure_messaging"][0]
    assert established.channel.keys().encryption == bytes.fromhex(expected["ksenc"])
    assert established.channel.keys().authentication == bytes.fromhex(expected["ksmac"])
    assert established.channel.counter == 0
    assert established.chip_data is None


@pytest.mark.real
@pytest.mark.parametrize(("example", "kind"), [("g1_ecdh", "ECDH"), ("g2_dh", "DH")])
def test_generic_mapping_as_the_standard_writes_it(real_data: Path, example: str, kind: str) -> None:
    """Appendices G.1 and G.2, with parameters that need no naming."""
    found = vector(real_data, f"pace_icao_{example}_dmrtd")
    steps = [(found["initializePaceMsgTerminal"], "9000")]
    for step in range(1, 5):
        answer = found[f"generalAuthenticateStep{step}MsgChip"]
        terminal = found[f"generalAuthenticateStep{step}MsgTerminal"]
        steps.append((terminal, answer if answer.endswith("9000") else f"{answer}9000"))
    keys = (
        G2_KEYS
        if kind == "DH"
        else tuple(int(found[name], 16) for name in ("terminalPrivateKey", "terminalEphemeralPrivateKey"))
    )
    chip = Transcript(steps)
    protocol = offered(found["efCardAccessData"], named=False)
    assert isinstance(protocol.group, DhGroup) is (kind == "DH")
    established = play(pace.establish_with(protocol, G_PASSWORD, drawn(*keys), none_drawn), chip)
    assert chip.finished
    if kind == "ECDH":
        assert established.channel.keys().encryption.hex() == found["ksEnc"]


@pytest.mark.real
def test_the_worked_example_of_the_bsi(real_data: Path) -> None:
    """TR-03110, worked example of ECDH: mapping, secret and keys."""
    found = vector(real_data, "bsi_tr03110_worked_ecdh")

    def value(name: str) -> bytes:
        return bytes.fromhex(found[f"tc_ecdh_{name}"])

    group = EC_PARAMETERS[13]
    nonce = int.from_bytes(value("nonce"))
    private = int.from_bytes(value("map_pcd_priv_key"))
    assert group.pair(drawn(private)).public == value("map_pcd_pub_key")
    # the file lost the last octet of the chip's key, so it is made from the private one
    chip = group.pair(drawn(int.from_bytes(value("map_picc_priv_key")))).public
    assert chip.startswith(value("map_picc_pub_key"))
    mapped = group.mapped(nonce, private, chip)
    base = value("map_generator")
    assert (mapped._base.x(), mapped._base.y()) == (int.from_bytes(base[1:33]), int.from_bytes(base[33:]))
    ephemeral = int.from_bytes(value("pcd_priv_key"))
    assert mapped.pair(drawn(ephemeral)).public == value("pcd_pub_key")
    from_terminal = mapped.secret(ephemeral, value("picc_pub_key"))
    assert from_terminal == mapped.secret(int.from_bytes(value("picc_priv_key")), value("pcd_pub_key"))


@pytest.mark.real
def test_the_pseudo_random_function(real_data: Path) -> None:
    """Appendix H.1."""
    found = vector(real_data, "pace_PseudoRandomFunctionWorkedExampleH1")["values"]
    p = EC_PARAMETERS[13].curve.p
    value = pseudo_random(Cipher.AES_128, bytes.fromhex(found["s"]), bytes.fromhex(found["t"]), p)
    assert f"{value:064x}" == found["expectedX"]


@pytest.mark.real
def test_the_encoding_of_points(real_data: Path) -> None:
    """Appendix H.1."""
    found = vector(real_data, "pace_SpecSamplePACEIMWithECDHPointEncodingExampleH1")["values"]
    mapped = EC_PARAMETERS[13].integrated(int(found["pseudRandomFunctionResult"], 16))
    assert f"{int(mapped._base.x()):064x}" == found["expectedMappedGeneratorX"]
    assert f"{int(mapped._base.y()):064x}" == found["expectedMappedGeneratorY"]


def test_the_nonce_of_appendix_h1() -> None:
    """z and s of the example, under its key."""
    key = bytes.fromhex("591468CDA83D65219CCCB8560233600F")
    hidden = bytes.fromhex("143DC40C08C8E891FBED7DEDB92B64AD")
    assert ciphers.decrypt(Cipher.AES_128, key, hidden).hex().upper() == "2923BE84E16CD6AE529049F1F1BBE9EB"


@pytest.mark.parametrize("identifier", sorted(EC_PARAMETERS))
def test_every_encoded_point_lies_on_its_curve(identifier: int) -> None:
    group = EC_PARAMETERS[identifier]
    if group.curve.p % 4 != 3:
        with pytest.raises(UnsupportedError, match="mapping_not_defined"):
            group.integrated(2)
        return
    for value in (2, 3, 12345, group.curve.p - 2, group.curve.p + 5):
        base = group.integrated(value)._base
        x, y = int(base.x()), int(base.y())
        assert (y * y - x**3 - group.curve.a * x - group.curve.b) % group.curve.p == 0


@pytest.mark.parametrize("group", DH_PARAMETERS.values(), ids=lambda group: str(group.p.bit_length()))
def test_the_prime_fields_are_what_rfc_5114_says(group: DhGroup) -> None:
    assert gmpy2.is_prime(group.p)
    assert gmpy2.is_prime(group.q)
    assert (group.p - 1) % group.q == 0
    assert pow(group.g, group.q, group.p) == 1
    assert group.g != 1


def test_the_curves_are_the_table_of_the_standard() -> None:
    """ICAO 9303-11 §9.5.1, table 6: names by identifier."""
    assert {number: group.curve.name for number, group in EC_PARAMETERS.items()} == {
        8: "secp192r1",
        9: "brainpoolP192r1",
        10: "secp224r1",
        11: "brainpoolP224r1",
        12: "secp256r1",
        13: "brainpoolP256r1",
        14: "brainpoolP320r1",
        15: "secp384r1",
        16: "brainpoolP384r1",
        17: "brainpoolP512r1",
        18: "secp521r1",
    }
    assert len(CURVES) == 12


@pytest.mark.parametrize(
    ("identifier", "elliptic"), [(0, True), (3, False), (7, True), (13, False), (19, True), (-1, True)]
)
def test_other_numbers_name_nothing(identifier: int, elliptic: bool) -> None:
    with pytest.raises(UnsupportedError, match="unknown_parameters"):
        standardised(identifier, elliptic=elliptic)


@pytest.mark.parametrize("bad", [0, 1, -1, -2, "p", "outside"])
def test_keys_outside_of_the_subgroup(bad: int | str) -> None:
    """RFC 2631 §2.1.5."""
    group = DH_PARAMETERS[1]
    if bad == "outside":
        value = next(n for n in range(2, 99) if pow(n, group.q, group.p) != 1)
    else:
        value = group.p if bad == "p" else (int(bad) % group.p)
    with pytest.raises(MalformedError, match="bad_key"):
        group.check(value.to_bytes(group.octets))


@pytest.mark.parametrize("identifier", [12, 13, 18])
def test_both_sides_come_to_the_same(identifier: int) -> None:
    group = EC_PARAMETERS[identifier]
    draw = scalars(lambda count: bytes(range(count)))
    mine, theirs = group.pair(draw), group.pair(lambda order: order - 2)
    mapped = group.mapped(77, mine.private, theirs.public)
    assert mapped._base == group.mapped(77, theirs.private, mine.public)._base
    assert group.secret(mine.private, theirs.public) == group.secret(theirs.private, mine.public)


def test_a_mapping_to_infinity_is_refused() -> None:
    """H = -s * G: somebody who knows the nonce could choose such a key; nobody else can."""
    group = EC_PARAMETERS[13]
    nonce = 99
    theirs = group.pair(lambda order: order - nonce)
    with pytest.raises(MalformedError, match="bad_key"):
        group.mapped(nonce, 1, theirs.public)
    field = DH_PARAMETERS[0]
    chosen = field.pair(lambda order: order - nonce)
    with pytest.raises(MalformedError, match="bad_key"):
        field.mapped(nonce, 1, chosen.public)


# --- what a chip may not do


def info(suite: str, parameter: int | None = 13, version: int = 2) -> PaceInfo:
    """A PACEInfo."""
    return PaceInfo(f"{_PACE}.{suite}", version, parameter)


@pytest.mark.parametrize(
    ("offer", "code"),
    [
        (info("2.5"), "unknown_protocol"),
        (info("5.2"), "unknown_protocol"),
        (info("6.1"), "unknown_protocol"),
        (info("2.2", version=1), "bad_version"),
        (info("2.2", None), "unknown_parameters"),
        (info("2.2", 0), "unknown_parameters"),
        (info("1.2", 13), "unknown_parameters"),
        (info("4.2", 10), "mapping_not_defined"),
    ],
)
def test_offers_that_are_refused_before_the_password_is_used(offer: PaceInfo, code: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        protocol_of(offer)
    assert caught.value.code == code


def test_the_best_offer_comes_first(make_infos: Callable[[str], Any]) -> None:
    found = pace.offered(make_infos("2.1 2.4 4.4 6.2 6.9 1.2"))
    assert [(one.mapping, one.cipher) for one in found] == [
        (Mapping.CHIP_AUTHENTICATION, Cipher.AES_128),
        (Mapping.GENERIC, Cipher.AES_256),
        (Mapping.GENERIC, Cipher.TDES),
        (Mapping.INTEGRATED, Cipher.AES_256),
    ]
    assert not any(one.named for one in found)
    assert all(one.named for one in pace.offered(make_infos("2.2@12 2.2@13")))


@pytest.fixture
def make_infos() -> Callable[[str], Any]:
    """SecurityInfos from a list like `2.2@13`."""

    def make(text: str) -> Any:
        offers = [word.partition("@")[::2] for word in text.split()]
        infos = [pace_info(f"{_PACE}.{suite}", int(parameter or 13)) for suite, parameter in offers]
        return card_access.parse(written(infos)).security_infos

    return make


@pytest.mark.real
@pytest.mark.parametrize(
    ("step", "answer", "code"),
    [
        (0, "6A80", "pace.refused"),
        (0, "6983", "pace.refused"),
        (1, "7C009000", "pace.bad_response"),
        (1, "7C028000" + "9000", "pace.bad_response"),
        (1, "9000", "pace.bad_response"),
        (2, "6300", "pace.refused"),
        (2, "7C43824104" + "11" * 64 + "9000", "pace.bad_key"),
        (2, "7C2282200" + "1" * 63 + "9000", "pace.bad_key"),
        (2, "echo", "pace.bad_key"),
        (3, "echo", "pace.bad_key"),
        (4, "6300", "pace.denied"),
        (4, "7C0A8608" + "00" * 8 + "9000", "pace.bad_token"),
        (4, "7C0A86003ABB9674BCE93C089000", "pace.bad_response"),
        (4, "7C148608" + "3ABB9674BCE93C08" * 1 + "8608" + "3ABB9674BCE93C08" + "9000", "pace.bad_response"),
    ],
)
def test_chips_that_end_it(real_data: Path, step: int, answer: str, code: str) -> None:
    """Appendix G.1 up to one step, at which the chip does something else."""
    found = vector(real_data, "pace_GM_ECDH")
    apdus = [(apdu["c"], apdu["r"]) for apdu in found["apdus"]][: step + 1]
    if answer == "echo":
        own = apdus[step][0][18 : 18 + 130]
        answer = f"7C43{'82' if step == 2 else '84'}41{own}9000"
    apdus[step] = (apdus[step][0], answer)
    keys = drawn(*(int(key, 16) for key in found["terminal_private_keys"]))
    exchange = pace.establish_with(offered(found["card_access"], named=True), G_PASSWORD, keys, none_drawn)
    with pytest.raises(ProtocolError) as caught:
        play(exchange, Transcript(apdus))
    assert caught.value.code == code
    assert isinstance(caught.value, AccessDeniedError) is (code == "pace.denied")


def test_a_chip_key_is_proved_by_its_factor() -> None:
    """ICAO 9303-11 §4.4.3.5: PK_Map,IC = CA_IC x PK_IC; checked with numbers made here by plain arithmetic."""
    group = EC_PARAMETERS[13]
    static, mapping = 1234567, 7654321
    key = group.pair(drawn(static)).public
    mapping_key = group.pair(drawn(mapping)).public
    factor = pow(static, -1, group.order) * mapping % group.order
    other = group.pair(drawn(99)).public
    assert pace.factor_maps(group, factor, mapping_key, [b"\x04", other, key])
    for wrong, keys in ((factor + 1, [key]), (factor, [other]), (factor, []), (factor, [b"\x04"]), (0, [key])):
        assert not pace.factor_maps(group, wrong, mapping_key, keys)


def test_random_octets_become_private_keys() -> None:
    seen: list[int] = []

    def randomness(count: int) -> bytes:
        seen.append(count)
        return b"\xff" * count

    order = EC_PARAMETERS[13].order
    assert 0 < scalars(randomness)(order) < order
    assert scalars(bytes)(order) == 1
    assert seen == [40]
