"""The page that lists the runs of a pipeline and shows some of them side by side: its document, and its HTML.

The same page is served, a part of the runs at a time, and written into one file with all of them in it.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from ml_assets.core.metrics import Metrics
from ml_assets.core.pipeline import Declared
from ml_assets.core.problems import suggest
from ml_assets.core.where import Filter
from ml_assets.errors import RefusedError, StoreError
from ml_assets.pages.html import render
from ml_assets.pages.runs_compared import compared, days_beside
from ml_assets.pages.runs_order import holds, needs_all, places_in_order, runs_in_order
from ml_assets.pages.runs_query import NEWEST_FIRST, RunsQuery, read_query
from ml_assets.pages.runs_rows import Document, RunLinks, damaged, fields, links_of, rows_of
from ml_assets.pages.stored_runs import BUDGET_S, Shown, StoredRuns
from ml_assets.storage.artifact_store import DayFolder

__all__ = ["RunLinks", "StoredRuns", "links_of", "runs_document", "runs_file_document", "runs_page"]

PAGE = 50
SCRIPTS = (
    "identity.js",
    "writing.js",
    "runs_state.js",
    "runs_where.js",
    "runs_cells.js",
    "runs_list.js",
    "runs_plot.js",
    "runs_compare.js",
    "runs.js",
)
MOST_ROWS = 5_000  # of a file: a browser holds them, and finds any at once


def runs_document(
    stored: StoredRuns,
    texts: Mapping[str, str],
    *,
    links: RunLinks,
    seconds: float | None = BUDGET_S,
) -> Document:
    """One page of the runs, or those that are compared, for the texts of an address.

    What cannot be asked for stands under `problems`, in words, in place of the runs.

    Args:
        stored: the runs.
        texts: `where`, `sort`, `order`, `page`, `compare`; each may be left out.
        links: where links of a run lead.
        seconds: how long manifests are read where more of them are needed than are shown; what is not read by then is
            counted under `reading`, and the next call goes on from there. None for as long as it takes.
    """
    document = _head(stored, links, where=texts.get("where", ""))
    try:
        query = read_query(texts, pipeline=stored.pipeline)
        if query.compare:
            return document | _comparison(stored, query, links)
        return document | _page(stored, query, links, seconds=seconds)
    except RefusedError as error:
        return document | {"problems": list(error.problems)}
    except StoreError as error:
        return document | {"problems": [str(error)]}


def runs_file_document(
    stored: StoredRuns, where: Filter, *, links: RunLinks, text: str = "", now: dt.datetime
) -> Document:
    """All runs that a filter admits, the newest first, each with what it was made of; at most `MOST_ROWS`.

    Args:
        stored: the runs.
        where: the filter.
        links: where links of a run lead.
        text: the words of the filter.
        now: the moment that the document is of (UTC).

    Raises:
        StoreError: the store cannot be read.
    """
    query = RunsQuery(where=where)
    places = [*places_in_order(stored.folders(where), query, stored.pipeline)]
    some = places if needs_all(query, stored.pipeline) else places[:MOST_ROWS]
    reading = stored.read(some, fresh=True)
    found = [item for item in reading.shown if holds(*item, where)]
    count = len(found) + len(places) - len(some)
    shown = found[:MOST_ROWS]
    return {
        **_head(stored, links, where=""),
        **rows_of(shown, stored, links, with_lineage=len(shown)),
        "static": True,
        "filtered": text,
        "written_at": now.strftime("%Y-%m-%d %H:%M UTC"),
        "total": len(shown),
        "cut": {"of": count} if count > len(shown) else None,
        "damaged": damaged(reading.damaged),
    }


def runs_page(document: Document) -> str:
    """The page of a document, as one HTML file."""
    return render(
        "runs.html",
        document,
        title=f"Runs of {document['pipeline']}",
        scripts=SCRIPTS,
        styles=["runs.css"],
        connect=not document["static"],
    )


def _head(stored: StoredRuns, links: RunLinks, *, where: str) -> Document:
    """What each document has, at first without runs."""
    return {
        "pipeline": stored.pipeline.name,
        "asset": stored.asset,
        "root": stored.store.root,
        "environment": stored.environment,
        "static": False,
        "where": where,
        "problems": [],
        "total": 0,
        "page_size": PAGE,
        "reading": None,
        "cut": None,
        "damaged": damaged(()),
        "fields": fields(stored.pipeline),
        "differs": [],
        "metrics": [],
        "rows": [],
        "lineages": [],
        "compared": 0,
        "launchpad": links.document(),
        "form": links.form,
    }


def _page(stored: StoredRuns, query: RunsQuery, links: RunLinks, *, seconds: float | None) -> Document:
    """One page of the runs, each of which is read anew."""
    folders, first, reading = stored.folders(query.where), (query.page - 1) * PAGE, None
    total = sum(len(day.run_ids) for day in folders)
    if needs_all(query, stored.pipeline):
        found, unread = _admitted(stored, folders, query.where, seconds=seconds)
        reading = {"read": total - unread, "of": total} if unread else None
        total = len(found)
        ordered = (place for place, _ in runs_in_order(found, query, stored.pipeline))
    else:
        ordered = places_in_order(folders, query, stored.pipeline)
    fresh = stored.read([*islice(ordered, first, first + PAGE)], fresh=True)
    shown = [item for item in fresh.shown if holds(*item, query.where)]
    _refuse_unknown(query.sort, shown, stored.pipeline)
    return {
        **rows_of(shown, stored, links),
        "total": total,
        "reading": reading,
        "damaged": damaged(fresh.damaged),
        "differs": _different_values(folders, stored.pipeline),
    }


def _comparison(stored: StoredRuns, query: RunsQuery, links: RunLinks) -> Document:
    """The runs that were asked for, each with what it was made of, and the other days of their parameter sets."""
    found = compared(stored, query.compare)
    beside = days_beside(stored, found)
    rows = rows_of([*found, *beside], stored, links, with_lineage=len(found))
    return {**rows, "total": len(rows["rows"]), "compared": len(found)}


def _admitted(
    stored: StoredRuns, folders: Iterable[DayFolder], where: Filter, *, seconds: float | None
) -> tuple[list[Shown], int]:
    """The runs of which a filter holds, among those that could be read; and how many could not yet."""
    places = [(day, run_id) for day in folders for run_id in day.run_ids]
    reading = stored.read(places, seconds=seconds)
    return [item for item in reading.shown if holds(*item, where)], reading.unread


def _refuse_unknown(name: str, shown: Sequence[Shown], pipeline: Declared) -> None:
    """RefusedError where nothing of these runs has the name that they are ordered by."""
    known = [NEWEST_FIRST, "run_id", *pipeline.parameters.model_fields]
    is_metric = Metrics.of(pipeline).get(name) or any(name in run.metrics for _, run in shown)
    if shown and name not in known and not is_metric:
        names = [*known, *Metrics.of(pipeline).names]
        raise RefusedError([f"sort: {name} is unknown. {suggest(name, names)}"])


def _different_values(folders: Iterable[DayFolder], pipeline: Declared) -> list[str]:
    """The parameters in a path that have several values among all of these runs, be they on this page or not."""
    seen = {day.values for day in folders}
    return [name for name in pipeline.path if len({dict(values).get(name) for values in seen}) > 1]
