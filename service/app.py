"""The web application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from anyio import CapacityLimiter
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.types import ASGIApp, Lifespan

from mrtd.version import VERSION
from service import log, wiring
from service.api.body_limit import BodyLimit
from service.api.client_address import ClientAddress
from service.api.guarded_socket import DeniedSockets, GuardedSocket
from service.api.live_socket import LIVE_THREADS, LiveWork
from service.api.only_secure import OnlySecure
from service.api.request_context import RequestContext
from service.api.strict_json import GuardedRoute
from service.api.v1 import (
    devices,
    hand_overs,
    inspections,
    life,
    live,
    live_schemas,
    meta,
    oauth,
    orders,
    pairings,
    people,
    photos,
    pictures,
    portraits,
    results,
    schemas,
    sessions,
    sign_in,
    verifications,
)
from service.api.v1.access import ACCESS, PUBLIC
from service.api.v1.oauth import handle_oauth_errors
from service.api.v1.problems import handle_problems
from service.domain.proxies import TrustedProxies
from service.settings import Settings
from service.trust_notice import log_trust

_ROUTERS: Final = (
    verifications.router,
    live.router,
    life.router,
    hand_overs.router,
    orders.router,
    photos.router,
    pictures.router,
    sign_in.router,
    sessions.router,
    people.router,
    portraits.router,
    results.router,
    inspections.router,
    oauth.router,
    devices.router,
    pairings.router,
    meta.router,
)


class Application(FastAPI):
    """FastAPI with the request's context around everything, answers to faults included."""

    def build_middleware_stack(self) -> ASGIApp:
        """The framework's stack inside ours."""
        services = getattr(self.state, "services", None)
        proxies = TrustedProxies() if services is None else services.proxies
        stack: ASGIApp = DeniedSockets(super().build_middleware_stack())
        if proxies.only_secure:
            stack = OnlySecure(stack)
        context = RequestContext(stack, None if services is None else services.telemetry)
        return ClientAddress(context, proxies)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application that `settings` describe, by default those of the environment.

    Raises:
        ConfigurationError: the service must not start like this.
    """
    settings = settings or Settings()
    log.configure(settings.log_level)
    services = wiring.wire(settings)
    log_trust(services)
    return application(services)


def application(services: wiring.Services) -> FastAPI:
    """The application over services that are wired already."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        services.start()
        yield
        services.close()

    app = _routes(lifespan)
    app.state.services = services
    app.state.live_work = LiveWork(CapacityLimiter(LIVE_THREADS), services.telemetry)
    return app


def contract() -> dict[str, Any]:
    """The OpenAPI description, without starting anything."""
    return openapi(_routes(None))


def _routes(lifespan: Lifespan[FastAPI] | None) -> FastAPI:
    app = Application(
        title="Passkoll",
        summary="Verifies passports on the spot and hands over a signed identity",
        version=VERSION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        # A redirect would be built from the Host header, which anybody can choose.
        redirect_slashes=False,
        middleware=[Middleware(BodyLimit)],
        lifespan=lifespan,
    )
    handle_problems(app)
    handle_oauth_errors(app)
    for router in _ROUTERS:
        app.include_router(router)
    _require_access_rules()
    app.openapi = lambda: openapi(app)  # type: ignore[method-assign]
    return app


def openapi(app: FastAPI) -> dict[str, Any]:
    """The contract: FastAPI's description, with problem details in the place of its own validation error."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            routes=app.routes,
            license_info=app.license_info,
        )
        components = schema["components"]["schemas"]
        for own in (schemas.Problem, schemas.Report, live_schemas.LiveClientFrame):
            described = own.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
            components.update(described.pop("$defs", {}))
            components[own.__name__] = described
        components.pop("HTTPValidationError", None)
        components.pop("ValidationError", None)
        for path in schema["paths"].values():
            for operation in path.values():
                _drop_framework_validation(operation)
        app.openapi_schema = schema
    return app.openapi_schema


def _drop_framework_validation(operation: dict[str, Any]) -> None:
    """Remove the 422 that FastAPI adds by itself; ours name their codes."""
    described = operation["responses"].get("422")
    if described is not None and "application/json" in described.get("content", {}):
        del operation["responses"]["422"]


def _require_access_rules() -> None:
    """Refuse to start with a route that nobody decided about, or a rule for a route that is not there.

    Nor with one whose callers are not asked who they are before anything else.
    """
    routes = [route for router in _ROUTERS for route in router.routes]
    unguarded = [route for route in routes if _operation(route) is None]
    if unguarded:
        raise RuntimeError(f"routes that do not ask who is calling: {unguarded}")
    operations = {_operation(route) for route in routes}
    if operations != ACCESS.keys() | PUBLIC:
        raise RuntimeError(
            f"routes without a rule, or rules without a route: {operations ^ (ACCESS.keys() | PUBLIC)}"
        )


def _operation(route: BaseRoute) -> str | None:
    """The name of a route in the table of access; None where nobody is asked who they are."""
    if isinstance(route, GuardedRoute):
        return route.operation_id
    if isinstance(route, WebSocketRoute) and isinstance(route.app, GuardedSocket):
        return route.app.operation_id
    return None
