"""The table of access as a page shows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, WebSocketRoute

from service.api.guarded_socket import GuardedSocket
from service.api.rate_limit import READING
from service.api.v1.access import ACCESS, PUBLIC, ROLES, SCOPES


def access_table(routes: Iterable[BaseRoute]) -> str:
    """Each route with its callers, the roles one of which a person needs, the scopes one of which a token needs."""
    rows = sorted(row for route in routes for row in _rows(route))
    head = ["| route | callers | roles of people | scopes of tokens |", "|---|---|---|---|"]
    return "\n".join([*head, *(row for _, row in rows)]) + "\n"


def _rows(route: BaseRoute) -> list[tuple[tuple[str, str], str]]:
    if isinstance(route, APIRoute):
        return [_row(route.path, method, str(route.operation_id)) for method in sorted(route.methods or ())]
    if isinstance(route, WebSocketRoute) and isinstance(route.app, GuardedSocket):
        return [_row(route.path, "WebSocket", route.app.operation_id)]
    return []


def _row(path: str, method: str, operation: str) -> tuple[tuple[str, str], str]:
    if operation in PUBLIC:
        callers = "anybody" if operation in READING else "whoever shows a secret"
    else:
        callers = _words(ACCESS[operation])
    cells = (callers, _words(ROLES.get(operation, ())), _words(SCOPES.get(operation, ())))
    return (path, method), f"| `{method} {path}` | {' | '.join(cells)} |"


def _words(names: Sequence[str] | frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "-"
