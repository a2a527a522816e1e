"""Cases of the profile of document signers (ICAO 9303-12 §7.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from mrtd.asn1 import oids
from mrtd.inspection.check import CheckStatus
from mrtd.inspection.reason import Reason as R
from mrtd.specimen import certificate_extensions as extensions
from mrtd.specimen import certificates
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.case import Case, Finding, Importance, Standard
from mrtd.specimen.cases.certificate_edits import (
    OTHER_ALGORITHM,
    Edit,
    adding,
    adding_another,
    by_dsc,
    deviations_of,
    long_length,
)
from mrtd.specimen.cases.chapter import (
    Chapter,
    failed,
    not_applicable,
    passed,
)
from mrtd.specimen.cases.genuine import NO_CSCA
from mrtd.specimen.cases.verdicts import (
    ATTENTION,
    FORGED,
    GOOD,
    by_policy,
    everywhere,
)
from mrtd.specimen.certificate_profiles import DSC_NAME
from mrtd.specimen.issuer import Edits

_CHAPTER: Final = Chapter(__name__)


def cases() -> Iterator[Case]:
    """All of them."""
    other_name = certificates.name(DSC_NAME, country=None)
    edits: tuple[tuple[str, str, Standard, Edit, tuple[R, ...]], ...] = (
        (
            "dsc-version-2",
            "The DSC is a certificate of version 2",
            std.PROFILE_VERSION,
            lambda template: replace(template, version=1),
            (R.VERSION_NOT_3,),
        ),
        (
            "dsc-serial-zero",
            "The serial number of the DSC is 0",
            std.PROFILE_SERIAL,
            lambda template: replace(template, serial=0),
            (R.SERIAL_NOT_POSITIVE,),
        ),
        (
            "dsc-serial-too-long",
            "The serial number of the DSC has 21 octets",
            std.PROFILE_SERIAL,
            lambda template: replace(template, serial=1 << 160),
            (R.SERIAL_TOO_LONG,),
        ),
        (
            "dsc-without-country",
            "The DSC does not name its country",
            std.PROFILE_COUNTRY,
            lambda template: replace(template, subject=other_name),
            (R.COUNTRY_MISSING,),
        ),
        (
            "dsc-country-lower-case",
            "The DSC names its country in lower case",
            std.PROFILE_UPPER_CASE,
            lambda template: replace(template, subject=certificates.name(DSC_NAME, country="ut")),
            (R.COUNTRY_NOT_UPPER_CASE,),
        ),
        (
            "dsc-country-three-letters",
            "The DSC names its country by three letters",
            std.PROFILE_COUNTRY,
            lambda template: replace(template, subject=certificates.name(DSC_NAME, country="UTO")),
            (R.COUNTRY_MALFORMED, R.COUNTRY_SUBJECT_ISSUER),
        ),
        (
            "dsc-says-no-ca",
            "The DSC says that it is no CA, where nothing should stand",
            std.PROFILE,
            adding(extensions.not_a_ca()),
            (R.BASIC_CONSTRAINTS,),
        ),
        (
            "dsc-more-key-usage",
            "The key of the DSC is for more than signatures",
            std.PROFILE,
            adding(certificates.key_usage("digitalSignature", "nonRepudiation")),
            (R.KEY_USAGE,),
        ),
        (
            "dsc-key-usage-not-critical",
            "What the key of the DSC is for is not marked critical",
            std.PROFILE,
            adding(extensions.key_usage_not_critical("digitalSignature")),
            (R.KEY_USAGE,),
        ),
        (
            "dsc-without-issuer-key",
            "The DSC does not name the key of its issuer",
            std.PROFILE,
            lambda template: template.without(oids.AUTHORITY_KEY_IDENTIFIER),
            (R.AUTHORITY_KEY_IDENTIFIER,),
        ),
        (
            "dsc-without-document-types",
            "The DSC does not say which documents it may sign",
            std.PROFILE_DOCUMENT_TYPES,
            lambda template: template.without(oids.DOCUMENT_TYPE_LIST),
            (R.DOCUMENT_TYPE_LIST,),
        ),
        (
            "dsc-document-types-without-version",
            "The list of document types lacks its version, as some states write it",
            std.PROFILE_DOCUMENT_TYPES,
            adding(extensions.document_types_without_version("P")),
            (R.DOCUMENT_TYPE_LIST,),
        ),
        (
            "dsc-alternative-name-unreadable",
            "The alternative name of the DSC cannot be read; nothing rests on it",
            std.PROFILE,
            adding(extensions.malformed(oids.SUBJECT_ALT_NAME)),
            (R.EXTENSION_MALFORMED,),
        ),
        (
            "dsc-crl-place-twice",
            "The DSC says twice where the CRL lies",
            std.ONE_EXTENSION,
            adding_another(certificates.crl_distribution_points()),
            (R.EXTENSION_DUPLICATE,),
        ),
    )
    for name, title, standard, edit, deviations in edits:
        yield _CHAPTER.case(
            name,
            title,
            standard,
            by_dsc(edit),
            deviations_of("pa.dsc.profile", "DSC", *deviations),
            importance=Importance.LOW,
        )
    yield _CHAPTER.case(
        "dsc-without-usage-period",
        "The DSC does not say when its key may sign",
        std.PROFILE_USAGE_PERIOD,
        by_dsc(lambda template: template.without(oids.PRIVATE_KEY_USAGE_PERIOD)),
        passed("pa.dsc.profile", "DSC", R.PRIVATE_KEY_USAGE_PERIOD),
        not_applicable("pa.dsc.usage_period", "DSC", R.NOT_STATED),
        importance=Importance.MEDIUM,
    )
    yield _CHAPTER.case(
        "dsc-usage-period-unreadable",
        "When the key of the DSC may sign cannot be read",
        std.PROFILE_USAGE_PERIOD,
        by_dsc(adding(extensions.malformed(oids.PRIVATE_KEY_USAGE_PERIOD))),
        passed("pa.dsc.profile", "DSC", R.EXTENSION_MALFORMED),
        Finding("pa.dsc.usage_period", "DSC", CheckStatus.ABORTED, R.CHECK_ERROR),
        verdicts=by_policy(ATTENTION, ATTENTION, GOOD),
        importance=Importance.MEDIUM,
    )
    yield _CHAPTER.case(
        "dsc-not-der",
        "The length of the DSC takes more octets than it needs",
        std.PROFILE_DER,
        lambda: bench.specimen(bench.edited(Edits(dsc_certificate=long_length))),
        passed("pa.dsc.profile", "DSC", R.NOT_DER),
        importance=Importance.LOW,
    )
    yield _CHAPTER.case(
        "dsc-other-outer-algorithm",
        "Outside its signed part the DSC names another algorithm",
        std.PROFILE_ALGORITHM,
        lambda: bench.specimen(
            bench.edited(Edits(dsc_certificate=lambda raw: certificates.with_outer_algorithm(raw, OTHER_ALGORITHM)))
        ),
        passed("pa.dsc.profile", "DSC", R.ALGORITHM_INNER_OUTER),
        failed("pa.path", "DSC", R.BAD_ISSUER_SIGNATURE),
        NO_CSCA,
        verdicts=everywhere(FORGED),
        reason=R.BAD_ISSUER_SIGNATURE,
        importance=Importance.HIGH,
    )
