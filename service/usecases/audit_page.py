"""The page of a case for people, in Swedish and English: plain HTML that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from service.usecases.audit_words import ACTIONS, WORDS

_Texts = Mapping[str, Mapping[str, Mapping[str, str]]]

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}"
    "td,th{border:1px solid #767676;padding:.25rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}"
    ".notice{border:2px solid;padding:.5rem}"
)


def case_page(language: str, texts: _Texts, case: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> str:
    """The page.

    Args:
        language: one of `LANGUAGES`.
        texts: of the catalogue in that language.
        case: what `case.json` holds.
        lines: what `audit-entries.json` holds.
    """
    words, actions = WORDS[language], ACTIONS[language]
    verification = case["verification"]
    title = f"{words['title']} {verification['id']}"
    return "\n".join(
        (
            f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">',
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{escape(title)}</h1>",
            f'<p class="notice">{escape(words["notice"])}</p>',
            _facts(words, texts, case, verification),
            f"<h2>{words['reviews']}</h2>",
            _table(
                (words["reviewer"], words["decision"], words["reason"], words["at"]),
                [[review[name] for name in ("reviewer", "decision", "reason", "at")] for review in case["reviews"]],
            ),
            f"<h2>{words['trail']}</h2>",
            _table(
                (words["number"], words["at"], words["person"], words["action"], words["details"]),
                [_line(words, actions, line) for line in lines],
            ),
            f"<p>{escape(words['verify'])}</p>",
            "</body></html>\n",
        )
    )


def _facts(words: Mapping[str, str], texts: _Texts, case: Mapping[str, Any], verification: Mapping[str, Any]) -> str:
    verdict, result = case["verdict"] or {}, case["result"] or {}
    facts = {
        "organisation": verification["organisation"],
        "order_reference": verification["order_reference"],
        "created_at": verification["created_at"],
        "changed_at": verification["changed_at"],
        "state": _said(texts, "states", verification["state"]),
        "reason": _said(texts, "reasons", verification["reason"]),
        "outcome": _said(texts, "outcomes", verdict.get("outcome")),
        "policy": verdict.get("policy"),
        "trust_store": case["trust_store"],
        "report": words[case["report"]],
        "erased_parts": ", ".join(case["erased"]) or words["none"],
        "result": result.get("txn"),
        "findings": ", ".join(finding["code"] for finding in case.get("findings", ())) or words["none"],
        "status_lookups": ", ".join(f"{one['source']}: {one['status']}" for one in case.get("status_lookups", ()))
        or words["none"],
        "rejudgements": _rejudged(words, case.get("rejudgements", ())),
    }
    return _table(None, [[words[name], value] for name, value in facts.items()])


def _rejudged(words: Mapping[str, str], rejudgements: Sequence[Mapping[str, Any]]) -> str:
    """Each judgement that changed how the decision stands."""
    return (
        "; ".join(
            " ".join((one["at"], words["in_force"] if one["in_force"] else words["withdrawn"], *one["reasons"]))
            for one in rejudgements
        )
        or words["none"]
    )


def _said(texts: _Texts, group: str, code: str | None) -> str | None:
    """The text of a code, and the code itself, which is what other systems know."""
    if code is None:
        return None
    text = texts.get(group, {}).get(code, {}).get("text")
    return code if text is None else f"{text} ({code})"


def _line(words: Mapping[str, str], actions: Mapping[str, str], line: Mapping[str, Any]) -> list[object]:
    content = line["content"]
    code = content["action"]
    action = f"{actions[code]} ({code})" if code in actions else code
    details = "; ".join(f"{name}: {value}" for name, value in content["details"].items())
    return [line["number"], content["at"], line["person"] or words["unnamed"], action, details]


def _table(head: Sequence[str] | None, rows: Sequence[Sequence[object]]) -> str:
    top = "" if head is None else _row('th scope="col"', "th", head)
    return f"<table>{top}{''.join(_row('td', 'td', row) for row in rows)}</table>"


def _row(opening: str, tag: str, cells: Sequence[object]) -> str:
    return f"<tr>{''.join(f'<{opening}>{_cell(cell)}</{tag}>' for cell in cells)}</tr>"


def _cell(value: object) -> str:
    return "–" if value is None else escape(str(value))
