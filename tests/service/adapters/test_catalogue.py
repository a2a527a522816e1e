"""Every code that people can meet has a sentence and what to do now, in Swedish and in English."""

from __future__ import annotations

import re

import pytest

from mrtd.inspection import Reason
from mrtd.inspection.verdict import Outcome
from service.adapters.catalogue import GROUPS, LANGUAGES, FileCatalogue
from service.domain.attestation import Attention, Refusal
from service.domain.duplicates import FindingCode
from service.domain.errors import ProblemCode, ServiceError
from service.domain.integrity import IntegrityAttention
from service.domain.live import LiveCode, NextTry
from service.domain.reverification import StandingReason
from service.domain.revocation import RevocationReason
from service.domain.verification import CaseReason, NextStep, RetryReason, State

EXPECTED = {
    "reasons": {*Reason, *CaseReason, *RevocationReason, *FindingCode, *StandingReason, *RetryReason},
    "problems": set(ProblemCode),
    "advice": {"blur", "glare", "cut_off", "too_small", "no_mrz"},
    "next_steps": set(NextStep),
    "outcomes": set(Outcome),
    "states": set(State),
    "attestations": {*Refusal, *Attention, *IntegrityAttention},
    "live": set(LiveCode),
    "next_tries": set(NextTry),
}
SENTENCE = re.compile(r"[A-ZÅÄÖ].{5,160}\.", re.DOTALL)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("group", GROUPS)
def test_nothing_is_missing_and_nothing_is_left_over(language: str, group: str) -> None:
    texts = FileCatalogue().texts(language)[group]
    assert set(texts) == {str(code) for code in EXPECTED[group]}
    # at the counter, each reason has one line more: for the person who waits there
    members = {"text", "do", "for_person"} if group == "reasons" else {"text", "do"}
    for code, text in texts.items():
        assert set(text) == members, code
        for member in members:
            assert SENTENCE.fullmatch(text[member]), (code, text[member])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_line_for_the_person_accuses_nobody_and_names_no_technique(language: str) -> None:
    words = re.compile(
        r"bedräg|förfalsk|misstänk|falsk|fraud|forge|suspect|certif|signatur|algorit|hash|CSCA|DSC|SOD|PACE|nonce",
        re.IGNORECASE,
    )
    texts = FileCatalogue().texts(language)["reasons"]
    assert [code for code, text in texts.items() if words.search(text["for_person"])] == []


@pytest.mark.parametrize("group", GROUPS)
def test_the_languages_differ(group: str) -> None:
    swedish, english = (FileCatalogue().texts(language)[group] for language in ("sv", "en"))
    same = [code for code in swedish if swedish[code]["text"] == english[code]["text"]]
    assert same == []


def test_the_words_before_approval_never_say_that_the_identity_is_verified() -> None:
    """API.md section 1."""
    for language, verified in (("sv", "verifierad"), ("en", "verified")):
        texts = FileCatalogue().texts(language)
        early = [texts["outcomes"]["verified"], texts["states"]["checked"], texts["next_steps"]["wait_review_1"]]
        assert all(verified not in text["text"].lower() for text in early)
    assert FileCatalogue().texts("sv")["next_steps"]["wait_review_1"]["text"] == (
        "Chip och pass är godkända; två granskningar återstår."
    )


def test_over_http(client) -> None:
    assert client.get("/v1/catalogue").json()["lang"] == "sv"
    english = client.get("/v1/catalogue", params={"lang": "en"}).json()
    assert english["reasons"]["no_csca"]["text"].startswith("This service has no root certificate")
    assert client.get("/v1/catalogue", params={"lang": "de"}).json()["code"] == "validation_failed"


def test_other_languages_do_not_exist() -> None:
    with pytest.raises(ServiceError):
        FileCatalogue().texts("../en")
