"""Routes: first who asks, then the body, read strictly.

RFC 8259 leaves open which of two equal keys counts; it is not ours to choose.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any, Final, NoReturn

from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from service.api.v1.dependencies import admit

#: Members of one object. The largest of our bodies has fewer than 40; each unknown one costs an error message.
MAX_MEMBERS: Final = 1_000


class _StrictRequest(Request):
    async def json(self) -> Any:  # noqa: ANN401 as the framework declares it
        """The body; UTF-8 without a byte order mark, no key twice, no NaN.

        Raises:
            json.JSONDecodeError: anything else.
        """
        try:
            text = (await self.body()).decode("utf-8")
        except UnicodeDecodeError as error:
            raise json.JSONDecodeError("not UTF-8", "", 0) from error
        try:
            return json.loads(text, object_pairs_hook=_members, parse_constant=_no_constant)
        except RecursionError as error:
            raise json.JSONDecodeError("nested too deeply", "", 0) from error
        except ValueError as error:
            raise json.JSONDecodeError("not JSON", "", 0) from error


class GuardedRoute(APIRoute):
    """A route that asks who is calling before the framework reads anything of the body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The framework's handler behind `admit`."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            await run_in_threadpool(admit, request)
            return await handle(request)

        return guarded


class StrictJsonRoute(GuardedRoute):
    """The same, whose JSON body is read strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The guarded handler over a strict request."""
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive))

        return strictly


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs) or len(members) > MAX_MEMBERS:
        raise ValueError("a key twice, or too many")
    return members


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and infinities are no JSON")
