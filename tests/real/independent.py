"""Certificates read and verified without our code: asn1crypto, pycryptodome for RSA, python-ecdsa for curves.

Our own verification goes through OpenSSL, so nothing here shares an implementation with it, except python-ecdsa for
four short brainpool curves.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from asn1crypto import algos, cms, crl, x509
from Crypto.Hash import SHA1, SHA224, SHA256, SHA384, SHA512
from Crypto.PublicKey import RSA
from Crypto.Signature import pkcs1_15, pss
from ecdsa import BadSignatureError, VerifyingKey, ellipticcurve
from ecdsa.curves import curves
from ecdsa.util import sigdecode_der

from mrtd.crypto.keys import PublicKey, RsaPublicKey
from mrtd.pki.certificate import Certificate

_HASHES: Final = {"sha1": SHA1, "sha224": SHA224, "sha256": SHA256, "sha384": SHA384, "sha512": SHA512}
#: The names of python-ecdsa in the words of ANALYSIS.md.
_NAMES: Final = {"NIST224p": "secp224r1", "NIST256p": "secp256r1", "NIST384p": "secp384r1", "NIST521p": "secp521r1"}
_CURVES: Final = [curve for curve in curves if isinstance(curve.curve, ellipticcurve.CurveFp)]


@dataclass(frozen=True, slots=True)
class Key:
    """`numbers` are modulus and exponent, or the coordinates; `name` is `rsa4096` or a curve."""

    name: str
    numbers: tuple[int, int]
    explicit: bool = False


def load(der: bytes) -> Any:
    """asn1crypto's reading."""
    return x509.Certificate.load(der)


@cache
def key(der: bytes) -> Key:
    """The subject's key; explicit parameters are mapped by p, a, b, G, n and the cofactor, which may be absent."""
    info = load(der)["tbs_certificate"]["subject_public_key_info"]
    if info["algorithm"]["algorithm"].native == "rsa":
        parsed = info["public_key"].parsed
        modulus = int(parsed["modulus"])
        return Key(f"rsa{modulus.bit_length()}", (modulus, int(parsed["public_exponent"])))
    curve, explicit = _curve(info["algorithm"]["parameters"])
    return Key(_name(curve), info["public_key"].to_coords(), explicit)


def our_key(der: bytes) -> Key:
    """Our reading of the subject's key, to be compared."""
    return in_these_words(Certificate.parse(der).public_key())


def in_these_words(ours: PublicKey) -> Key:
    """A key that our code read."""
    if isinstance(ours, RsaPublicKey):
        return Key(ours.name, (ours.n, ours.e))
    return Key(ours.name, (ours.x, ours.y), ours.explicit)


def _name(curve: Any) -> str:
    return _NAMES.get(curve.name) or curve.name.replace("BRAINPOOL", "brainpool")


def _curve(parameters: Any) -> tuple[Any, bool]:
    if parameters.name == "named":
        (found,) = [one for one in _CURVES if ".".join(map(str, one.oid)) == parameters.chosen.dotted]
        return found, False
    domain = parameters.chosen
    stated = (
        int(domain["field_id"]["parameters"].native),
        int.from_bytes(domain["curve"]["a"].contents),
        int.from_bytes(domain["curve"]["b"].contents),
        *domain["base"].to_coords(),
        int(domain["order"].native),
    )
    (found,) = [one for one in _CURVES if _domain(one) == stated]
    assert domain["cofactor"].native in (None, found.curve.cofactor())
    return found, True


def _domain(curve: Any) -> tuple[int, ...]:
    p = curve.curve.p()
    point = curve.generator
    return tuple(
        map(int, (p, curve.curve.a() % p, curve.curve.b() % p, point.x(), point.y(), curve.order)),
    )


@cache
def _verifier(public: Key) -> Any:
    if public.name.startswith("rsa"):
        return RSA.construct(public.numbers, consistency_check=False)
    (curve,) = [one for one in _CURVES if _name(one) == public.name]
    return VerifyingKey.from_public_point(ellipticcurve.Point(curve.curve, *public.numbers, curve.order), curve)


def verifies(public: Key, algorithm: Any, message: bytes, signature: bytes, digest: str | None = None) -> bool:
    """Whether the key made the signature; `digest` is the hash where the algorithm names none (RFC 3370 §3.2)."""
    scheme = algorithm["algorithm"].native
    rsa = public.name.startswith("rsa")
    if rsa == scheme.endswith("_ecdsa"):
        return False
    verifier = _verifier(public)
    try:
        if scheme == "rsassa_pss":
            parameters = algorithm["parameters"]
            mask = _HASHES[parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native]
            hashed = _HASHES[parameters["hash_algorithm"]["algorithm"].native].new(message)
            scheme = pss.new(
                verifier,
                mask_func=lambda seed, length: pss.MGF1(seed, length, mask),
                salt_bytes=parameters["salt_length"].native,
            )
            scheme.verify(hashed, signature)
            return True
        name = digest or algos.SignedDigestAlgorithm.load(algorithm.dump()).hash_algo
        if rsa:
            # takes DigestInfo with and without NULL (RFC 8017 §9.2 note 2)
            pkcs1_15.new(verifier).verify(_HASHES[name].new(message), signature)
            return True
        hash_ = getattr(hashlib, name)
        return bool(verifier.verify(signature, message, hash_, sigdecode_der, allow_truncate=True))
    except (ValueError, BadSignatureError):
        return False


