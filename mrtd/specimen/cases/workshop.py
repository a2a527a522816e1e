"""The bench on which recipes make specimens: the issuing state at one moment, documents, stores, case folders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Final

from mrtd.evidence import ElementaryFile
from mrtd.specimen import face
from mrtd.specimen.cases.case import AT, ChipAnswers, PrintedMrz, Specimen
from mrtd.specimen.cases.genuine import Kind, genuine
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import MARTA, Holder
from mrtd.specimen.issuer import Edits, IssuingProfile, SpecimenIssuer
from mrtd.specimen.recipe import Make, Setting
from mrtd.specimen.scheme import BRAINPOOL_P256R1, AlgorithmProfile, EcKeySpec

#: The document of most cases: issued four weeks before the inspection, for ten years.
ISSUED: Final = date(2026, 5, 4)
EXPIRES: Final = date(2036, 5, 3)
PASSPORT: Final = IssuingProfile(
    document_number="UT0000001",
    date_of_issue=ISSUED,
    date_of_expiry=EXPIRES,
    # the smallest portrait of the package: most cases are not about pictures
    groups=((2, face.dg2(face.jpeg_2000(grey=True))),),
)
#: The same without Active Authentication.
WITHOUT_CHIP_PROOF: Final = replace(PASSPORT, active_authentication=False)

#: The store of the state as it should be.
STORE: Final = "utopia"


@cache
def state(
    algorithms: AlgorithmProfile = BRAINPOOL_P256R1, *, csca_role: str = "csca", dsc_role: str = "dsc"
) -> SpecimenIssuer:
    """The issuing state, with which everything is in order; other roles are other keys under the same names."""
    return SpecimenIssuer.create(algorithms, now=AT, csca_role=csca_role, dsc_role=dsc_role)


def edited(
    edits: Edits, profile: IssuingProfile = PASSPORT, algorithms: AlgorithmProfile = BRAINPOOL_P256R1
) -> SpecimenDocument:
    """A document of the state when it does something else somewhere."""
    return state_with(edits, algorithms).issue(MARTA, profile)


def state_with(edits: Edits, algorithms: AlgorithmProfile = BRAINPOOL_P256R1) -> SpecimenIssuer:
    """The issuing state that does something else somewhere."""
    return SpecimenIssuer.create(algorithms, now=AT, edits=edits)


@cache
def passport(
    profile: IssuingProfile = PASSPORT, holder: Holder = MARTA, algorithms: AlgorithmProfile = BRAINPOOL_P256R1
) -> SpecimenDocument:
    """A document with which everything is in order."""
    return state(algorithms).issue(holder, profile)


def store(algorithms: AlgorithmProfile) -> str:
    """The name of the store that trusts the state under these algorithms."""
    return STORE if algorithms is BRAINPOOL_P256R1 else f"{STORE}-{algorithms.name}"


def presented(make: Make, algorithms: AlgorithmProfile = BRAINPOOL_P256R1) -> Callable[[], Specimen]:
    """A specimen by one of the recipes of the specimen state; its own files are trusted."""

    def made() -> Specimen:
        presentation = make(Setting(algorithms, AT))
        trust = {store(algorithms): presentation.trust}
        return specimen(presentation.chip.document, trust=trust, algorithms=algorithms)

    return made


def midnight(day: date) -> datetime:
    """The first moment of a day in UTC, when the specimen state signs."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def folder(files: Mapping[ElementaryFile, bytes]) -> dict[str, bytes]:
    """The files of a dump under their usual names: `EF.SOD.bin`, `DG1.bin`."""
    return {file_name(file): data for file, data in files.items()}


def file_name(file: ElementaryFile) -> str:
    """The name of an elementary file in a case folder."""
    name = file.value.removeprefix("EF.") if file.data_group is not None else file.value
    return f"{name.replace('/', '_')}.bin"


def specimen(
    document: SpecimenDocument,
    *,
    like: SpecimenDocument | None = None,
    trust: Mapping[str, Mapping[str, bytes]] | None = None,
    algorithms: AlgorithmProfile = BRAINPOOL_P256R1,
    chip: ChipAnswers | str | None = "chip",
    source: str | None = "confirmed",
    attempt: int = 1,
    lines: Sequence[str] | None = None,
    files: Mapping[str, bytes] | None = None,
    dump: str = ".",
    chip_authentication: bool = False,
    named_curve: bool = False,
) -> Specimen:
    """A specimen of a document.

    Args:
        document: what is sent.
        like: the document with which everything is in order, where `document` is no longer of its kind.
        trust: stores by name; by default the one of the state as it should be.
        algorithms: of the chain and of the chip's key.
        chip: how the chip answers; a text is the name of its key, None sends no answer.
        source: who read the printed MRZ, None where it is not given.
        attempt: the number of the photo.
        lines: the printed MRZ, if it is not the document's.
        files: the case folder; by default the files of the document under their usual names.
        dump: which file of the folder is the dump.
        chip_authentication: whether DG14 holds a key for it.
        named_curve: whether certificates name their curve.
    """
    proven = (like or document).active_authentication_key
    if isinstance(chip, str):
        chip = None if proven is None else ChipAnswers(chip, algorithms.name)
    kind = Kind(
        files=tuple(sorted((like or document).files, key=list(ElementaryFile).index)),
        chip=None if proven is None else "ec" if isinstance(proven.spec, EcKeySpec) else "rsa",
        answers=chip is not None,
        chip_authentication=chip_authentication,
        source=source,
        named_curve=named_curve,
    )
    printed = document.mrz_lines if lines is None else lines
    return Specimen(
        files=folder(document.files) if files is None else files,
        trust={STORE: state().trust()} if trust is None else trust,
        genuine=genuine(kind),
        mrz=None if source is None else PrintedMrz(printed, source, attempt),
        chip=chip,
        dump=dump,
    )
