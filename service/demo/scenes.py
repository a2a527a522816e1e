"""The scenes of the demo. Each says what it expects, and the demo fails if the service says otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from mrtd.specimen.card import SpecimenCard
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.document import SpecimenDocument
from service.crew import Crew
from service.demo.client import Client, DemoError, Json
from service.demo.live import WatchedReader
from service.demo.narrator import Narrator
from service.demo.page import photograph
from service.demo.specimens import Specimens

#: The check and the reason for which each broken passport must be refused.
_TAMPERED: Final = (("pa.dg_hash", "mismatch"),)
_CLONE: Final = (("aa.signature", "bad_signature"), ("ca.secure_messaging", "bad_mac"))
#: Chip Authentication needs the server at the other end; in a dump it cannot be asked for.
_CLONE_IN_DUMP: Final = (("aa.signature", "bad_signature"),)
_RESULT_TYPE: Final = "specimen-result+jwt"


def play(narrator: Narrator, crew: Crew, specimens: Specimens) -> bool:
    """Play the scenes.

    Returns:
        Whether every passport ended as it must.

    Raises:
        DemoError: the service did not answer as the contract says.
    """
    client = Client(crew)
    narrator.scene(1, "A genuine passport, in the hands of its holder")
    verified = _genuine(narrator, client, crew, specimens.genuine_chip)
    narrator.scene(2, "The same passport, its date of expiry changed in the chip and on the page (tampered DG1)")
    answer = _live(narrator, client, specimens.tampered_chip, "demo-2")[1]
    tampered = _refused(narrator, client, answer, _TAMPERED)
    narrator.scene(3, "The genuine files copied to another chip, which has keys of its own (a clone)")
    answer = _live(narrator, client, specimens.cloned_chip, "demo-3")[1]
    cloned = _refused(narrator, client, answer, _CLONE)
    narrator.scene(4, "The same clone, read by the phone itself and sent as a dump")
    dumped = _refused(narrator, client, _dump(narrator, client, specimens.clone, "demo-4"), _CLONE_IN_DUMP)
    return verified and tampered and cloned and dumped


def _genuine(narrator: Narrator, client: Client, crew: Crew, chip: SpecimenCard) -> bool:
    client.order("demo-1")
    narrator.step("POST /v1/orders", "the card-issuing portal orders a verification: demo-1")
    verification, answer = _live(narrator, client, chip, "demo-1")
    report = answer["report"]
    if report["outcome"] != "verified":
        _show_failures(narrator, client, report)
        narrator.problem(f"the genuine passport ended as {report['outcome']}")
        return False
    narrator.detail("chip and passport approved by the machine; two people must look before anyone is verified")
    for administrator, name in ((crew.first, "first"), (crew.second, "second")):
        state = client.approve(verification, administrator)["state"]
        narrator.step("POST .../reviews", f"{name} administrator signs in anew and approves: {state}")
    identity_verified = client.show(verification, crew.first)["identity_verified"]
    token = client.verify_result(client.result(verification))
    narrator.step("GET .../result", "signed identity, verified against /.well-known/jwks.json")
    verified_claims = token.claims["verified_claims"]
    level, claims = verified_claims["verification"]["assurance_level"], verified_claims["claims"]
    for name in ("family_name", "given_name", "birthdate", "nationalities"):
        narrator.detail(f"{name}: {_plain(claims.get(name))}")
    narrator.detail(f"typ: {token.header['typ']}, assurance_level: {level}, order: demo-1")
    receipt = client.consume(str(token.claims["jti"]), "demo-1")
    narrator.step("POST /v1/results/...", f"{receipt['status']} by order {receipt['order_reference']}, once")
    narrator.outcome(
        "verified", "authentic, not expired, page equals chip, and the chip proved twice that it is there"
    )
    found = (identity_verified, token.header["typ"], level, receipt["status"])
    expected = found == (True, _RESULT_TYPE, "specimen", "consumed")
    if not expected:
        narrator.problem("the signed identity is not the specimen result that it should be")
    return expected


def _refused(narrator: Narrator, client: Client, answer: Json, expected: Sequence[tuple[str, str]]) -> bool:
    report = answer["report"]
    failed = _show_failures(narrator, client, report)
    if answer["state"] == "refused" and failed == list(expected):
        narrator.outcome("refused", f"state {answer['state']}, next step: {answer['next_step']}")
        return True
    wanted = ", ".join(map("/".join, expected))
    narrator.problem(f"expected refused for {wanted}, found {report['outcome']} for {failed}")
    return False


def _live(narrator: Narrator, client: Client, chip: SpecimenCard, order: str) -> tuple[str, Json]:
    """What happens beside people and chip: open, photo, and the server drives the chip through the phone."""
    verification = _opened(narrator, client, chip.document, order)
    reader = WatchedReader(narrator, chip)
    end = client.read_live(verification, reader, reader.frame)
    if end.answer is None:
        raise DemoError(f"the live reading ended as {end.code}; next: {end.next_try}")
    _show_checks(narrator, end.answer)
    return verification, end.answer


def _dump(narrator: Narrator, client: Client, document: SpecimenDocument, order: str) -> Json:
    """The same with a phone that is the terminal itself: challenge, files, answer."""
    chip = SpecimenChip(document)
    verification = _opened(narrator, client, document, order)
    challenge = client.challenge(verification)
    narrator.step("POST .../chip-challenges", f"{len(challenge)} random bytes from the server, good once")
    answer = client.submit_chip(verification, chip, challenge)
    narrator.step("POST .../chip", f"{len(document.files)} files and the chip's signature over those bytes")
    _show_checks(narrator, answer)
    return answer


def _opened(narrator: Narrator, client: Client, document: SpecimenDocument, order: str) -> str:
    verification: str = client.open_verification(order)["id"]
    narrator.step("POST /v1/verifications", "opened")
    _photo(narrator, client, verification, document)
    return verification


def _show_checks(narrator: Narrator, answer: Json) -> None:
    statuses = Counter(check["status"] for check in answer["report"]["checks"])
    counted = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    narrator.detail(f"{statuses.total()} checks: {counted}")


def _photo(narrator: Narrator, client: Client, verification: str, document: SpecimenDocument) -> None:
    """Photograph the page; what the reader doubts, the administrator compares with the page and confirms."""
    photo = photograph(document.mrz_lines)
    answer = client.capture_photo(verification, photo)
    narrator.step("POST .../mrz-image", f"a photo of the page, {len(photo) // 1024} KiB: {answer['status']}")
    if answer["reading"] is None:
        raise DemoError(f"the photo could not be read: {', '.join(answer['advice'])}")
    for line in answer["reading"]["lines"]:
        narrator.detail(line)
    if answer["status"] == "accepted":
        return
    narrator.detail(f"{len(answer['reading']['weak'])} characters in doubt; a person compares them with the page")
    if client.capture_mrz(verification, document.mrz_lines)["status"] != "accepted":
        raise DemoError("the confirmed lines were not accepted")
    narrator.step("POST .../mrz", "the two lines, confirmed by a person: accepted")


def _show_failures(narrator: Narrator, client: Client, report: Json) -> list[tuple[str, str]]:
    """Each failed check, its reason in words, and what to do now."""
    sentences = client.reasons()
    failed = [check for check in report["checks"] if check["status"] == "FAILED"]
    for check in failed:
        narrator.detail(f"FAILED {check['id']} ({check['subject']}): {check['reason']} [{check['standard']}]")
        text = sentences[check["reason"]]
        narrator.detail(f"{text['text']} {text['do']}")
    return [(check["id"], check["reason"]) for check in failed]


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
