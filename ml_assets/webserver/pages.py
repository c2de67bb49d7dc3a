"""The pages of the webserver, made of the same documents as the static ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from dagster._core.workspace.context import BaseWorkspaceRequestContext

from ml_assets.core.pipeline import Declared
from ml_assets.core.shown_as import job_of
from ml_assets.errors import RemoteError
from ml_assets.pages.html import render
from ml_assets.settings import Settings
from ml_assets.webserver.answers import place_of

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
    return render("index.html", document, title="Pipelines")


def error_page(message: str, *, base: str) -> str:
    """Why there is no other page."""
    return render("error.html", {"message": message, "base": base}, title="This page cannot be shown")


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


TITLES = {"form": "Launch", "runs": "Compare runs"}
PAGES: Mapping[str, Callable[[Visit], str]] = {}
"""The pages of one pipeline by the word in their address."""
