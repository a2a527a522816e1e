"""Certificates and CRLs, member by member (RFC 5280 §4.1, §5.1), as each reader reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from asn1crypto.core import ObjectIdentifier
from cryptography import x509 as pyca_x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pyasn1.codec.ber.decoder import decode
from pyasn1.error import PyAsn1Error

from mrtd.asn1 import x509 as pyasn1_x509
from mrtd.crypto.keys import RsaPublicKey
from mrtd.errors import MrtdError, UnsupportedError
from mrtd.pki.certificate import Certificate
from mrtd.pki.crl import Crl
from mrtd.pki.extensions import KeyUsage
from tests.oracles.answers import UNREADABLE, Answer, Cannot

_ERRORS = (ValueError, TypeError, KeyError, OverflowError)
_PYCA_ERRORS = (pyca_x509.InvalidVersion, pyca_x509.DuplicateExtension, *_ERRORS)


# --- fields: version, serial, validity, algorithm, extensions as stored


def our_fields(der: bytes) -> Answer:
    try:
        read = Certificate.parse(der)
        return (
            read.version,
            read.serial,
            (read.not_before, read.not_after),
            read.inner_signature_algorithm.children()[0].value,
            tuple((one.oid, one.critical, one.value) for one in read.extensions),
        )
    except MrtdError:
        return UNREADABLE


def asn1crypto_fields(der: bytes) -> Answer:
    try:
        tbs = asn1_x509.Certificate.load(der, strict=True)["tbs_certificate"]
        extensions = tbs["extensions"] if tbs["extensions"].native is not None else ()
        return (
            int(tbs["version"]) + 1,
            int(tbs["serial_number"]),
            (tbs["validity"]["not_before"].native, tbs["validity"]["not_after"].native),
            tbs["signature"]["algorithm"].contents,
            tuple((one["extn_id"].dotted, one["critical"].native, bytes(one["extn_value"])) for one in extensions),
        )
    except _ERRORS:
        return UNREADABLE


def pyasn1_fields(der: bytes) -> Answer:
    try:
        read, rest = decode(der, asn1Spec=pyasn1_x509.Certificate())
        tbs = read["tbsCertificate"]
        extensions = tbs["extensions"] if tbs["extensions"].isValue else ()
        return UNREADABLE if rest else (
            int(tbs["version"]) + 1,
            int(tbs["serialNumber"]),
            (_time(tbs["validity"]["notBefore"]), _time(tbs["validity"]["notAfter"])),
            ObjectIdentifier(str(tbs["signature"]["algorithm"])).contents,
            tuple((str(one["extnID"]), bool(one["critical"]), bytes(one["extnValue"])) for one in extensions),
        )  # fmt: skip
    except (PyAsn1Error, *_ERRORS):
        return UNREADABLE


def _time(choice: Any) -> datetime:
    return choice.getComponent().asDateTime.astimezone(UTC)


# --- what pyca says of serial number, validity, key usage


def our_summary(der: bytes) -> Answer:
    try:
        read = Certificate.parse(der)
        usage, constraints = read.key_usage, read.basic_constraints
    except MrtdError:
        return UNREADABLE
    return (
        read.serial,
        read.not_before,
        read.not_after,
        None
        if usage is None
        else tuple(one in usage for one in (KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_CERT_SIGN)),
        None if constraints is None else (constraints.ca, constraints.path_length),
    )


def pyca_summary(der: bytes) -> Answer:
    try:
        read = pyca_x509.load_der_x509_certificate(der)
        usage = _pyca_extension(read, pyca_x509.KeyUsage)
        constraints = _pyca_extension(read, pyca_x509.BasicConstraints)
        return (
            read.serial_number,
            read.not_valid_before_utc,
            read.not_valid_after_utc,
            None if usage is None else (usage.digital_signature, usage.key_cert_sign),
            None if constraints is None else (constraints.ca, constraints.path_length),
        )
    except _PYCA_ERRORS:
        return UNREADABLE


def _pyca_extension(read: pyca_x509.Certificate, kind: Any) -> Any:
    try:
        return read.extensions.get_extension_for_class(kind).value
    except pyca_x509.ExtensionNotFound:
        return None


# --- what openssl says


def our_serial_and_dates(der: bytes) -> Answer:
    try:
        read = Certificate.parse(der)
    except MrtdError:
        return UNREADABLE
    return (read.serial, read.not_before, read.not_after)


# --- names and key as stored; the key itself


def our_octets(der: bytes) -> Answer:
    try:
        read = Certificate.parse(der)
    except MrtdError:
        return UNREADABLE
    return (read.issuer.raw, read.subject.raw, read.spki, read.tbs, read.signature)


def asn1crypto_octets(der: bytes) -> Answer:
    try:
        read = asn1_x509.Certificate.load(der, strict=True)
        tbs = read["tbs_certificate"]
        parts = (tbs["issuer"], tbs["subject"], tbs["subject_public_key_info"], tbs)
        return (*(part.dump() for part in parts), read["signature_value"].native)
    except _ERRORS:
        return UNREADABLE


def our_key(der: bytes) -> Answer:
    try:
        key = Certificate.parse(der).public_key()
    except UnsupportedError as error:
        return error.code
    except MrtdError:
        return UNREADABLE
    return (key.n, key.e) if isinstance(key, RsaPublicKey) else (key.x, key.y)


def asn1crypto_key(der: bytes) -> Answer:
    try:
        key = asn1_x509.Certificate.load(der, strict=True)["tbs_certificate"]["subject_public_key_info"]
        parsed = key["public_key"]
        if key["algorithm"]["algorithm"].native == "ec":
            return tuple(parsed.to_coords())
        return (int(parsed.parsed["modulus"]), int(parsed.parsed["public_exponent"]))
    except _ERRORS:
        return UNREADABLE


def pyca_key(der: bytes) -> Answer:
    try:
        key = pyca_x509.load_der_x509_certificate(der).public_key()
    except UnsupportedAlgorithm:
        return Cannot("explicit curve parameters, or a curve that it does not know")
    except _PYCA_ERRORS:
        return UNREADABLE
    if isinstance(key, rsa.RSAPublicKey):
        return (key.public_numbers().n, key.public_numbers().e)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return (key.public_numbers().x, key.public_numbers().y)
    return Cannot("another kind of key")


# --- CRLs


def our_crl(der: bytes) -> Answer:
    try:
        read = Crl.parse(der)
    except MrtdError:
        return UNREADABLE
    return (read.issuer.raw, read.this_update, read.next_update, tuple(sorted(read.revoked)), read.number)


def asn1crypto_crl(der: bytes) -> Answer:
    try:
        tbs = asn1_crl.CertificateList.load(der, strict=True)["tbs_cert_list"]
        entries = tbs["revoked_certificates"] if tbs["revoked_certificates"].native is not None else ()
        extensions = tbs["crl_extensions"] if tbs["crl_extensions"].native is not None else ()
        numbers = [one["extn_value"].parsed.native for one in extensions if one["extn_id"].native == "crl_number"]
        return (
            tbs["issuer"].dump(),
            tbs["this_update"].native,
            tbs["next_update"].native,
            tuple(sorted(int(one["user_certificate"]) for one in entries)),
            numbers[0] if numbers else None,
        )
    except _ERRORS:
        return UNREADABLE


def our_crl_dates(der: bytes) -> Answer:
    """Without the issuer and the number; the serial numbers in their order."""
    try:
        read = Crl.parse(der)
    except MrtdError:
        return UNREADABLE
    dates = (read.this_update,) if read.next_update is None else (read.this_update, read.next_update)
    return (*dates, tuple(sorted(read.revoked)))


def pyca_crl_dates(der: bytes) -> Answer:
    try:
        read = pyca_x509.load_der_x509_crl(der)
        dates = (read.last_update_utc, read.next_update_utc)
        return (*(one for one in dates if one is not None), tuple(sorted(one.serial_number for one in read)))
    except _ERRORS:
        return UNREADABLE
