"""Both chains, without a database: what fits is whole, and no damage stays unseen."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.audit_chain import (
    GENESIS,
    START,
    Break,
    BreakKind,
    Head,
    Walk,
    chained,
    pseudonym,
    read_row,
)
from tests.budgets import light
from tests.service.audit.trail import MEMBERS, audit_entry, rewritten, rows, walked

WHOLE = rows(12)
HEAD = Head(12, WHOLE[-1]["digest"])


def test_the_digest_is_as_documented() -> None:
    """docs/audit.md, written down once more with nothing but json and hashlib."""
    first = WHOLE[0]
    content = (
        '{"action":"opened","actor":"ac_A","at":"2026-11-24T09:30:00Z",'
        '"details":{"count":0,"ok":true,"reason":null,"text":"å"},"organisation":"Region A","organisation_number":1,'
        f'"organisation_previous":"{"0" * 64}","software":"0.1.0","verification_id":"vs_0"}}'
    )
    link = (
        f'{{"content":"{hashlib.sha256(content.encode()).hexdigest()}","number":1,'
        f'"previous":"{"0" * 64}","schema":"passkoll/audit/1"}}'
    )
    assert first["digest"] == hashlib.sha256(link.encode()).hexdigest()
    assert (first["previous"], GENESIS) == ("0" * 64, "0" * 64)


def test_independent_code_makes_the_same_chains() -> None:
    assert rewritten(WHOLE) == WHOLE


def test_both_chains_are_straight() -> None:
    assert walked(WHOLE, HEAD) is None
    for organisation in ("Region A", "Region B"):
        own = [row for row in WHOLE if row["organisation"] == organisation]
        assert [row["organisation_number"] for row in own] == list(range(1, len(own) + 1))
        assert [row["organisation_previous"] for row in own] == [GENESIS, *(row["digest"] for row in own[:-1])]


def test_nothing_is_whole() -> None:
    assert walked([], START) is None


#: Values of every type that a hand could leave in a row.
ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(-3, 15), st.text(max_size=8), st.binary(max_size=8))
_AT = st.integers(0, len(WHOLE) - 1)
DAMAGES = st.one_of(
    st.tuples(st.just("change"), _AT, st.sampled_from([name for name in MEMBERS if name != "number"]), ANYTHING),
    st.tuples(st.just("digit"), _AT, st.sampled_from(["digest", "previous", "organisation_previous"]), st.none()),
    st.tuples(st.just("remove"), _AT, st.none(), st.none()),
    st.tuples(st.just("cut"), _AT, st.none(), st.none()),
    st.tuples(st.just("swap"), _AT, _AT, st.none()),
    st.tuples(st.just("insert"), _AT, st.integers(-2, 30), st.none()),
)


def _damaged(found, damage):
    kind, at, more, value = damage
    changed = [dict(row) for row in found]
    if kind == "change":
        changed[at][more] = value
    elif kind == "digit":
        text = changed[at][more]
        if not isinstance(text, str) or not text:
            return changed  # an earlier damage left no digit here
        changed[at][more] = ("1" if text[0] == "0" else "0") + text[1:]
    elif kind == "remove":
        del changed[at]
    elif kind == "cut":
        del changed[at:]
    elif kind == "swap":
        changed[at]["number"], changed[more]["number"] = changed[more]["number"], changed[at]["number"]
    else:
        if more in {row["number"] for row in changed}:
            return changed  # no database takes a number twice
        changed.append({**changed[at], "number": more})
    return changed


def _ordered(found):
    return sorted(found, key=lambda row: row["number"])


@light
@given(st.lists(DAMAGES, min_size=1, max_size=4))
def test_no_damage_stays_unseen(damages) -> None:
    found = WHOLE
    for damage in damages:
        if damage[0] in ("change", "digit", "remove", "swap", "insert") and len(found) < len(WHOLE):
            break
        found = _damaged(found, damage)
    broken = walked(found, HEAD)
    unchanged = json.dumps(_ordered(found), default=repr) == json.dumps(WHOLE, default=repr)
    assert (broken is None) == unchanged, (damages, broken)


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (("change", 4, "action", "cancelled"), Break(5, BreakKind.CHANGED)),
        (("change", 4, "details", '{"count": 4}'), Break(5, BreakKind.UNREADABLE)),
        (("change", 4, "verification_id", 7), Break(5, BreakKind.UNREADABLE)),
        (("remove", 4, None, None), Break(5, BreakKind.MISSING)),
        (("remove", 0, None, None), Break(1, BreakKind.MISSING)),
        (("swap", 4, 7, None), Break(5, BreakKind.CHANGED)),
        (("insert", 4, 0, None), Break(1, BreakKind.INSERTED)),
        (("insert", 4, 13, None), Break(13, BreakKind.CHANGED)),
        (("cut", 11, None, None), Break(12, BreakKind.CUT_OFF)),
        (("cut", 0, None, None), Break(1, BreakKind.CUT_OFF)),
    ],
)
def test_the_first_entry_that_does_not_fit_is_named(damage, expected) -> None:
    assert walked(_damaged(WHOLE, damage), HEAD) == expected


def test_an_entry_that_is_rewritten_with_its_digest_breaks_the_next_link() -> None:
    forged = rewritten([{**row, "action": "cancelled"} if row["number"] == 5 else row for row in WHOLE])
    assert walked([*WHOLE[:4], forged[4], *WHOLE[5:]], HEAD) == Break(6, BreakKind.NOT_LINKED)


def test_an_organisations_chain_is_followed_too() -> None:
    """An entry that fits the chain over everything and not that of its organisation."""
    after = Head(2, WHOLE[1]["digest"])
    wrong = chained(audit_entry(2), "ac_A", "0.1.0", after, START)
    from tests.service.audit.trail import stored

    assert walked([*WHOLE[:2], stored(wrong)], wrong.head) == Break(3, BreakKind.ORGANISATION_NOT_LINKED)


def test_a_trail_that_is_rewritten_whole_differs_from_a_checkpoint() -> None:
    forged = rewritten([{**row, "actor": "ac_B"} if row["number"] == 5 else row for row in WHOLE])
    head = Head(12, forged[-1]["digest"])
    assert walked(forged, head) is None
    assert walked(forged, head, {4: WHOLE[3]["digest"]}) is None
    assert walked(forged, head, {9: WHOLE[8]["digest"]}) == Break(9, BreakKind.CHECKPOINT_DIFFERS)


def test_a_trail_that_is_cut_with_its_head_ends_before_a_checkpoint() -> None:
    kept = WHOLE[:8]
    head = Head(8, kept[-1]["digest"])
    assert walked(kept, head) is None
    assert walked(kept, head, {12: WHOLE[-1]["digest"]}) == Break(9, BreakKind.CUT_OFF)


def test_a_walk_can_begin_behind_a_checkpoint() -> None:
    walk = Walk(Head(5, WHOLE[4]["digest"]))
    assert [walk.step(row) for row in WHOLE[5:]] == [None] * 7
    assert walk.end(HEAD) is None
    assert Walk(Head(5, "1" * 64)).step(WHOLE[5]) == Break(6, BreakKind.NOT_LINKED)


@pytest.mark.parametrize("value", [1.5, b"x", ["x"], {"x": 1}])
def test_details_are_codes_and_counts(value) -> None:
    with pytest.raises(ValueError, match="codes and counts"):
        chained(replace(audit_entry(0), details={"x": value}), "ac_A", "0.1.0", START, START)


def test_a_time_has_a_zone() -> None:
    entry = audit_entry(0)
    with pytest.raises(ValueError, match="zone"):
        chained(replace(entry, at=entry.at.replace(tzinfo=None)), "ac_A", "0.1.0", START, START)


def test_a_pseudonym_is_an_hmac_under_a_secret_of_its_own() -> None:
    """Nobody finds the person by trying names, and nobody can put another person behind it."""
    expected = hmac.new(b"s" * 32, '["Region Ö","anna"]'.encode(), hashlib.sha256).digest()
    assert pseudonym(b"s" * 32, "Region Ö", "anna") == "ac_" + base64.b32encode(expected).decode().rstrip("=")
    assert len({pseudonym(salt * 32, "A", name) for salt in (b"s", b"t") for name in ("anna", "bo")}) == 4


@pytest.mark.parametrize(
    "details", ['{"a":1.0}', '{"a":NaN}', '{"a":1,"a":1}', "[]", '"', "{" * 9_000, '{"a":"\\ud800"}']
)
def test_details_that_nobody_wrote_here_are_unreadable(details) -> None:
    assert read_row({**WHOLE[0], "details": details}) is None
