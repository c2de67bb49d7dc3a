"""Runs as rows of a document: their values as JSON, and what tells how to show them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic.fields import FieldInfo

from ml_assets.core.command import command
from ml_assets.core.field_types import field_type
from ml_assets.core.launch_link import Launchpad
from ml_assets.core.metrics import Metrics
from ml_assets.core.options import DEFAULT
from ml_assets.core.pipeline import Declared
from ml_assets.core.shown_as import params_of
from ml_assets.pages.lineage import LineageReader, Pair
from ml_assets.pages.stored_runs import Shown, StoredRuns
from ml_assets.pipeline.launchpads import launchpad_of
from ml_assets.settings import Settings

Document = dict[str, Any]
_NAMED = 5  # damaged runs that are named


@dataclass(frozen=True, kw_only=True)
class RunLinks:
    """Where the links of a run lead.

    Attributes:
        launchpad: of the job that makes such runs, in Dagster's pages.
        resource: that takes the parameters.
        form: the address of the form of the pipeline; "" for none.
        first: the reference of the pipeline that the settings name first.
        environment: what it is called in a command; `default` for that of the settings.
    """

    launchpad: Launchpad
    resource: str
    form: str = ""
    first: str = ""
    environment: str = DEFAULT

    def document(self) -> Document:
        """The launchpad, as JSON values."""
        return {
            **asdict(self.launchpad),
            "resource": self.resource,
            "environment": "" if self.environment == DEFAULT else self.environment,
        }


def links_of(
    pipeline: Declared,
    settings: Settings,
    *,
    environment: str = DEFAULT,
    launchpad: Launchpad | None = None,
    form: str = "",
) -> RunLinks:
    """The links of the runs of a pipeline.

    Args:
        pipeline: whose runs they are.
        settings: those in force.
        environment: where the runs are, as the settings name it; `default` for theirs.
        launchpad: of the job that makes such runs; by default where the settings say.
        form: the address of the form of the pipeline; "" for none.
    """
    return RunLinks(
        launchpad=launchpad or launchpad_of(pipeline, settings),
        resource=params_of(pipeline),
        form=form,
        first=settings.first_pipeline,
        environment=settings.in_a_command(environment),
    )


def rows_of(
    shown: Sequence[Shown], stored: StoredRuns, links: RunLinks, *, with_lineage: int = 0
) -> Document:
    """The rows of runs, and what their columns are: a part of a document.

    Args:
        shown: the runs, in order.
        stored: where they were read.
        links: where their links lead.
        with_lineage: of how many, the first ones, it is told what they were made of. Each pair stands once under
            `lineages`, and a row has their numbers.
    """
    reader, numbers = LineageReader(stored.store, stored.pipeline), dict[Pair, int]()
    rows = [_row(item, stored, links) for item in shown]
    for row, ((day, run_id), _) in zip(rows, shown[:with_lineage], strict=False):
        pairs = reader.pairs(day.key(run_id))
        row["lineage"] = [numbers.setdefault(pair, len(numbers)) for pair in pairs]
    return {"rows": rows, "lineages": [list(pair) for pair in numbers], "metrics": _metrics(shown, stored)}


def fields(pipeline: Declared) -> list[Document]:
    """The parameters in the order of their class: name, description, and type of the value or of each item."""
    return [_field(name, field) for name, field in pipeline.parameters.model_fields.items()]


def damaged(problems: Sequence[str]) -> Document:
    """How many runs cannot be told, and what is wrong with the first of them."""
    return {"count": len(problems), "first": list(problems[:_NAMED])}


def _row(item: Shown, stored: StoredRuns, links: RunLinks) -> Document:
    (day, run_id), run = item
    words = ("show", run_id)
    return {
        "run_id": run_id,
        "as_of": day.as_of.isoformat(),
        "set": run.parameter_set.name,
        "parameters": dict(run.parameters),
        "metrics": run.metrics,
        "created_at": run.created_at.strftime("%Y-%m-%d %H:%M UTC"),
        "show": command(*words, pipeline=stored.pipeline, first=links.first, environment=links.environment),
    }


def _metrics(shown: Sequence[Shown], stored: StoredRuns) -> list[Document]:
    """The metrics of these runs in the order in which they are shown; the ends of an interval belong to its metric."""
    metrics = Metrics.of(stored.pipeline)
    names = metrics.in_order(name for _, run in shown for name in run.metrics)
    return [_metric(name, metrics) for name in metrics.without_ends(names)]


def _metric(name: str, metrics: Metrics) -> Document:
    declared = metrics.get(name)
    ends = metrics.ends(name)
    return {
        "name": name,
        "declared": declared is not None and declared.name == name,
        "better": "none" if declared is None else declared.better,
        "margin": metrics.margin(name),
        "relative": metrics.is_relative(name),
        "interval": list(ends) if ends else None,
    }


def _field(name: str, field: FieldInfo) -> Document:
    declared = field_type(field)
    assert declared is not None  # the class is a pipeline's
    kind = {"container": declared.container, "type": declared.scalar.__name__}
    return {"name": name, "description": field.description or "", **kind}
