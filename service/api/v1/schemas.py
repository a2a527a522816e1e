"""The JSON of requests and answers; pydantic lives here and nowhere deeper."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StrictBool

from mrtd.inspection.verdict import Authenticity, ChipGenuine, DocumentValid, MrzMatchesChip, Outcome
from service.api.v1.life_schemas import DeadlinesShown, FindingShown, RevocationShown, StandingShown, StatusShown
from service.api.v1.model import Answer, Line, Request, Time
from service.api.v1.problems import Retry
from service.domain import review
from service.domain.areas import AREA_PATTERN
from service.domain.devices import DeviceStatus
from service.domain.errors import ProblemCode
from service.domain.mrz_capture import MAX_MRZ_ATTEMPTS, CaptureSource, CaptureStatus
from service.domain.orders import OrderState
from service.domain.pairing import PairingState
from service.domain.people import PersonStatus
from service.domain.photo import ImageFault
from service.domain.result import ResultStatus
from service.domain.verification import Kind, NextStep, RetryReason, State

#: An opaque name of the portal; narrow, so that no name or number of a person fits in by accident.
OrderReference = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
#: Longer than any line of ICAO 9303, so that a wrong line is told from a wrong request.
MrzLine = Annotated[str, Field(min_length=1, max_length=128)]
MrzLines = Annotated[list[MrzLine], Field(min_length=1, max_length=3)]

#: What a caller can say of lines; `ocr` is for what this service read itself.
StatedSource = Literal[CaptureSource.APP_OCR, CaptureSource.TYPED, CaptureSource.CONFIRMED]


class OpenVerification(Request):
    kind: Kind
    order_reference: OrderReference | None = None
    retry_reason: Annotated[
        RetryReason | None, Field(description="needed where people refused the same order before")
    ] = None
    area: Annotated[
        str | None,
        Field(pattern=AREA_PATTERN, description="issuing area, one of the caller's; needed by who works in several"),
    ] = None
    protected: Annotated[
        StrictBool, Field(description="the person lives under protected identity; by those who may see such cases")
    ] = False


class CancelVerification(Request):
    """`suspected_fraud`: by a reviewer, who saw enough before any chip was read."""

    suspected_fraud: StrictBool = False


class CaptureMrz(Request):
    lines: MrzLines
    source: StatedSource
    can: Annotated[
        str | None, Field(pattern="^[0-9]{6}$", description="the card access number, where the document has one")
    ] = None


class Inspection(Request):
    """The physical document in the reviewer's hand."""

    document_as_expected: StrictBool
    page_and_laminate_intact: StrictBool
    chip_in_this_booklet: StrictBool
    printed_page_equals_screen: StrictBool


class Face(Request):
    """The person beside the portrait from the chip."""

    same_person: StrictBool
    features_compared: StrictBool


class PrintedName(Request):
    """The name as it stands on the page, with its diacritics; the zone's spelling is not wanted here."""

    family: Annotated[str, Field(min_length=1, max_length=512)]
    given: Annotated[str, Field(max_length=512)] = ""


class ReviewVerification(Request):
    decision: review.Decision
    inspection: Inspection
    face: Face
    reason: Line | None = None
    printed_name: Annotated[
        PrintedName | None,
        Field(description="with an approval; used where both reviewers write the same and the zone spells it so"),
    ] = None
    remote: Annotated[
        StrictBool,
        Field(description="whether the reviewer is elsewhere than passport and person; such a one can refuse alone"),
    ] = False
    decision_hash: Sha256


class ConsumeResult(Request):
    order_reference: OrderReference


class PrintedMrz(Request):
    lines: MrzLines
    source: StatedSource = CaptureSource.TYPED


class InspectDump(Request):
    """`dump` is the body of `POST .../chip`, or a flat object of file names."""

    dump: dict[str, Any]
    mrz: PrintedMrz | None = None
    at: Time | None = None
    policy: str | None = None


class Check(Answer):
    """The end of one check (docs/checks.md)."""

    id: str
    status: Literal["PASSED", "FAILED", "INDETERMINATE", "NOT_APPLICABLE", "NOT_PERFORMED", "ABORTED"]
    reason: str | None
    subject: str
    standard: str
    facts: dict[str, str | int | bool | None]


class EvidenceSummary(Answer):
    """How the evidence came, and the SHA-256 of each elementary file."""

    source: Literal["dump", "live", "replay"]
    proof_origin: Literal["server_challenge", "server_key", "claimed"]
    files: dict[str, str]
    skipped: int


class Report(Answer):
    """The report of the inspection with the verdict of one policy, as `passkoll inspect --json` prints it.

    Nothing of a report is ever left out, since its digest is in `report_sha256`.
    """

    model_config = ConfigDict(extra="allow")

    report_schema: Annotated[str, Field(alias="schema")]
    at: datetime
    document_type: str | None
    issuing_state: str | None
    evidence: EvidenceSummary
    trust_store: str
    software: str
    checks: list[Check]
    outcome: Outcome
    authenticity: Authenticity
    chip_genuine: ChipGenuine
    document_valid: DocumentValid
    mrz_matches_chip: MrzMatchesChip
    attention: list[str]
    refused_by: list[str]
    policy: str
    policy_digest: str
    report_sha256: Sha256


