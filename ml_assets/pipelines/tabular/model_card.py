"""The model card: what a person should know before relying on a model."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ml_assets.core.command import run_command
from ml_assets.core.parameters import unused
from ml_assets.core.product import Product
from ml_assets.pipelines.tabular.features import SUSPECT, suspects, telling
from ml_assets.pipelines.tabular.parameters import DATASETS, RECIPES, TrainingParameters

CALIBRATION = ("predicted", "observed", "rows")
MOST_FEATURES = 20
FAR_ABOVE = 0.1  # of the holdout's interval: a ROC AUC of the training rows that is warned of
SHOWN = (
    ("roc_auc", "ROC AUC", "0.5 is chance, 1 is perfect"),
    ("average_precision", "average precision", "the base rate is chance"),
    ("log_loss", "log loss", "lower is better"),
    ("brier", "Brier score", "lower is better"),
    ("skill", "skill", "share of the baseline's Brier score that is gone; 1 is perfect"),
    (
        "calibration_error",
        "calibration error",
        "mean distance of predicted and observed rate; a perfectly calibrated model would show {calibration_error_expected:.4f} by chance",
    ),
    ("lift_at_10pct", "lift in the top tenth", "1 is chance"),
)


def model_card(
    document: Mapping[str, Any],
    *,
    parameters: TrainingParameters,
    as_of: dt.date,
    facts: Mapping[str, Any],
    run_id: str,
) -> Product[Any]:
    """The card as Markdown text; it holds no path, environment or clock, so equal runs get equal cards.

    Args:
        document: the evaluation.
        parameters: what the run was made with.
        as_of: its day.
        facts: those of the training set. Only what its rows decide is told: how many rows are left out changes
            while their outcomes are open, and no input of the card with it.
        run_id: its name.
    """
    parts = [
        _title(parameters, as_of=as_of, run_id=run_id),
        _data(parameters, as_of=as_of, facts=facts),
        _performance(document),
        _calibration(document["curves"]["calibration"]),
        _reliance(document["feature_importance"], document["single_features"]),
        _limits(facts, document),
        _made(parameters, as_of=as_of),
    ]
    return Product(value="\n\n".join(parts) + "\n")


def _title(parameters: TrainingParameters, *, as_of: dt.date, run_id: str) -> str:
    recipe = RECIPES[parameters.model_version].description
    calibrated = ", calibrated" if parameters.calibrate else ""
    return (
        f"# {parameters.dataset} {parameters.model_version}, {as_of}\n\n"
        f"Model: {recipe}{calibrated}; run `{run_id}`. Rows: {DATASETS[parameters.dataset]}\n"
        "The score is the estimated probability of a yes."
    )


def _data(parameters: TrainingParameters, *, as_of: dt.date, facts: Mapping[str, Any]) -> str:
    purged = facts.get("purged_rows", 0)  # training sets of before have none
    left_out = (
        f" {purged:,} before them were left out of training: their outcome was not known yet when the holdout began."
        if purged
        else ""
    )
    return (
        "## Data\n\n"
        f"{facts['rows']:,} rows of source `{parameters.source}`, {facts['first_day']} to {facts['last_day']}, of which "
        f"{facts['base_rate']:.1%} are a yes. {facts['train_rows']:,} were trained on; the {facts['holdout_rows']:,} from "
        f"{facts['holdout_from']} on were held out.{left_out}\n\n"
        f"Only what was known at the end of {as_of} (UTC) was used: rows of the {parameters.lookback_days} days up to it whose "
        "outcome's window was over."
    )


def _performance(document: Mapping[str, Any]) -> str:
    metrics, rows = document["metrics"], document["rows"]["holdout"]
    baseline = {"log_loss": metrics["baseline_log_loss"], "brier": metrics["baseline_brier"], "roc_auc": 0.5}
    baseline |= {"average_precision": metrics["base_rate"], "lift_at_10pct": 1.0, "skill": 0.0}
    lines = [
        (
            label,
            f"{metrics[name]:.4f}",
            _interval(name, metrics),
            f"{baseline[name]:.4f}" if name in baseline else "",
            note.format(**metrics),
        )
        for name, label, note in SHOWN
    ]
    return (
        f"## Performance on {rows:,} held-out rows\n\n"
        + _table(("metric", "model", "95 % interval", "always the base rate", "how to read it"), lines)
        + f"\n\n{_independent(document['entity'], rows)}\n\n{_learned(metrics)}"
    )


def _interval(name: str, metrics: Mapping[str, float]) -> str:
    """`0.7150 to 0.7902`, or nothing. Written here: what is declared of a metric makes no card stale."""
    low, high = (metrics.get(f"{name}_{end}") for end in ("low", "high"))
    return "" if low is None or high is None else f"{low:.4f} to {high:.4f}"


def _independent(entity: Mapping[str, Any], rows: int) -> str:
    """What the intervals take to be independent of each other."""
    if entity["holdout"] == rows:
        return "The intervals take the held-out rows to be independent of each other: no two are known to be of one entity."
    return (
        f"The held-out rows are of {entity['holdout']:,} entities (`{entity['name']}`). The intervals take these to be "
        "independent of each other, and not the rows."
    )


def _learned(metrics: Mapping[str, float]) -> str:
    """How good it is on the rows that it has learned from, with a warning where that is far better than on others."""
    train = f"On the training rows the ROC AUC is {metrics['train_roc_auc']:.4f}"
    if metrics["train_roc_auc"] <= metrics["roc_auc_high"] + FAR_ABOVE:
        return f"{train}."
    return (
        f"**{train}, which is above the interval on held-out rows by more than {FAR_ABOVE}.** The model has learned its rows "
        "by heart, or what was held out behaves otherwise: give it less freedom or more rows, and rely on the held-out rows alone."
    )


def _calibration(points: Mapping[str, Sequence[float]]) -> str:
    lines = [
        (f"{rows:.0f}", f"{predicted:.1%}", f"{observed:.1%}")
        for predicted, observed, rows in zip(*(points[name] for name in CALIBRATION), strict=True)
    ]
    return (
        "## Can the probability be taken at its word?\n\n"
        "Held-out rows in groups by their score, the lowest first. Where the two rates differ, use the score to rank rows, "
        "not as a probability.\n\n" + _table(("rows", "predicted", "observed"), lines)
    )


def _reliance(importance: Sequence[Mapping[str, Any]], alone: Sequence[Mapping[str, Any]]) -> str:
    by_feature = {item["feature"]: item for item in alone}
    lines = [
        (
            f"`{item['feature']}`",
            f"{item['mean']:.4f}",
            f"{item['std']:.4f}",
            f"{telling(by_feature[item['feature']]):.4f}",
        )
        for item in importance[:MOST_FEATURES]
    ]
    rest = len(importance) - len(lines)
    more = f"\n\n{rest} more features matter less; the evaluation lists them." if rest else ""
    return (
        "## What it relies on\n\n"
        "Fall of the ROC AUC when one feature is shuffled; features that say the same can stand in for each other. `alone` is the "
        "ROC AUC of nothing but that feature, by its value or by its being missing, whichever tells more.\n\n"
        + _table(("feature", "fall", "spread", "alone"), lines)
        + f"{more}\n\n{_suspicion(suspects(alone))}"
    )


def _suspicion(names: Sequence[str]) -> str:
    if not names:
        return f"No feature alone reaches {SUSPECT}, from which on it would be suspected to be the outcome itself."
    told = ", ".join(f"`{name}`" for name in names)
    return (
        f"**Suspected to be the outcome itself: {told}.** From a ROC AUC of {SUSPECT} on, of that feature alone, it is likely to be "
        "made of the outcome, or to be known only after it. Look at how it is made before anything else here is believed."
    )


def _limits(facts: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    metrics, rows = document["metrics"], document["rows"]["holdout"]
    positives = round(metrics["base_rate"] * rows)
    beats = metrics["log_loss"] < metrics["baseline_log_loss"]
    verdict = "It beats" if beats else "**It does not beat**"
    return (
        "## Intended use and limits\n\n"
        "- Meant for ranking and for planning with rates over many rows of the same source.\n"
        f"- {verdict} always answering with the base rate, by log loss on the holdout.\n"
        f"- The holdout has {positives:,} yes and {rows - positives:,} no: the fewer of either, the less sure the numbers above.\n"
        f"- It was tested on days from {facts['holdout_from']} to {facts['last_day']}; later behaviour may differ.\n"
        f"{_arrival(facts)}"
        "- It says what tends to go together, not what causes what. Do not use it to decide about a person without a review."
    )


def _arrival(facts: Mapping[str, Any]) -> str:
    """What `known` means where nothing tells when rows arrived."""
    if facts["contract"].get("known_at"):
        return ""
    return (
        "- A row counts as known from its event on: `dataset.toml` names no `known_at`, so rows that arrived later "
        "were used as if they had been there.\n"
    )


def _made(parameters: TrainingParameters, *, as_of: dt.date) -> str:
    aside = unused(parameters, of=TrainingParameters)
    fields = TrainingParameters.model_fields
    lines = [
        (f"`{name}`", json.dumps(getattr(parameters, name)), json.dumps(field.default))
        for name, field in fields.items()
        if name not in aside
    ]
    not_used = ", ".join(f"`{name}`" for name in fields if name in aside)
    note = f"\n\n{parameters.model_version} does not use {not_used}." if aside else ""
    return (
        "## How it was made\n\n"
        + _table(("parameter", "value", "default"), lines)
        + f"{note}\n\nThe same again, byte for byte while rows, code and packages stay the same:\n\n"
        f"```\n{run_command(parameters, as_of, about=('dataset',))}\n```"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
