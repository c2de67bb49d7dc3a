"""The verdicts on a model, by what it predicts."""

import polars as pl

from ml_assets.core.contract import DatasetContract
from ml_assets.core.entities import entities, entity_name
from ml_assets.core.point_in_time import DAY
from ml_assets.core.scores import scored
from ml_assets.pipelines.tabular.monitoring.change import Evaluated, Rows
from ml_assets.pipelines.tabular.monitoring.decide import verdicts_of
from ml_assets.pipelines.tabular.monitoring.decide_classes import verdicts_of_classes
from ml_assets.pipelines.tabular.monitoring.decide_numbers import verdicts_of_numbers
from ml_assets.pipelines.tabular.monitoring.look import Look
from ml_assets.pipelines.tabular.monitoring.verdicts import ClassVerdicts, NumberVerdicts, Verdicts


def decide(
    table: pl.DataFrame, evaluated: Evaluated, *, contract: DatasetContract, look: Look
) -> Verdicts | ClassVerdicts | NumberVerdicts:
    """All verdicts on a model.

    Args:
        table: rows with the ids, `day`, scores and `outcome`, as `core.scores.scored_rows` gives them.
        evaluated: what they are compared with.
        contract: names the entity, and says what an outcome is.
        look: how wrong a verdict may be.
    """
    tables = [table] if evaluated.rows is None else [table, evaluated.rows]
    ids = pl.concat([part.select(DAY, *contract.ids) for part in tables], how="vertical_relaxed")
    codes, noun = entities(ids, contract), entity_name(ids, contract)  # an entity may have rows in both
    held = [scored(part) for part in tables]
    current, *rest = (
        Rows(part.outcome, part.score, own)
        for part, own in zip(held, (codes[: table.height], codes[table.height :]), strict=False)
    )
    reference = rest[0] if rest else None
    if contract.task == "multiclass":
        return verdicts_of_classes(current, reference, noun=noun, look=look, classes=held[0].classes)
    if contract.task == "regression":
        return verdicts_of_numbers(current, reference, noun=noun, look=look)
    return verdicts_of(current, reference, metrics=evaluated.metrics, noun=noun, look=look)
