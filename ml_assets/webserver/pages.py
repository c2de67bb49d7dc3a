"""The pages of the webserver, made of the same documents as the static ones."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from dagster._core.workspace.context import BaseWorkspaceRequestContext

from ml_assets.core.metrics import Metrics
from ml_assets.core.pipeline import Declared
from ml_assets.core.shown_as import job_of
from ml_assets.core.sweep.sweep_parameters import USED_BY
from ml_assets.errors import RemoteError
from ml_assets.pages.form import form_document, form_page
from ml_assets.pages.html import render
from ml_assets.settings import Settings
from ml_assets.webserver.answers import PERMISSIONS, place_of, refused

STYLE = "server.css"
TITLES = {"form": "Launch"}
HEADERS = {"Content-Security-Policy": "frame-ancestors 'none'"}
"""What a page cannot say of itself; the rest of its policy stands in it."""


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Who looks at a page, and at which.

    Attributes:
        known: every pipeline by name.
        pipeline: the one that the page is about; None where it is about all.
        settings: those in force.
        context: what Dagster lets the visitor see and do.
        query: what stands in the address.
        base: the path below which Dagster's pages are; "" for none.
    """

    known: Mapping[str, Declared]
    pipeline: Declared | None
    settings: Settings
    context: BaseWorkspaceRequestContext
    query: Mapping[str, str]
    base: str


def index_page(visit: Visit) -> str:
    """Every pipeline, with links to its form, its runs and its job."""
    pipelines = [_entry(pipeline, visit) for pipeline in visit.known.values()]
    pages = [{"path": path, "title": TITLES[path]} for path in PAGES]
    document = {"pipelines": pipelines, "pages": pages, "base": visit.base}
    return render("index.html", document, title="Pipelines", styles=[STYLE])


def form_of(visit: Visit) -> str:
    """The form of a pipeline, with what the server tells and does."""
    pipeline = _the(visit)
    document = form_document(pipeline, visit.settings, base=visit.base, server=_server(pipeline, visit))
    with suppress(RemoteError):  # the buttons say so
        place = place_of(visit.context, job_of(pipeline))
        where = {"location": place.location, "repository": place.repository}
        document["launchpad"] = {**document["launchpad"], **where}
    return form_page(document, scripts=["server.js"], styles=[STYLE])


def error_page(message: str, *, base: str) -> str:
    """Why there is no other page."""
    return render("error.html", {"message": message, "base": base}, title="This page cannot be shown")


def _the(visit: Visit) -> Declared:
    assert visit.pipeline is not None
    return visit.pipeline


def _server(pipeline: Declared, visit: Visit) -> dict[str, Any]:
    """What the form may ask and do here, and why it may not."""
    try:
        refusals = refused(visit.context, place_of(visit.context, job_of(pipeline)))
    except RemoteError as error:
        refusals = dict.fromkeys(PERMISSIONS, str(error))
    metrics = Metrics.of(pipeline).ranked
    return {
        "api": f"{visit.base}/ml-assets/api/{pipeline.name}",
        "graphql": f"{visit.base}/graphql",
        "index": f"{visit.base}/ml-assets/",
        "job": _job(pipeline, visit)["page"] or f"{visit.base}/",
        "refused": refusals,
        "sweep": {"searches": list(USED_BY), "metrics": list(metrics)} if metrics else None,
    }


def _entry(pipeline: Declared, visit: Visit) -> dict[str, Any]:
    about = (pipeline.parameters.__doc__ or "").strip().partition("\n")[0]
    return {
        "name": pipeline.name,
        "about": about,
        "assets": list(pipeline.assets),
        "job": _job(pipeline, visit),
    }


def _job(pipeline: Declared, visit: Visit) -> dict[str, str]:
    """The page of its job in Dagster; none where no code location here has it."""
    job = job_of(pipeline)
    try:
        place = place_of(visit.context, job)
    except RemoteError as error:
        return {"name": job, "page": "", "why": str(error)}
    where = quote(f"{place.repository}@{place.location}", safe="@")
    return {"name": job, "page": f"{visit.base}/locations/{where}/jobs/{quote(job, safe='')}", "why": ""}


PAGES: Mapping[str, Callable[[Visit], str]] = {"form": form_of}
"""The pages of one pipeline by the word in their address."""
