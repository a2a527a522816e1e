"""Cases of who may sign a security object (ICAO 9303-11 §5.1, 9303-12 §7.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from mrtd.asn1 import oids
from mrtd.inspection.reason import Reason as R
from mrtd.pki.realm import Realm
from mrtd.specimen import certificate_extensions as extensions
from mrtd.specimen import certificates
from mrtd.specimen.cases import standards as std
from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.case import Case, Importance
from mrtd.specimen.cases.certificate_edits import adding, adding_another, by_dsc, deviations_of
from mrtd.specimen.cases.chapter import (
    Chapter,
    failed,
    passed,
    undecided,
)
from mrtd.specimen.cases.genuine import CHIP_BARRED, NO_CSCA
from mrtd.specimen.cases.verdicts import (
    FORGED,
    OPEN,
    UNPROVEN,
    by_policy,
    everywhere,
)

_CHAPTER: Final = Chapter(__name__)


def cases() -> Iterator[Case]:
    """All of them."""
    barred = (
        (
            "dsc-is-ca",
            "The DSC is a CA",
            std.PROFILE,
            extensions.certificate_authority(0),
            R.IS_CA,
            R.BASIC_CONSTRAINTS,
        ),
        (
            "dsc-key-usage",
            "The DSC may sign certificates and no documents",
            std.DSC_USAGE,
            certificates.key_usage("keyCertSign"),
            R.KEY_USAGE,
            R.KEY_USAGE,
        ),
        (
            "dsc-is-list-signer",
            "The DSC is made for master lists",
            std.DSC_USAGE,
            extensions.extended_key_usage(oids.CSCA_MASTER_LIST_SIGNING_KEY),
            R.EXTENDED_KEY_USAGE,
            None,
        ),
        (
            "dsc-unknown-critical-extension",
            "The DSC has a critical extension that nobody knows",
            std.CRITICAL_EXTENSION,
            extensions.unknown(),
            R.UNKNOWN_CRITICAL_EXTENSION,
            None,
        ),
    )
    for name, title, standard, extension, reason, deviation in barred:
        yield _CHAPTER.case(
            name,
            title,
            standard,
            by_dsc(adding(extension)),
            failed("pa.dsc.authorised", "DSC", reason),
            deviations_of("pa.dsc.profile", "DSC", deviation),
            CHIP_BARRED,
            verdicts=everywhere(FORGED),
            reason=reason,
            importance=Importance.CRITICAL,
        )
    yield _CHAPTER.case(
        "dsc-without-key-usage",
        "The DSC does not say what its key is for",
        std.DSC_USAGE,
        by_dsc(lambda template: template.without(oids.KEY_USAGE)),
        failed("pa.dsc.authorised", "DSC", R.KEY_USAGE),
        passed("pa.dsc.profile", "DSC", R.KEY_USAGE),
        CHIP_BARRED,
        verdicts=everywhere(FORGED),
        reason=R.KEY_USAGE,
    )
    yield _CHAPTER.case(
        "dsc-for-identity-cards",
        "The DSC signs identity cards (ID), and this is a passport (P)",
        std.DOCUMENT_TYPE,
        by_dsc(adding(certificates.document_types("ID", "AC"))),
        failed("pa.dsc.authorised", "DSC", R.DOCUMENT_TYPE),
        CHIP_BARRED,
        verdicts=by_policy(FORGED, UNPROVEN, UNPROVEN),
        reason=R.DOCUMENT_TYPE,
    )
    yield _CHAPTER.case(
        "dsc-for-diplomatic-passports",
        "The DSC signs diplomatic passports (PD), and this is another passport (P)",
        std.DOCUMENT_TYPE,
        by_dsc(adding(certificates.document_types("PD"))),
        failed("pa.dsc.authorised", "DSC", R.DOCUMENT_TYPE),
        CHIP_BARRED,
        verdicts=by_policy(FORGED, UNPROVEN, UNPROVEN),
        reason=R.DOCUMENT_TYPE,
    )
    yield _CHAPTER.case(
        "dsc-for-all-passports",
        "One letter stands for all types that begin with it: P signs PD",
        std.PROFILE_DOCUMENT_TYPES,
        lambda: bench.specimen(bench.passport(replace(bench.PASSPORT, document_code="PD"))),
        importance=Importance.MEDIUM,
    )
    yield _CHAPTER.case(
        "dsc-key-usage-unreadable",
        "What the key of the DSC is for cannot be read, so it may be anything",
        std.CRITICAL_EXTENSION,
        by_dsc(adding(extensions.malformed(oids.KEY_USAGE, critical=True))),
        undecided("pa.dsc.authorised", "DSC", R.EXTENSION_MALFORMED),
        passed("pa.dsc.profile", "DSC", R.KEY_USAGE),
        passed("pa.dsc.profile", "DSC", R.EXTENSION_MALFORMED),
        CHIP_BARRED,
        verdicts=everywhere(OPEN),
        reason=R.EXTENSION_MALFORMED,
    )
    yield _CHAPTER.case(
        "dsc-key-usage-twice",
        "The DSC says twice what its key is for, and not the same",
        std.ONE_EXTENSION,
        by_dsc(adding_another(certificates.key_usage("keyCertSign"))),
        undecided("pa.dsc.authorised", "DSC", R.EXTENSION_MALFORMED),
        passed("pa.dsc.profile", "DSC", R.EXTENSION_MALFORMED),
        passed("pa.dsc.profile", "DSC", R.EXTENSION_DUPLICATE),
        CHIP_BARRED,
        verdicts=everywhere(OPEN),
        reason=R.EXTENSION_MALFORMED,
    )
    yield _CHAPTER.case(
        "specimen-in-production",
        "A specimen before a store of the production realm: refused as an anchor, its mark is a bar",
        std.TRUST_ANCHOR,
        # nobody may act as the service outside the specimen realm, so the chip is asked nothing
        lambda: bench.specimen(bench.passport(), chip=None),
        failed("pa.dsc.authorised", "DSC", R.UNKNOWN_CRITICAL_EXTENSION),
        undecided("pa.dsc.revocation", "DSC", R.NO_CRL),
        undecided("pa.path", "DSC", R.NO_TRUST_ANCHOR),
        NO_CSCA,
        verdicts=everywhere(FORGED),
        realm=Realm.PRODUCTION,
        at_the_counter=False,
        importance=Importance.CRITICAL,
    )
