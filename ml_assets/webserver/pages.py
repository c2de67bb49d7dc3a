"""The pages of the webserver, made of the same documents as the static ones."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from dagster._core.workspace.context import BaseWorkspaceRequestContext

from ml_assets.core.launch_link import Launchpad
from ml_assets.core.metrics import Metrics
from ml_assets.core.pipeline import Declared
from ml_assets.core.shown_as import job_of
from ml_assets.core.sweep.sweep_parameters import USED_BY
from ml_assets.errors import RemoteError
from ml_assets.pages.form import form_document, form_page
from ml_assets.pages.html import render
from ml_assets.pages.runs import StoredRuns, links_of, runs_document, runs_page
from ml_assets.pipeline.launchpads import launchpad_of
from ml_assets.pipeline.released import store_of
from ml_assets.settings import Settings
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.webserver.answers import PERMISSIONS, place_of, refused

STYLE = "server.css"
TITLES = {"form": "Launch", "runs": "Runs"}
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
    launchpad, _ = _launchpad(pipeline, visit)
    server = _server(pipeline, visit)
    document = form_document(pipeline, visit.settings, launchpad=launchpad, server=server)
    return form_page(document, scripts=["server.js"], styles=[STYLE])


def runs_of(visit: Visit) -> str:
    """The runs of a pipeline in an environment, by default that of the settings: a page of them, or some side by side."""
    pipeline, settings = _the(visit), visit.settings
    environment = settings.named(visit.query.get("environment", "default"))
    form = f"{visit.base}/ml-assets/form/{quote(pipeline.name, safe='')}"
    launchpad, _ = _launchpad(pipeline, visit)
    links = links_of(pipeline, settings, environment=environment, launchpad=launchpad, form=form)
    stored = _stored_runs(pipeline, store_of(settings, environment), environment)
    return runs_page(runs_document(stored, visit.query, links=links))


@functools.lru_cache(maxsize=32)
def _stored_runs(pipeline: Declared, store: ArtifactStore, environment: str) -> StoredRuns:
    """One for all requests: it keeps what was read of manifests."""
    return StoredRuns(store, pipeline=pipeline, environment=environment)


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
    launchpad, why = _launchpad(pipeline, visit)
    return {"name": launchpad.job, "page": "" if why else launchpad.job_page, "why": why}


def _launchpad(pipeline: Declared, visit: Visit) -> tuple[Launchpad, str]:
    """That of its job, inside these pages; and why it is only where the settings say, "" where the job was found here."""
    launchpad = replace(launchpad_of(pipeline, visit.settings), base=visit.base)
    try:
        place = place_of(visit.context, launchpad.job)
    except RemoteError as error:
        return launchpad, str(error)
    return replace(launchpad, location=place.location, repository=place.repository), ""


PAGES: Mapping[str, Callable[[Visit], str]] = {"form": form_of, "runs": runs_of}
"""The pages of one pipeline by the word in their address."""
