"""SecurityInfos: what a chip can do, in DG14, EF.CardAccess and EF.CardSecurity (ICAO 9303-11 §9.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pyasn1.type import univ

from mrtd.asn1 import algorithms, oids, security_infos
from mrtd.asn1.x509 import SubjectPublicKeyInfo
from mrtd.specimen.encoding import algorithm, decoded, der
from mrtd.specimen.signing_key import octets

#: brainpoolP256r1 among the standardised domain parameters of PACE (ICAO 9303-11 §9.5.1, table 6).
PARAMETER_BRAINPOOL_P256R1: Final = 13
#: id-PACE-ECDH-GM-AES-CBC-CMAC-128, -IM-, -CAM- (ICAO 9303-11 §9.2.1).
PACE_ECDH_GM_AES_128: Final = f"{oids.PACE}.2.2"
PACE_ECDH_IM_AES_128: Final = f"{oids.PACE}.4.2"
PACE_ECDH_CAM_AES_128: Final = f"{oids.PACE}.6.2"
CA_DH_AES_128: Final = f"{oids.CHIP_AUTHENTICATION}.1.2"
CA_ECDH_3DES: Final = f"{oids.CHIP_AUTHENTICATION}.2.1"
CA_ECDH_AES_256: Final = f"{oids.CHIP_AUTHENTICATION}.2.4"

#: RFC 5114 §2.3: the 2048-bit MODP group with a 256-bit prime order subgroup, of which ICAO 9303-11 §9.5.1 speaks.
_MODP_2048_P: Final = int(
    "87A8E61DB4B6663CFFBBD19C651959998CEEF608660DD0F25D2CEED4435E3B00E00DF8F1D61957D4FAF7DF4561B2AA30"
    "16C3D91134096FAA3BF4296D830E9A7C209E0C6497517ABD5A8A9D306BCF67ED91F9E6725B4758C022E0B1EF4275BF7B"
    "6C5BFC11D45F9088B941F54EB1E59BB8BC39A0BF12307F5C4FDB70C581B23F76B63ACAE1CAA6B7902D52526735488A0E"
    "F13C6D9A51BFA4AB3AD8347796524D8EF6A167B5A41825D967E144E5140564251CCACB83E6B486F6B3CA3F7971506026"
    "C0B857F689962856DED4010ABD0BE621C3A3960A54E710C375F26375D7014103A4B54330C198AF126116D2276E11715F"
    "693877FAD7EF09CADB094AE91E1A1597",
    16,
)
_MODP_2048_G: Final = int(
    "3FB32C9B73134D0B2E77506660EDBD484CA7B18F21EF205407F4793A1A0BA12510DBC15077BE463FFF4FED4AAC0BB555"
    "BE3A6C1B0C6B47B1BC3773BF7E8C6F62901228F8C28CBB18A55AE31341000A650196F931C77A57F2DDF463E5E9EC144B"
    "777DE62AAAB8A8628AC376D282D6ED3864E67982428EBC831D14348F6F2F9193B5045AF2767164E1DFC967C1FB3F2E55"
    "A4BD1BFFE83B9C80D052B985D182EA0ADB2A3B7313D3FE14C8484B1E052588B9B7D2BBD2DF016199ECD06E1557CD0915"
    "B3353BBB64E0EC377FD028370DF92B52C7891428CDC67EB6184B523D1DB246C32F63078490F00EF8D647D148D4795451"
    "5E2327CFEF98C582664B4C0F6CC41659",
    16,
)
_MODP_2048_Q: Final = int("8CF83642A709A097B447997640129DA299B1A47D1EB3750BA308B0FE64F5FBD3", 16)


def active_authentication_info(signature_algorithm: str, *, version: int = 1) -> bytes:
    """ActiveAuthenticationInfo (ICAO 9303-11 §9.2.4); `signature_algorithm` is a plain ECDSA identifier."""
    info = security_infos.ActiveAuthenticationInfo()
    info["protocol"] = oids.AA_PROTOCOL_OBJECT
    info["version"] = version
    info["signatureAlgorithm"] = signature_algorithm
    return der(info)


def chip_authentication_info(protocol: str = oids.CA_ECDH_AES_128, key_id: int | None = None) -> bytes:
    """ChipAuthenticationInfo, version 1 (ICAO 9303-11 §9.2.5)."""
    info = security_infos.ChipAuthenticationInfo()
    info["protocol"] = protocol
    info["version"] = 1
    if key_id is not None:
        info["keyId"] = key_id
    return der(info)


def chip_authentication_public_key(spki: bytes, protocol: str = oids.PK_ECDH, key_id: int | None = None) -> bytes:
    """ChipAuthenticationPublicKeyInfo (ICAO 9303-11 §9.2.6)."""
    info = security_infos.ChipAuthenticationPublicKeyInfo()
    info["protocol"] = protocol
    info["chipAuthenticationPublicKey"] = decoded(spki, SubjectPublicKeyInfo())
    if key_id is not None:
        info["keyId"] = key_id
    return der(info)


def chip_authentication_infos(spki: bytes, key_id: int | None = None) -> tuple[bytes, bytes]:
    """ChipAuthenticationInfo (ECDH, AES-128) and ChipAuthenticationPublicKeyInfo (ICAO 9303-11 §9.2)."""
    return (
        chip_authentication_info(oids.CA_ECDH_AES_128, key_id),
        chip_authentication_public_key(spki, oids.PK_ECDH, key_id),
    )


def diffie_hellman_spki(name: str) -> bytes:
    """A static Diffie-Hellman key of that name, as RFC 3279 §2.3.3 writes it (dhpublicnumber, p, g, q)."""
    private = int.from_bytes(octets(f"SPECIMEN {name}-dh2048".encode())(32)) % (_MODP_2048_Q - 1) + 1
    parameters = algorithms.DomainParameters()
    parameters["p"], parameters["g"], parameters["q"] = _MODP_2048_P, _MODP_2048_G, _MODP_2048_Q
    # A specimen key is public, so plain exponentiation gives nothing away.
    public = pow(_MODP_2048_G, private, _MODP_2048_P)
    info = SubjectPublicKeyInfo()
    info["algorithm"] = algorithm(oids.DH_PUBLIC_NUMBER, der(parameters))
    info["subjectPublicKey"] = univ.BitString.fromOctetString(der(univ.Integer(public)))
    return der(info)


def pace_info(protocol: str = PACE_ECDH_GM_AES_128, parameter_id: int | None = PARAMETER_BRAINPOOL_P256R1) -> bytes:
    """PACEInfo, version 2 (ICAO 9303-11 §9.2.1)."""
    info = security_infos.PACEInfo()
    info["protocol"] = protocol
    info["version"] = 2
    if parameter_id is not None:
        info["parameterId"] = parameter_id
    return der(info)


def terminal_authentication_info() -> bytes:
    """TerminalAuthenticationInfo, version 1, for a chip that guards fingers (BSI TR-03110-3 §A.1.1)."""
    info = security_infos.TerminalAuthenticationInfo()
    info["protocol"] = oids.TERMINAL_AUTHENTICATION
    info["version"] = 1
    return der(info)


def card_access(infos: Iterable[bytes]) -> bytes:
    """EF.CardAccess, and the content of EF.CardSecurity: SecurityInfos (ICAO 9303-10 §3.11.3, 9303-11 §9.2)."""
    entries = security_infos.SecurityInfos()
    for place, info in enumerate(infos):
        entries[place] = decoded(info, security_infos.SecurityInfo())
    return der(entries)
