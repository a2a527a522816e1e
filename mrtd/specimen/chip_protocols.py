"""SecurityInfos: what a chip can do, in DG14, EF.CardAccess and EF.CardSecurity (ICAO 9303-11 §9.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pyasn1.type import univ

from mrtd.asn1 import algorithms, oids, security_infos
from mrtd.asn1.x509 import SubjectPublicKeyInfo
from mrtd.crypto.domain_parameters import DH_PARAMETERS
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

#: p, q, g by the identifier of ICAO 9303-11 §9.5.1, table 6.
MODP: Final = {number: (group.p, group.q, group.g) for number, group in DH_PARAMETERS.items()}


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


def diffie_hellman_private(name: str) -> int:
    """The private value of the static key of that name."""
    return int.from_bytes(octets(f"SPECIMEN {name}-dh2048".encode())(32)) % (MODP[2][1] - 1) + 1


def diffie_hellman_spki(name: str, *, shift: int = 0) -> bytes:
    """A static Diffie-Hellman key of that name, as RFC 3279 §2.3.3 writes it (dhpublicnumber, p, g, q).

    `shift` makes the modulus one that no standard has.
    """
    p, q, g = MODP[2]
    p += shift
    parameters = algorithms.DomainParameters()
    parameters["p"], parameters["g"], parameters["q"] = p, g, q
    # A specimen key is public, so plain exponentiation gives nothing away.
    public = pow(g, diffie_hellman_private(name), p)
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
