"""All cases, in the order of their identifiers, and the folders that they make."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from mrtd.specimen.cases import (
    access,
    active_authentication,
    algorithms,
    anchors,
    changed_groups,
    chip_keys,
    contents,
    crosschecks,
    csca_profile,
    dumps,
    forged,
    kept,
    links,
    missing_groups,
    printed,
    published,
    revocation,
    signer_profile,
    signer_rights,
    sod_attributes,
    sod_encoding,
    sod_signer,
    standing,
    validity,
)
from mrtd.specimen.cases.case import Case
from mrtd.specimen.cases.workshop import PASSPORT
from mrtd.specimen.holder import Holder, machine_readable_zone
from mrtd.specimen.holders import HOLDERS

_CHAPTERS: Final = (
    access,
    active_authentication,
    algorithms,
    anchors,
    changed_groups,
    chip_keys,
    contents,
    crosschecks,
    csca_profile,
    dumps,
    forged,
    kept,
    links,
    missing_groups,
    printed,
    published,
    revocation,
    signer_profile,
    signer_rights,
    sod_attributes,
    sod_encoding,
    sod_signer,
    standing,
    validity,
)


@dataclass(frozen=True, slots=True, repr=False)
class Fixtures:
    """Files by path below `fixtures`: the stores, the case folders, and a zone of every holder."""

    files: Mapping[str, bytes]


def all_cases() -> tuple[Case, ...]:
    """Every declared case.

    Raises:
        ValueError: two cases of one identifier.
    """
    cases = sorted((case for chapter in _CHAPTERS for case in chapter.cases()), key=lambda case: case.id)
    for case, following in pairwise(cases):
        if case.id == following.id:
            raise ValueError(f"two cases {case.id}")
    return tuple(cases)


def make_fixtures(cases: tuple[Case, ...]) -> Fixtures:
    """Make every specimen and lay it out; the same cases give the same octets.

    Raises:
        ValueError: two stores of one name that differ.
    """
    files: dict[str, bytes] = {}
    for case in cases:
        for path, data in _case_files(case):
            if files.setdefault(path, data) != data:
                raise ValueError(f"{case.id}: another {path} than before")
    files |= {f"mrz/{name}.txt": _zone(holder) for name, holder in HOLDERS.items()}
    return Fixtures(dict(sorted(files.items())))


def _zone(holder: Holder) -> bytes:
    """The two lines of a passport of this holder."""
    lines = machine_readable_zone(
        holder, document_number=PASSPORT.document_number, date_of_expiry=PASSPORT.date_of_expiry
    )
    return ("\n".join(lines) + "\n").encode()


def _case_files(case: Case) -> Iterator[tuple[str, bytes]]:
    specimen = case.make()
    for store, material in specimen.trust.items():
        for name, data in material.items():
            yield f"pki/{store}/{name}", data
    for name, data in specimen.files.items():
        yield f"dumps/{case.folder}/{name}", data
    yield f"dumps/{case.folder}/case.json", encode(case.to_json(specimen))


def encode(document: Mapping[str, object]) -> bytes:
    """JSON for people: two spaces, and one line for each expected check."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    checks = document["expected"]["inspect"]["checks"]  # type: ignore[index]
    if checks:
        block = json.dumps(checks, ensure_ascii=False, indent=2).replace("\n", "\n      ")
        lines = ",\n".join(f"        {json.dumps(check, ensure_ascii=False)}" for check in checks)
        text = text.replace(block, f"[\n{lines}\n      ]", 1)
    return (text + "\n").encode()
