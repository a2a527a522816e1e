"""Cases of the profile of CSCAs (ICAO 9303-12 §7.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from mrtd.asn1 import oids
from mrtd.inspection.reason import Reason as R
from mrtd.specimen import certificate_extensions as extensions
from mrtd.specimen import certificates
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases.case import Case, Importance, Standard
from mrtd.specimen.cases.certificate_edits import (
    OTHER_ALGORITHM,
    Edit,
    adding,
    adding_another,
    by_csca,
    deviations_of,
    long_length,
    of_state,
)
from mrtd.specimen.cases.chapter import (
    Chapter,
    passed,
    undecided,
)
from mrtd.specimen.cases.genuine import NO_CSCA
from mrtd.specimen.cases.verdicts import ATTENTION, OPEN, OPEN_BY_POLICY, by_policy, everywhere
from mrtd.specimen.certificate_profiles import CSCA_NAME
from mrtd.specimen.issuer import Edits

_CHAPTER: Final = Chapter(__name__)


def cases() -> Iterator[Case]:
    """All of them."""
    edits: tuple[tuple[str, str, Standard, Edit, R], ...] = (
        (
            "csca-more-key-usage",
            "The key of the CSCA is for documents as well",
            std.PROFILE,
            adding(certificates.key_usage("keyCertSign", "cRLSign", "digitalSignature")),
            R.KEY_USAGE,
        ),
        (
            "csca-path-length-1",
            "The CSCA allows a CA below it",
            std.PROFILE_PATH_LENGTH,
            adding(extensions.certificate_authority(1)),
            R.PATH_LENGTH,
        ),
        (
            "csca-without-basic-constraints",
            "The CSCA does not say that it is a CA",
            std.PROFILE,
            lambda template: template.without(oids.BASIC_CONSTRAINTS),
            R.BASIC_CONSTRAINTS,
        ),
        (
            "csca-without-key-identifier",
            "The CSCA does not name its key",
            std.PROFILE,
            lambda template: template.without(oids.SUBJECT_KEY_IDENTIFIER),
            R.SUBJECT_KEY_IDENTIFIER,
        ),
        (
            "csca-version-2",
            "The CSCA is a certificate of version 2",
            std.PROFILE_VERSION,
            lambda template: replace(template, version=1),
            R.VERSION_NOT_3,
        ),
        (
            "csca-without-usage-period",
            "The CSCA does not say when its key may sign",
            std.PROFILE_USAGE_PERIOD,
            lambda template: template.without(oids.PRIVATE_KEY_USAGE_PERIOD),
            R.PRIVATE_KEY_USAGE_PERIOD,
        ),
        (
            "csca-serial-too-long",
            "The serial number of the CSCA has 21 octets",
            std.PROFILE_SERIAL,
            lambda template: replace(template, serial=1 << 160),
            R.SERIAL_TOO_LONG,
        ),
        (
            "csca-alternative-name-unreadable",
            "The alternative name of the CSCA cannot be read; nothing rests on it",
            std.PROFILE,
            adding(extensions.malformed(oids.SUBJECT_ALT_NAME)),
            R.EXTENSION_MALFORMED,
        ),
        (
            "csca-crl-place-twice",
            "The CSCA says twice where its CRL lies",
            std.ONE_EXTENSION,
            adding_another(certificates.crl_distribution_points()),
            R.EXTENSION_DUPLICATE,
        ),
        (
            "csca-serial-zero",
            "The serial number of the CSCA is 0",
            std.PROFILE_SERIAL,
            lambda template: replace(template, serial=0),
            R.SERIAL_NOT_POSITIVE,
        ),
    )
    for name, title, standard, edit, deviation in edits:
        yield _CHAPTER.case(
            name,
            title,
            standard,
            by_csca(name, edit),
            passed("pa.csca.profile", "CSCA", deviation),
            importance=Importance.LOW,
        )
    # the rules of lists and pins go by the country of the subject: without one, nobody can tell whose CSCA it is
    yield _CHAPTER.case(
        "csca-without-country",
        "The CSCA does not name its country, and so does the issuer's name in the DSC",
        std.PROFILE_COUNTRY,
        by_csca("csca-without-country", _named(certificates.name(CSCA_NAME, country=None))),
        passed("pa.csca.profile", "CSCA", R.COUNTRY_MISSING),
        passed("pa.dsc.profile", "DSC", R.COUNTRY_MISSING),
        undecided("cross.country_csca", "CSCA", R.UNMAPPED),
        verdicts=by_policy(OPEN_BY_POLICY, OPEN_BY_POLICY, ATTENTION),
        reason=R.UNMAPPED,
    )
    countries: tuple[tuple[str, str, str | None, tuple[R, ...], tuple[R, ...]], ...] = (
        (
            "country-lower-case",
            "names its country in lower case",
            "ut",
            (R.COUNTRY_NOT_UPPER_CASE,),
            (R.COUNTRY_NOT_UPPER_CASE,),
        ),
        (
            "country-three-letters",
            "names its country by three letters",
            "UTO",
            (R.COUNTRY_MALFORMED,),
            (R.COUNTRY_MALFORMED, R.COUNTRY_SUBJECT_ISSUER),
        ),
    )
    for name, title, country, own, of_dsc in countries:
        yield _CHAPTER.case(
            f"csca-{name}",
            f"The CSCA {title}, and so does the issuer's name in the DSC",
            std.PROFILE_COUNTRY,
            by_csca(f"csca-{name}", _named(certificates.name(CSCA_NAME, country=country))),
            deviations_of("pa.csca.profile", "CSCA", *own),
            deviations_of("pa.dsc.profile", "DSC", *of_dsc),
            importance=Importance.LOW,
        )
    octets: tuple[tuple[str, str, Standard, Callable[[bytes], bytes], R], ...] = (
        ("not-der", "The length of the CSCA takes too many octets", std.PROFILE_DER, long_length, R.NOT_DER),
        (
            "other-outer-algorithm",
            "Outside its signed part the CSCA names another algorithm; it is an anchor by decision",
            std.PROFILE_ALGORITHM,
            lambda raw: certificates.with_outer_algorithm(raw, OTHER_ALGORITHM),
            R.ALGORITHM_INNER_OUTER,
        ),
    )
    for name, title, standard, change, deviation in octets:
        yield _CHAPTER.case(
            f"csca-{name}",
            title,
            standard,
            of_state(f"csca-{name}", Edits(csca_certificate=change)),
            passed("pa.csca.profile", "CSCA", deviation),
            importance=Importance.LOW,
        )
    yield _CHAPTER.case(
        "csca-not-a-ca",
        "The certificate that issued the DSC says that it is no CA",
        std.KEY_CERT_SIGN,
        by_csca("csca-not-a-ca", adding(extensions.not_a_ca())),
        undecided("pa.path", "DSC", R.NO_CSCA),
        NO_CSCA,
        verdicts=everywhere(OPEN),
        reason=R.NO_CSCA,
        importance=Importance.CRITICAL,
    )
    yield _CHAPTER.case(
        "csca-name-change",
        "The CSCA says that it took another name, as it may",
        std.PROFILE,
        by_csca("csca-name-change", adding(extensions.name_change())),
        importance=Importance.LOW,
    )


# --- recipes


def _named(name: bytes) -> Edit:
    return lambda template: replace(template, subject=name, issuer=name)
