"""The model card: what a person should know before relying on a model."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ml_assets.core.command import plain_command
from ml_assets.core.contract import Task
from ml_assets.core.foreign_text import visible
from ml_assets.core.parameters import unused
from ml_assets.core.product import Product
from ml_assets.pipelines.tabular.card import classes, numbers, yes_no
from ml_assets.pipelines.tabular.card.text import table
from ml_assets.pipelines.tabular.features import SUSPECT, suspects, telling
from ml_assets.pipelines.tabular.parameters import RECIPES, SAMPLES, TrainingParameters

MOST_FEATURES = 20
MOST_CLASSES = 5  # of a sentence


_SCORE: Mapping[Task, str] = {
    "binary": "The score is the estimated probability of a yes.",
    "multiclass": "The scores are the estimated probabilities of the classes of `{label}`.",
    "regression": "The score is the estimated `{label}`.",
}


class _Reliance(NamedTuple):
    """Words for what a model relies on."""

    worse: str
    column: str
    alone: str
    measure: str


_BY_VALUE = "nothing but that feature, by its value or by its being missing, whichever tells more"
_RELIANCE: Mapping[Task, _Reliance] = {
    "binary": _Reliance("Fall of the ROC AUC", "fall", f"ROC AUC of {_BY_VALUE}", "ROC AUC"),
    "multiclass": _Reliance(
        "Rise of the log loss",
        "rise",
        f"ROC AUC, of the class that it tells best from the rest, of {_BY_VALUE}",
        "ROC AUC",
    ),
    "regression": _Reliance(
        "Rise of the RMSE", "rise", "rank correlation of nothing but that feature", "rank correlation"
    ),
}


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
        _title(parameters, as_of=as_of, run_id=run_id, facts=facts),
        _data(parameters, as_of=as_of, facts=facts),
        *_performance(document),
        _reliance(document),
        _limits(facts, document),
        _made(parameters, as_of=as_of),
    ]
    return Product(value="\n\n".join(parts) + "\n")


def _title(parameters: TrainingParameters, *, as_of: dt.date, run_id: str, facts: Mapping[str, Any]) -> str:
    contract = facts["contract"]
    task: Task = contract.get("task", "binary")
    version = RECIPES[parameters.model_version]
    calibrated = ", calibrated" if parameters.calibrate else ""
    rows = SAMPLES.get(
        parameters.dataset, f"data set `{parameters.dataset}`; the label: `{contract['label']}`"
    )
    return (
        f"# {parameters.dataset} {parameters.model_version}, {as_of}\n\n"
        f"Model: {version.named.get(task, version.description)}{calibrated}; run `{run_id}`. Rows: {rows}\n"
        f"{_SCORE[task].format(label=contract['label'])}"
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
        f"{facts['rows']:,} rows of source `{parameters.source}`, {facts['first_day']} to {facts['last_day']}, "
        f"{_outcomes(facts)}. {_sample(parameters, facts)}{facts['train_rows']:,} were trained on; the {facts['holdout_rows']:,} from "
        f"{facts['holdout_from']} on were held out.{left_out}\n\n"
        f"Only what was known at the end of {as_of} (UTC) was used: rows of the {parameters.lookback_days} days up to it whose "
        "outcome's window was over."
    )


def _sample(parameters: TrainingParameters, facts: Mapping[str, Any]) -> str:
    """That they are not all rows; of how many they are is told with the training set, since late rows change it."""
    if not parameters.max_rows or facts["rows"] < parameters.max_rows:
        return ""
    return "They are a sample of all known rows, chosen by a hash of their ids. "


def _outcomes(facts: Mapping[str, Any]) -> str:
    """What the outcomes of the rows are, as the end of a sentence."""
    if "base_rate" in facts:
        return f"of which {facts['base_rate']:.1%} are a yes"
    if "mean" in facts:
        return f"whose `{facts['contract']['label']}` is {facts['mean']:.6g} on average (standard deviation {facts['deviation']:.6g})"
    common = sorted(facts["classes"].items(), key=lambda item: (-item[1], item[0]))[:MOST_CLASSES]
    told = ", ".join(f"{count / facts['rows']:.1%} are `{visible(name)}`" for name, count in common)
    more = len(facts["classes"]) - len(common)
    return f"of which {told}" + (f"; {more} classes are rarer" if more else "")


def _performance(document: Mapping[str, Any]) -> tuple[str, str]:
    """How good it is, and where it errs."""
    task = document.get("task", "binary")
    if task == "multiclass":
        return classes.performance(document), classes.by_class(document["classes"])
    if task == "regression":
        return numbers.performance(document), numbers.errors(document["curves"])
    return yes_no.performance(document), yes_no.calibration(document["curves"]["calibration"])


def _reliance(document: Mapping[str, Any]) -> str:
    importance, alone = document["feature_importance"], document["single_features"]
    words = _RELIANCE[document.get("task", "binary")]
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
        f"{words.worse} when one feature is shuffled; features that say the same can stand in for each other. `alone` is the "
        f"{words.alone}.\n\n"
        + table(("feature", words.column, "spread", "alone"), lines)
        + f"{more}\n\n{_suspicion(suspects(alone), words)}"
    )


def _suspicion(names: Sequence[str], words: _Reliance) -> str:
    if not names:
        return f"No feature alone reaches {SUSPECT}, from which on it would be suspected to be the outcome itself."
    told = ", ".join(f"`{name}`" for name in names)
    return (
        f"**Suspected to be the outcome itself: {told}.** From a {words.measure} of {SUSPECT} on, of that feature alone, it is likely to be "
        "made of the outcome, or to be known only after it. Look at how it is made before anything else here is believed."
    )


def _limits(facts: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    metrics = document["metrics"]
    loss, name, baseline = (
        ("rmse", "RMSE", "the mean") if "rmse" in metrics else ("log_loss", "log loss", "the base rate")
    )
    beats = metrics[loss] < metrics[f"baseline_{loss}"]
    verdict = "It beats" if beats else "**It does not beat**"
    return (
        "## Intended use and limits\n\n"
        "- Meant for ranking and for planning with rates over many rows of the same source.\n"
        f"- {verdict} always answering with {baseline}, by {name} on the holdout.\n"
        f"{_holdout(document)}"
        f"- It was tested on days from {facts['holdout_from']} to {facts['last_day']}; later behaviour may differ.\n"
        f"{_arrival(facts)}"
        "- It says what tends to go together, not what causes what. Do not use it to decide about a person without a review."
    )


def _holdout(document: Mapping[str, Any]) -> str:
    metrics, rows = document["metrics"], document["rows"]["holdout"]
    if "base_rate" in metrics:
        positives = round(metrics["base_rate"] * rows)
        return f"- The holdout has {positives:,} yes and {rows - positives:,} no: the fewer of either, the less sure the numbers above.\n"
    if "classes" in document:
        fewest = min(document["classes"], key=lambda item: (item["rows"], item["class"]))
        return f"- The holdout has {fewest['rows']:,} rows of `{visible(fewest['class'])}`, its rarest class: the fewer, the less sure the numbers above.\n"
    return "- It knows numbers as they were: a forest or boosting predicts none beyond those of the training rows.\n"


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
    again = plain_command("run", parameters, ["--as-of", as_of.isoformat()], about=("dataset",))
    return (
        "## How it was made\n\n"
        + table(("parameter", "value", "default"), lines)
        + "\n\nThe same again, byte for byte while rows, code and packages stay the same:\n\n"
        f"```\n{again}\n```"
    )
