"""Dagster's webserver with routes of its own under /ml-assets/: pages, and the API that they ask."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from dagster._core.workspace.context import BaseWorkspaceRequestContext, IWorkspaceProcessContext
from dagster_webserver.webserver import DagsterWebserver
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from ml_assets.core.pipeline import Declared
from ml_assets.errors import MlAssetsError, RefusedError
from ml_assets.finding import known_pipelines
from ml_assets.settings import load_settings
from ml_assets.webserver import pages
from ml_assets.webserver.answers import ANSWERS, Asker, as_json
from ml_assets.webserver.asked import field_problems
from ml_assets.webserver.incoming import ForeignError, TooLargeError, body_of
from ml_assets.webserver.pages import PAGES, Visit

ROOT = "/ml-assets"
LOGGER = logging.getLogger("ml_assets")


class NotFoundError(RefusedError):
    """There is no such pipeline."""


class Webserver(DagsterWebserver[IWorkspaceProcessContext[Any], BaseWorkspaceRequestContext]):
    """Dagster's webserver with our pages and their API beside its own.

    Dagster fact: the routes of `build_routes` are asked in their order, and its own last one takes any path.
    """

    def build_routes(self) -> list[BaseRoute]:
        """Ours first, then Dagster's."""
        ours = [
            Route("/", self._index),
            Route("/api/{pipeline}/{what}", self._api, methods=["POST"]),
            Route("/{page}/{pipeline}", self._page),
        ]
        below = f"{self._app_path_prefix}{ROOT}"
        return [
            Route(below, lambda _: RedirectResponse(f"{below}/")),
            Mount(below, routes=ours),
            *super().build_routes(),  # type: ignore[no-untyped-call]
        ]

    async def _index(self, request: Request) -> Response:
        return await run_in_threadpool(self._html, request, pages.index_page, "")

    async def _page(self, request: Request) -> Response:
        make = PAGES.get(request.path_params["page"])
        if make is None:
            return self._told(NotFoundError([f"page: unknown. Known: {', '.join(PAGES)}."]))
        return await run_in_threadpool(self._html, request, make, request.path_params["pipeline"])

    async def _api(self, request: Request) -> Response:
        try:
            body = await body_of(request)
        except RefusedError as error:
            return self._told(error)
        return await run_in_threadpool(self._answer, request, body)

    def _html(self, request: Request, make: Callable[[Visit], str], name: str) -> Response:
        """A page, or why there is none, also as a page."""
        status = 200
        try:
            settings = load_settings()
            known = known_pipelines(settings)
            pipeline = _named(name, known) if name else None
            with self.request_context(request) as context:
                visit = Visit(
                    known=known,
                    pipeline=pipeline,
                    settings=settings,
                    context=context,
                    query=dict(request.query_params),
                    base=self._app_path_prefix,
                )
                text = make(visit)
        except MlAssetsError as error:
            text, status = pages.error_page(str(error), base=self._app_path_prefix), _status(error)
        return HTMLResponse(text, status, headers={**self.make_security_headers(), **pages.HEADERS})

    def _answer(self, request: Request, body: Mapping[str, Any]) -> Response:
        pipeline = None
        try:
            settings = load_settings()
            pipeline = _named(request.path_params["pipeline"], known_pipelines(settings))
            if (answer := ANSWERS.get(request.path_params["what"])) is None:
                raise NotFoundError([f"what: unknown. Known: {', '.join(ANSWERS)}."])
            with self.request_context(request) as context:
                asker = Asker(
                    pipeline=pipeline,
                    settings=settings,
                    context=context,
                    body=body,
                    base=self._app_path_prefix,
                )
                return self._json(answer(asker))
        except MlAssetsError as error:
            return self._told(error, pipeline)

    def _told(self, error: MlAssetsError, pipeline: Declared | None = None) -> Response:
        """An error as a list of problems."""
        if isinstance(error, RefusedError) and pipeline is not None:
            problems = field_problems(error.problems, pipeline)
        else:
            lines = error.problems if isinstance(error, RefusedError) else [str(error)]
            problems = [{"field": "", "message": line} for line in lines]
        return self._json({"problems": problems}, status=_status(error))

    def _json(self, value: Mapping[str, Any], *, status: int = 200) -> Response:
        headers = {**self.make_security_headers(), **pages.HEADERS}
        return Response(as_json(value), status, headers=headers, media_type="application/json")


def _named(name: str, known: Mapping[str, Declared]) -> Declared:
    """A known pipeline; no other is loaded, whatever a path names."""
    if name not in known:
        raise NotFoundError([f"pipeline: unknown. Known: {', '.join(known)}."])
    return known[name]


def _status(error: MlAssetsError) -> int:
    """The HTTP status: the fault of who asks, or of what the server works with."""
    of_refusals = {NotFoundError: 404, TooLargeError: 413, ForeignError: 403}
    return of_refusals.get(type(error), 400) if isinstance(error, RefusedError) else 503
