"""The asset `promotion`: what was last promoted, and the decision that allowed it."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from ml_assets.adapter.refusal import in_our_words
from ml_assets.adapter.refused_at_launch import refused_at_launch
from ml_assets.adapter.start import refuse_mistyped
from ml_assets.config import OptionsConfig, plain
from ml_assets.core.comparison.text import HEAD as KPIS
from ml_assets.core.comparison.text import rows
from ml_assets.core.markup import plain as plain_text
from ml_assets.core.markup import table
from ml_assets.core.promotion.decision import HEAD, Decision
from ml_assets.core.promotion.parameters import ASSET, to_one_of
from ml_assets.core.release import LONGEST_NAME
from ml_assets.defs.configs import PromotionConfig
from ml_assets.pipeline.promotion import Outcome, Promotion, promote
from ml_assets.pipeline.workspace import utc_now
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.beside import PromotionParameters, check_promotion
from ml_assets.settings import load_settings

JOB = "promote"


def _refuse(values: Mapping[str, Any]) -> None:
    """Raise RefusedError with every problem of the values; outcomes are closed through a complete day."""
    check_promotion(values, slots=load_settings().slots).closed_through(utc_now())


@refused_at_launch(
    fields=to_one_of(load_settings().slots, PromotionParameters).model_fields,
    refuse=_refuse,
)
@dg.asset(
    name=ASSET,
    deps=["model", "evaluation"],
    group_name="releases",
    kinds={"python", "json"},
    description="Copies a model to a production slot, byte for byte, where nothing speaks against it; what serves stays "
    "as it is. The option `environment` says where the model is. Its own config: model, to, window_days, through, "
    "margins, force, reason.",
)
@in_our_words
def promotion(
    context: dg.AssetExecutionContext, options: OptionsConfig, config: PromotionConfig
) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Evaluate, record, and copy; a refusal fails the run and leaves the slot as it was."""
    refuse_mistyped(context)
    settings = load_settings()
    own = check_promotion(plain(config, PromotionParameters).model_dump(), slots=settings.slots)
    by = settings.actor or context.run.tags.get("user", "") or f"Dagster run {context.run.run_id}"
    source = settings.named(options.environment)
    outcome = promote(
        Promotion(
            pipeline=tabular,
            own=own,
            source=source,
            by=by[:LONGEST_NAME],
            settings=settings,
        )
    )
    if outcome.entry is None:
        lines = [outcome.decision.summary(), *outcome.decision.objections]
        raise dg.Failure("\n".join(lines), metadata=_metadata(outcome), allow_retries=False)
    yield dg.MaterializeResult(metadata=_metadata(outcome), data_version=dg.DataVersion(outcome.digest[:16]))


promotion_job = dg.define_asset_job(
    JOB,
    selection=dg.AssetSelection.assets(ASSET),
    description="Promote a model to the slot that does not serve. Which one, and by how much it may be worse: "
    f"ops.{ASSET}.config; where it was trained: resources.options.",
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
