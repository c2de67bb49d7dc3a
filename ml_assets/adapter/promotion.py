"""The act of promoting, as the job of a view; what was last promoted is an asset that nobody can materialize.

It is an external asset, whose events the job logs: "Materialize all" makes what is made for a day, and promotes nothing.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from ml_assets.adapter.launch_again import launchpads_of, link_entry
from ml_assets.adapter.parameters import resources_of_act
from ml_assets.adapter.record import DATA_VERSION_TAG
from ml_assets.adapter.refusal import our_words
from ml_assets.adapter.refused_at_launch import configured_at_launch
from ml_assets.adapter.start import refuse_mistyped
from ml_assets.adapter.view import OPTIONS, View
from ml_assets.core.comparison.text import HEAD as KPIS
from ml_assets.core.comparison.text import rows
from ml_assets.core.launch_link import used_values
from ml_assets.core.markup import plain as plain_text
from ml_assets.core.markup import table
from ml_assets.core.metrics import Metrics
from ml_assets.core.promotion.decision import HEAD, Decision
from ml_assets.core.promotion.parameters import (
    ASSET,
    PromotionParameters,
    check_promotion,
    promotion_parameters,
)
from ml_assets.core.release import LONGEST_NAME
from ml_assets.core.slices import metric_assets
from ml_assets.pipeline.launchpads import PROMOTE as KIND
from ml_assets.pipeline.promotion import Outcome, Promotion, promote
from ml_assets.pipeline.workspace import utc_now
from ml_assets.settings import load_settings


def promotion(view: View) -> dg.AssetSpec:
    """What was last promoted, and the decision that allowed it: the asset, of a view whose pipeline promotes something."""
    promoted = view.pipeline.promotes or ""
    return dg.AssetSpec(
        view.key(ASSET),
        deps=[view.key(asset) for asset in dict.fromkeys((promoted, metric_assets(view.pipeline)[0]))],
        group_name=view.group("releases"),
        kinds={"python", "json"},
        description=f"The {promoted} that was last copied to a production slot, byte for byte, because nothing spoke "
        f"against it, and why. The job {view.beside(KIND)} promotes: the option `environment` says where the {promoted} "
        f"is, ops.{view.step_of(ASSET)}.config which one, to where, and by how much it may be worse.",
    )


def promotion_job(view: View) -> dg.JobDefinition:
    """The job that promotes."""
    metrics = Metrics.of(view.pipeline)

    def refuse(values: Mapping[str, Any]) -> None:
        own = check_promotion(values, metrics=metrics, slots=load_settings().slots)
        own.closed_through(utc_now())

    @dg.op(
        name=view.step_of(ASSET),
        required_resource_keys={OPTIONS},
        config_schema=dict,  # what it takes is refused, and shown, by what is around it
        out=dg.Out(dg.Nothing),
    )
    def act(context: dg.OpExecutionContext) -> None:
        with our_words():
            refuse_mistyped(context, params=view.params)
            own = check_promotion(context.op_config, metrics=metrics, slots=load_settings().slots)
            _promote(context, own, view=view)

    shown = promotion_parameters(metrics, load_settings().slots)
    step = configured_at_launch(act, fields=shown.model_fields, refuse=refuse)

    @dg.job(
        resource_defs=resources_of_act(view),
        name=view.beside(KIND),
        description=f"Promote a {view.pipeline.promotes} to the slot that does not serve. Which one, and by how much it may "
        f"be worse: ops.{view.step_of(ASSET)}.config; where it was made: resources.options.",
    )
    def job() -> None:
        step()

    return job


def _promote(context: dg.OpExecutionContext, own: PromotionParameters, *, view: View) -> None:
    """Evaluate, record, and copy; a refusal fails the run and leaves the slot as it was."""
    settings = load_settings()
    by = settings.actor or context.run.tags.get("user", "") or f"Dagster run {context.run.run_id}"
    outcome = promote(
        Promotion(
            pipeline=view.pipeline,
            own=own,
            source=settings.named(context.resources.options.environment),
            by=by[:LONGEST_NAME],
            settings=settings,
        )
    )
    launchpads = launchpads_of(view, options=context.resources.options, run=context.run)
    launch = launchpads.of_job(view.beside(KIND), None, own={view.step_of(ASSET): used_values(own)})
    metadata = {**_metadata(outcome), **link_entry(launch)}
    if outcome.entry is None:
        lines = [outcome.decision.summary(), *outcome.decision.objections]
        raise dg.Failure("\n".join(lines), metadata=metadata, allow_retries=False)
    context.log_event(
        dg.AssetMaterialization(
            view.key(ASSET), metadata=metadata, tags={DATA_VERSION_TAG: outcome.digest[:16]}
        )
    )


def _metadata(outcome: Outcome) -> Mapping[str, Any]:
    """What was decided, on which grounds, and where the record is."""
    decision = outcome.decision
    kpis = decision.comparison.kpis if decision.comparison else ()
    return {
        "verdict": decision.summary(),
        "gates": dg.MetadataValue.md(_gates(decision)),
        "reference": decision.reference or "nothing served",
        "comparison": dg.MetadataValue.md(
            table(KPIS, rows(decision.comparison)) if decision.comparison else "none"
        ),
        **{f"{kpi.metric}_degradation": kpi.degradation for kpi in kpis},
        **({} if decision.try_number is None else {"try_number": decision.try_number}),
        "by": decision.by,
        "reason": decision.reason or "none given",
        "run_id": decision.run_id,
        "decision": dg.MetadataValue.path(outcome.log.decision_uri(outcome.digest)),
        "log": dg.MetadataValue.path(outcome.log.uri(outcome.entry.number if outcome.entry else None)),
        "sha256": decision.artifacts.get(decision.asset, "not known"),
    }


def _gates(decision: Decision) -> str:
    """The answers as a table; of several lines the first, for the comparison stands below."""
    return table(
        HEAD, [(name, answer, plain_text(text.partition("\n")[0])) for name, answer, text in decision.rows()]
    )
