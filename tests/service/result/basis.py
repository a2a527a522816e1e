"""What results rest on, for tests of what they say."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

from mrtd.pki.realm import Realm
from service.domain.claims import Basis
from service.domain.holder import Holder, Names
from service.domain.issuing import IssuingPolicy
from service.domain.result import Issuer, ResultRecord
from service.domain.verification import State
from tests.service.findings import AT, JUDGED, case, review_by

PRINTED = Names("AASTROEM OEBERG", "ANNA MARIA")
NATIVE = Names("Åström-Öberg", "Anna Maria")

HOLDER = Holder(
    printed=PRINTED,
    native=NATIVE,
    date_of_birth=date(1984, 8, 12),
    nationality="UTO",
    document_number="UT1234567",
    date_of_expiry=date(2031, 3, 14),
    document_code="P",
    issuing_state="UTO",
    place_of_birth="Ankeborg, Utopia",
    date_of_issuance=date(2021, 3, 15),
    issuing_authority="Utopia Passport Office",
)

ISSUER = Issuer(
    "https://idproof.example.se",
    "https://portal.example.se",
    Realm.PRODUCTION,
    "Region Exempel",
    IssuingPolicy(),
)


def basis(**changes: object) -> Basis:
    """A result that is issued; `changes` are of its holder unless they name a member of the basis."""
    first = review_by("anna")
    second = replace(review_by("bengt", earlier=(first,)), at=AT + timedelta(minutes=3))
    whole = Basis(
        replace(case(State.RESULT_ISSUED), id="vs_" + "A" * 26, order_reference="order-1"),
        ResultRecord(
            "b2f5c1e0-6d0a-4c55-9a0e-1f2f6a1f0c11", "2c6fb585-d51b-465a-9dca-b8cd22a11451", "vs_" + "A" * 26, AT
        ),
        replace(JUDGED, report=json.dumps({"checks": [], "issuing_state": "UTO"}).encode()),
        (first, second),
        HOLDER,
    )
    own = {name: value for name, value in changes.items() if name in Basis.__dataclass_fields__}
    of_holder = {name: value for name, value in changes.items() if name not in own}
    return replace(whole, **{"holder": replace(HOLDER, **of_holder), **own})
