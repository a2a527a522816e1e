"""An extract for people to read: plain text in Swedish and English."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from service.usecases.audit_words import ACTIONS
from service.usecases.subject_words import CLASSES, FIELDS, INFORMATION, KINDS, LANGUAGES, WORDS

__all__ = ["LANGUAGES", "extract_text"]

_Texts = Mapping[str, Mapping[str, Mapping[str, str]]]
_INDENT: Final = "  "


def extract_text(language: str, texts: _Texts, extract: Mapping[str, Any]) -> str:
    """The whole extract.

    Args:
        language: one of `LANGUAGES`.
        texts: of the catalogue in that language.
        extract: what `extract.json` holds.
    """
    return "\n".join(_lines(language, texts, extract)) + "\n"


def _lines(language: str, texts: _Texts, extract: Mapping[str, Any]) -> Iterator[str]:
    words = WORDS[language]
    document = extract["document"]
    yield from _title(words["title"], "=")
    yield f"{words['controller']}: {extract['organisation']}"
    yield f"{words['made_at']}: {extract['made_at']}"
    yield f"{words['document']}: {document['issuing_state']} {document['document_number']}"
    yield f"{words['cases']}: {len(extract['cases'])}"
    yield ""
    yield words["before"]
    for heading, text in INFORMATION[language]:
        yield ""
        yield from _title(heading, "-")
        yield text
    for case in extract["cases"]:
        yield ""
        yield from _case(language, texts, case)


def _case(language: str, texts: _Texts, case: Mapping[str, Any]) -> Iterator[str]:
    words = WORDS[language]
    yield from _title(f"{words['case']} {case['id']}", "=")
    yield f"{words['purpose']}: {KINDS[language].get(case['kind'], case['kind'])}"
    yield f"{words['order_reference']}: {_or_none(words, case['order_reference'])}"
    yield f"{words['opened_at']}: {case['opened_at']}"
    yield f"{words['state']}: {_said(texts, 'states', case['state'])}"
    if case["reason"] is not None:
        yield f"{words['reason']}: {_said(texts, 'reasons', case['reason'])}"
    if not case["whole"]:
        yield words["two_documents"]
    yield from _section(words["person"], _person(language, case["person"]))
    yield from _section(words["printed_lines"], (line for one in case["printed_lines"] for line in one["lines"]))
    yield from _section(words["chip"], () if case["chip"] is None else case["chip"]["files"])
    yield from _section(words["outcome"], _outcome(words, texts, case))
    yield from _section(
        words["notices"], (f"{one['version']} ({one['language']}), {one['given_at']}" for one in case["notices"])
    )
    yield from _section(words["reviews"], _reviews(words, case["reviews"]))
    yield from _section(words["result"], _result(words, case))
    yield from _section(
        words["recipients"], (f"{one['at']}: {_or_none(words, one['recipient'])}" for one in case["recipients"])
    )
    yield from _section(words["retention"], _retention(language, case["kept"]))
    yield from _section(
        words["history"],
        (f"{one['at']}: {ACTIONS[language].get(one['action'], one['action'])}" for one in case["history"]),
    )
    yield from _section(words["files"], case["files"])


def _person(language: str, person: Mapping[str, Any] | None) -> Iterator[str]:
    """The fields that say something."""
    for name, values in (person or {}).items():
        for field, value in values.items():
            if value not in (None, "", [], {}, 0):
                yield f"{name} {FIELDS[language].get(field, field)}: {_plain(value)}"


def _outcome(words: Mapping[str, str], texts: _Texts, case: Mapping[str, Any]) -> Iterator[str]:
    if case["verdict"] is not None:
        yield f"{words['machine']}: {_said(texts, 'outcomes', case['verdict']['outcome'])}"
    for finding in case["findings"]:
        yield f"{words['finding']}: {finding['code']}"
    for answer in case["status_lookups"]:
        yield f"{words['register']} {answer['source']}: {answer['status']}, {answer['at']}"
    revocation = case["revocation"]
    if revocation is not None:
        yield f"{words['revocation']}: {revocation['reason']}, {_or_none(words, revocation['confirmed_at'])}"
        if revocation["note"] is not None:
            yield f"{_INDENT}{revocation['note']}"


def _reviews(words: Mapping[str, str], reviews: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for review in reviews:
        yield f"{words['reviewer']} {review['reviewer']}, {review['at']}: {words[review['decision']]}"
        if review["reason"] is not None:
            yield f"{_INDENT}{review['reason']}"
        if review["printed_name"] is not None:
            yield f"{_INDENT}{words['printed_name']}: {_plain(list(review['printed_name'].values()))}"


def _result(words: Mapping[str, str], case: Mapping[str, Any]) -> Iterator[str]:
    result = case["result"]
    if result is not None:
        yield f"{words['issued_at']}: {result['issued_at']} ({result['status']})"
        if result["consumed_at"] is not None:
            yield f"{words['consumed_at']}: {result['consumed_at']}, {result['consumed_by_order']}"


def _retention(language: str, kept: Mapping[str, Any]) -> Iterator[str]:
    words = WORDS[language]
    for period in kept["periods"]:
        until = f"{words['until']} {period['until']} ({period['decision']})" if period["kept"] else words["not_kept"]
        yield f"{CLASSES[language][period['class']]}: {until}"
    if kept["frozen"] is not None:
        yield f"{words['frozen']}: {kept['frozen']['reason']}, {kept['frozen']['since']}"
    for erasure in kept["erasures"]:
        parts = (CLASSES[language][name] for name in CLASSES[language] if name in erasure)
        yield f"{words['erased']}: {erasure['at']}, {', '.join(parts)}"


def _title(text: str, line: str) -> tuple[str, str]:
    return text, line * len(text)


def _section(heading: str, lines: Iterator[str] | Sequence[str]) -> Iterator[str]:
    """A heading and what stands below it; nothing where nothing does."""
    found = list(lines)
    if found:
        yield ""
        yield f"{heading}:"
        yield from (f"{_INDENT}{line}" for line in found)


def _said(texts: _Texts, group: str, code: str) -> str:
    """The text of a code, and the code itself."""
    text = texts.get(group, {}).get(code, {}).get("text")
    return code if text is None else f"{text} ({code})"


def _plain(value: object) -> str:
    """A value in one line: whatever a document holds, it is no layout."""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return " ".join(text.replace("<", " ").split())


def _or_none(words: Mapping[str, str], value: object) -> str:
    return words["none"] if value is None else str(value)
