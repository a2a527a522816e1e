"""What two administrators and a phone do at a counter, over HTTP."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass

from starlette.testclient import TestClient

from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.document import SpecimenDocument

CHECKLIST = {
    "inspection": {
        "document_as_expected": True,
        "page_and_laminate_intact": True,
        "chip_in_this_booklet": True,
        "printed_page_equals_screen": True,
    },
    "face": {"same_person": True, "features_compared": True},
}


def from_base64url(text: str) -> bytes:
    """Bytes of a JSON member."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True)
class Counter:
    """Two persons, by their tokens; the first one holds the phone."""

    client: TestClient
    tokens: tuple[str, str]

    def request(self, method: str, path: str, *, person: int = 0, **options):
        """A request by one of the two; a POST asks for something of its own unless it brings an older key."""
        headers = {"Authorization": f"Bearer {self.tokens[person]}", **options.pop("headers", {})}
        if method == "POST":
            headers.setdefault("Idempotency-Key", str(uuid.uuid4()))
        return self.client.request(method, path, headers=headers, **options)

    def post(self, path: str, json: object = None, *, person: int = 0, key: str | None = None):
        """POST with a JSON body; `key` asks again for what was asked with it before."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.request("POST", path, person=person, headers=headers, **({} if json is None else {"json": json}))

    def get(self, path: str, *, person: int = 0):
        """GET."""
        return self.request("GET", path, person=person)

    def open(self, order_reference: str | None = None) -> str:
        """Open a verification; its path."""
        answer = self.post("/v1/verifications", {"kind": "reserve_card_no_pnr", "order_reference": order_reference})
        assert answer.status_code == 201, answer.text
        return answer.json()["links"]["self"]

    def mrz(self, case: str, lines, source: str = "app_ocr"):
        """Give the printed lines."""
        answer = self.post(f"{case}/mrz", {"lines": list(lines), "source": source})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def challenge(self, case: str) -> bytes:
        """A challenge for the chip."""
        answer = self.post(f"{case}/chip-challenges")
        assert answer.status_code == 201, answer.text
        return from_base64url(answer.json()["challenge"])

    def captured(self, document: SpecimenDocument, order_reference: str | None = None) -> str:
        """A verification whose MRZ was taken."""
        case = self.open(order_reference)
        assert self.mrz(case, document.mrz_lines)["state"] == "mrz_captured"
        return case

    def read_chip(self, case: str, document: SpecimenDocument):
        """Let the chip sign a challenge and send what was read."""
        body = SpecimenChip(document).to_json_body(self.challenge(case))
        answer = self.post(f"{case}/chip", body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def checked(self, document: SpecimenDocument, order_reference: str | None = None) -> str:
        """A verification that waits for its first review."""
        case = self.captured(document, order_reference)
        answer = self.read_chip(case, document)
        assert answer["state"] == "checked", (answer["reason"], answer["report"]["attention"])
        return case

    def review(self, case: str, person: int, decision: str = "approve", **changes):
        """One person's review, bound to what stands now."""
        body = {
            "decision": decision,
            **CHECKLIST,
            "decision_hash": self.get(case, person=person).json()["decision_hash"],
        }
        return self.post(f"{case}/reviews", body | changes, person=person)

    def approved(self, document: SpecimenDocument, order_reference: str | None = None) -> str:
        """A verification that two persons approved."""
        case = self.checked(document, order_reference)
        assert self.review(case, 0).status_code == 201
        second = self.review(case, 1)
        assert second.status_code == 201, second.text
        assert second.json()["state"] == "approved"
        return case