class ImageWanted(Answer):
    """How to make a photo small without losing characters: what was measured (docs/mrz-reader.md), and the limits."""

    long_edge_px: int
    quality: Annotated[int, Field(ge=1, le=100, description="of JPEG")]
    formats: list[str]
    max_images: int
    max_bytes: Annotated[int, Field(description="of one picture")]
    max_total_bytes: Annotated[int, Field(description="of all pictures of a request")]


class Opened(Answer):
    id: str
    state: State
    next_step: NextStep
    deadlines: DeadlinesShown
    image: Annotated[ImageWanted | None, Field(description="null where no photo is taken any more")]
    live_url: Annotated[
        str | None,
        Field(description="where the chip is read, by WebSocket with `passkoll.live.1`. Null where that is over"),
    ]
    links: dict[str, str]


class Captured(Answer):
    status: CaptureStatus
    reading: dict[str, Any] | None
    advice: list[str]
    attempts_left: Annotated[
        int,
        Field(
            ge=0,
            le=MAX_MRZ_ATTEMPTS,
            description=f"how many more photos or lines this verification takes, of {MAX_MRZ_ATTEMPTS} together;"
            " what cannot be read counts, a refused request does not. At 0 the next one is answered `attempt_limit`",
        ),
    ]
    state: State
    next_step: NextStep
    reason: str | None


class PhotoCaptured(Captured):
    """`reading` is the object of `POST .../mrz` with `engine`, `confidence`, `weak` and `quad`."""

    image_fault: Annotated[ImageFault | None, Field(description="why a picture could not even be opened")]
    crop: Annotated[
        str | None,
        Field(
            description="the zone that was read, a JPEG, base64url without padding; shown beside the lines, after a"
            " difference beside those of the chip, and never stored by the app. Null where no zone was read"
        ),
    ]


class ChallengeIssued(Answer):
    challenge: Annotated[str, Field(description="8 bytes, base64url without padding")]
    expires_at: datetime


class ChipJudged(Answer):
    state: State
    next_step: NextStep
    reason: str | None
    report: Report


class ReviewShown(Answer):
    """What a review decided; who decided is found in the audit.

    For reviewers. Before the case is decided nobody sees what another one decided who has not decided too.
    """

    decision: review.Decision
    at: datetime
    own: Annotated[bool, Field(description="whether the caller made it")]


class Shown(Answer):
    id: str
    state: State
    identity_verified: bool
    kind: Kind
    order_reference: str | None
    area: Annotated[str | None, Field(description="issuing area; null where it is of the whole organisation")]
    protected: Annotated[bool, Field(description="whether the person lives under protected identity")]
    created_at: datetime
    deadlines: DeadlinesShown
    next_step: NextStep
    reason: str | None
    report: Report | None
    status_lookup: Annotated[StatusShown | None, Field(description="what the register of the issuing state says")]
    status_lookup_required: Annotated[bool, Field(description="whether nobody can approve before it was asked")]
    findings: Annotated[list[FindingShown], Field(description="for reviewers")]
    decision_hash: Sha256 | None
    reviews: list[ReviewShown]
    reviews_given: Annotated[
        int,
        Field(ge=0, le=review.REVIEWERS, description="by how many people; what they decided may not be shown yet"),
    ]
    revocation: RevocationShown | None
    standing: Annotated[StandingShown | None, Field(description="of an approval; null for everything else")]
    links: dict[str, str]


class Receipt(Answer):
    jti: str
    status: ResultStatus
    order_reference: str
    consumed_at: datetime


class ResultShown(Answer):
    jti: str
    status: ResultStatus


class Text(Answer):
    """One sentence, and what to do now."""

    text: str
    do: str


class ReasonText(Text):
    """The same for those at the counter, and one line for the person who waits there."""

    for_person: str


class CatalogueShown(Answer):
    lang: Literal["sv", "en"]
    reasons: dict[str, ReasonText]
    problems: dict[str, Text]
    advice: dict[str, Text]
    next_steps: dict[str, Text]
    outcomes: dict[str, Text]
    states: dict[str, Text]
    attestations: dict[str, Text]
    live: Annotated[dict[str, Text], Field(description="why a live reading began anew, or ended")]
    next_tries: Annotated[dict[str, Text], Field(description="what may be done after a live reading ended")]


class Health(Answer):
    status: Literal["live", "ready"]


class PlaceInRequest(Answer):
    pointer: str
    code: str


class Problem(Answer):
    """RFC 9457. `type` is `urn:passkoll:problem:` and the code.

    `state`: of what stands in the way: a verification, an order, a phone, a pairing or an account.
    """

    type: str
    title: str
    status: int
    code: ProblemCode
    retry: Retry
    request_id: str
    state: State | OrderState | DeviceStatus | PairingState | PersonStatus | None
    errors: list[PlaceInRequest]
