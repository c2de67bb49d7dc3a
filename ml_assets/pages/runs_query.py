"""What a listing of runs is asked for, read from the texts of an address: every problem of it at once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ml_assets.core.pipeline import Declared
from ml_assets.core.where import ANY, Filter, parse
from ml_assets.errors import RefusedError

Order = Literal["asc", "desc"]
MOST_COMPARED = 8
_RUN_ID = re.compile(r"^[0-9a-f]{12}\Z")
_NAME = re.compile(r"^[A-Za-z_][\w.]{0,199}\Z")
_PAGE = re.compile(r"^[1-9][0-9]{0,6}\Z")
NEWEST_FIRST = "as_of"


@dataclass(frozen=True, kw_only=True)
class RunsQuery:
    """A sound request.

    Attributes:
        where: the filter.
        sort: what the runs are ordered by: `as_of`, `run_id`, a parameter or a metric.
        order: which of them come first, the smallest or the largest; those without a value come last.
        page: which part of them is shown; the first is 1.
        compare: the run_ids that are shown side by side instead.
    """

    where: Filter = ANY
    sort: str = NEWEST_FIRST
    order: Order = "desc"
    page: int = 1
    compare: tuple[str, ...] = ()


def read_query(texts: Mapping[str, str], *, pipeline: Declared) -> RunsQuery:
    """The request that an address holds: `where`, `sort`, `order`, `page`, `compare`; other names are ignored.

    Raises:
        RefusedError: with every problem of it; a filter is refused in the words of `ml-assets list --where`.
    """
    problems = list[str]()
    where = _where(texts.get("where", ""), pipeline, problems)
    sort, order = texts.get("sort") or NEWEST_FIRST, texts.get("order") or "desc"
    if not _NAME.match(sort):
        problems.append("sort: no name. Allowed: as_of, run_id, a parameter or a metric.")
    if order not in ("asc", "desc"):
        problems.append("order: unknown. Allowed: asc, desc.")
    page = texts.get("page") or "1"
    if not _PAGE.match(page):
        problems.append("page: not a page. Allowed: a whole number from 1.")
    compare = tuple(dict.fromkeys(filter(None, texts.get("compare", "").split(","))))
    if len(compare) > MOST_COMPARED or not all(map(_RUN_ID.match, compare)):
        problems.append(f"compare: not run_ids. Allowed: up to {MOST_COMPARED}, with commas between them.")
    if problems:
        raise RefusedError(problems)
    way: Order = "asc" if order == "asc" else "desc"
    return RunsQuery(where=where, sort=sort, order=way, page=int(page), compare=compare)


def _where(text: str, pipeline: Declared, problems: list[str]) -> Filter:
    try:
        return Filter.of(parse(text, cls=pipeline.parameters), pipeline=pipeline)
    except RefusedError as error:
        problems.extend(error.problems)
        return ANY
