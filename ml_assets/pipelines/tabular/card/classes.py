"""What the card of a model of several classes says of how good it is."""

from collections.abc import Mapping, Sequence
from typing import Any

from ml_assets.core.foreign_text import visible
from ml_assets.pipelines.tabular.card.text import independent, interval, table

MOST_CLASSES = 30
SHOWN = (
    ("roc_auc", "ROC AUC", "mean over the classes, each against the rest; 0.5 is chance, 1 is perfect"),
    ("log_loss", "log loss", "lower is better"),
    ("accuracy", "accuracy", "share of rows whose likeliest class is right"),
    ("balanced_accuracy", "balanced accuracy", "mean of the recalls of the classes"),
)


def performance(document: Mapping[str, Any]) -> str:
    """The metrics on the holdout beside those of always saying how often each class is in the training rows."""
    metrics, rows, classes = document["metrics"], document["rows"]["holdout"], document["classes"]
    likeliest = max(classes, key=lambda item: item["train_share"])
    met = sum(1 for item in classes if item["rows"])
    baseline = {
        "roc_auc": 0.5,
        "log_loss": metrics["baseline_log_loss"],
        "accuracy": likeliest["rows"] / rows,
        "balanced_accuracy": 1 / met if likeliest["rows"] and met else 0.0,
    }
    lines = [
        (label, f"{metrics[name]:.4f}", interval(name, metrics), f"{baseline[name]:.4f}", note)
        for name, label, note in SHOWN
        if name in metrics
    ]
    absent = "" if "roc_auc" in metrics else "There is no ROC AUC: a class does not occur in the holdout.\n\n"
    return (
        f"## Performance on {rows:,} held-out rows\n\n"
        + table(("metric", "model", "95 % interval", "always the base rates", "how to read it"), lines)
        + f"\n\n{absent}{independent(document['entity'], rows)}"
    )


def by_class(classes: Sequence[Mapping[str, Any]]) -> str:
    """How well each class is told from the others, the most frequent first."""
    ordered = sorted(classes, key=lambda item: (-item["rows"], item["class"]))
    lines = [
        (
            f"`{visible(item['class'])}`",
            f"{item['rows']:,}",
            f"{item['predicted_rows']:,}",
            f"{item['train_share']:.1%}",
            *(_number(item[name]) for name in ("recall", "precision", "roc_auc")),
        )
        for item in ordered[:MOST_CLASSES]
    ]
    rest = len(ordered) - len(lines)
    more = f"\n\n{rest} more classes are rarer; the evaluation lists them." if rest else ""
    head = (
        "class",
        "rows",
        "said to be",
        "share in training",
        "recall",
        "precision",
        "ROC AUC against the rest",
    )
    return (
        "## Which class is told from the others?\n\n"
        "Recall is the share of a class's held-out rows that are said to be it; precision the share of those said to be it "
        "that are.\n\n" + table(head, lines) + more
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