@cache
def signed_by(der: bytes, issuer: Key) -> bool:
    """Whether the key signed the certificate (RFC 5280 §4.1.1.3)."""
    read = load(der)
    tbs = read["tbs_certificate"]
    return verifies(issuer, tbs["signature"], tbs.dump(), read["signature_value"].native)


def crl_signed_by(encoded: bytes, issuer: Key) -> bool:
    """Whether the key signed the CRL (RFC 5280 §5.1.1.3)."""
    read = crl.CertificateList.load(encoded)
    tbs = read["tbs_cert_list"]
    return verifies(issuer, tbs["signature"], tbs.dump(), read["signature"].native)


@cache
def names(der: bytes) -> tuple[str, str]:
    """Subject and issuer in the form in which asn1crypto compares them (RFC 5280 §7.1)."""
    read = load(der)
    return read.subject.hashable, read.issuer.hashable


@cache
def key_identifiers(der: bytes) -> tuple[bytes | None, bytes | None]:
    """(the certificate's own, its issuer's); None also where asn1crypto cannot read the extensions."""
    read = load(der)
    try:
        return read.key_identifier, read.authority_key_identifier
    except ValueError:
        # LT: the extension is cut off
        return None, None


def issuers(encoded: Iterable[bytes]) -> dict[bytes, frozenset[Key]]:
    """Certificate -> the keys among all these, of the issuer's name or key identifier, that signed it."""
    everything = tuple(encoded)
    by_name: dict[str, list[bytes]] = defaultdict(list)
    by_identifier: dict[bytes, list[bytes]] = defaultdict(list)
    for der in everything:
        by_name[names(der)[0]].append(der)
        own, _ = key_identifiers(der)
        if own:
            by_identifier[own].append(der)
    found: dict[bytes, frozenset[Key]] = {}
    for der in everything:
        _, wanted = key_identifiers(der)
        possible = [*by_name[names(der)[1]], *by_identifier.get(wanted or b"", ())]
        keys = {key(one) for one in possible}
        found[der] = frozenset(one for one in keys if signed_by(der, one))
    return found


def is_self_issued(der: bytes) -> bool:
    """Whether subject and issuer are the same name."""
    subject, issuer = names(der)
    return subject == issuer


def is_self_signed(der: bytes) -> bool:
    """Whether it is self-issued and its own key signed it."""
    return is_self_issued(der) and signed_by(der, key(der))


def countries(der: bytes) -> tuple[str, ...]:
    """The country values of the subject as stored."""
    subject = load(der)["tbs_certificate"]["subject"].chosen
    return tuple(item["value"].native for rdn in subject for item in rdn if item["type"].dotted == "2.5.4.6")


@dataclass(frozen=True, slots=True, repr=False)
class SignedList:
    """The CMS wrapper of a master list (RFC 5652 §5)."""

    info: Any
    certificates: tuple[bytes, ...]
    content: bytes

    @classmethod
    def load(cls, data: bytes) -> SignedList:
        """asn1crypto's reading."""
        signed = cms.ContentInfo.load(data)["content"]
        (info,) = signed["signer_infos"]
        inside = tuple(item.chosen.dump() for item in signed["certificates"])
        return cls(info, inside, signed["encap_content_info"]["content"].native)

    def attribute(self, name: str) -> Any:
        """The value of a signed attribute."""
        (found,) = [one for one in self.info["signed_attrs"] if one["type"].native == name]
        (value,) = found["values"]
        return value.native

    @property
    def signed_attributes(self) -> bytes:
        """As they were signed (RFC 5652 §5.4): with the tag of a SET."""
        return b"\x31" + bytes(self.info["signed_attrs"].dump()[1:])

    @property
    def signer(self) -> bytes:
        """The certificate that the signer identifier names (RFC 5652 §5.3)."""
        sid = self.info["sid"]
        if sid.name == "subject_key_identifier":
            named = [der for der in self.certificates if key_identifiers(der)[0] == sid.native]
        else:
            wanted = (sid.chosen["issuer"].dump(), sid.chosen["serial_number"].native)
            named = [der for der in self.certificates if (load(der).issuer.dump(), load(der).serial_number) == wanted]
        (found,) = named
        return found

    def verifies(self) -> bool:
        """Whether the signer signed the attributes, and these the content."""
        digest = self.info["digest_algorithm"]["algorithm"].native
        if hashlib.new(digest, self.content).digest() != self.attribute("message_digest"):
            return False
        algorithm, signature = self.info["signature_algorithm"], self.info["signature"].native
        return verifies(key(self.signer), algorithm, self.signed_attributes, signature, digest)
