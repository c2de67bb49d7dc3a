"""How good a model of several classes is on the holdout, against always saying how often each is; where it errs."""

from collections.abc import Mapping, Sequence
from typing import Any

from ml_assets.core.figures import DARK, MANY_COLOURS, figure_of, finish, png, shades, short
from ml_assets.core.statistics.yes_no import auc
from ml_assets.pipelines.tabular.metrics import of_task

MOST_CLASSES = 12  # of the picture and of the table of what was taken for what: the most frequent ones
DIGITS = 6
OTHER = "(other)"


def metrics(y: Any, score: Any, *, shares: Any, entity: Any) -> dict[str, float]:
    """The metrics of probabilities of classes against outcomes.

    Args:
        y: outcomes of shape (n,), each the place of a class; -1 is one that the model does not know.
        score: predicted probabilities of shape (n, classes).
        shares: of each class in the training rows, shape (classes,): what the baseline always predicts.
        entity: whole numbers of shape (n,), equal for rows that are not independent of each other.

    Returns:
        Numbers by name, not rounded, each with the ends of its 95 % interval. Without `roc_auc`, the mean over the
        classes, where one of them does not occur in `y`.
    """
    import numpy as np

    known, constant = of_task("multiclass"), np.tile(shares, (len(y), 1))
    return {
        **known.measured(y, score, entity, facts={}),
        "baseline_log_loss": known.value("log_loss", y, constant),
    }


def by_class(y: Any, score: Any, *, classes: Sequence[str], shares: Any) -> list[dict[str, Any]]:
    """For each class its rows, its share of the training rows, and how well it is told from the others.

    Returns:
        `class`, `rows`, `predicted_rows`, `train_share`; `recall`, `precision` and `roc_auc`, of it against the rest,
        each None where there are no rows to tell it from.
    """
    said = score.argmax(axis=1)
    found = []
    for place, name in enumerate(classes):
        is_it, is_said = y == place, said == place
        hits = int((is_it & is_said).sum())
        rows, predicted = int(is_it.sum()), int(is_said.sum())
        found.append(
            {
                "class": name,
                "rows": rows,
                "predicted_rows": predicted,
                "train_share": round(float(shares[place]), DIGITS),
                "recall": round(hits / rows, DIGITS) if rows else None,
                "precision": round(hits / predicted, DIGITS) if predicted else None,
                "roc_auc": round(auc(is_it.astype(int), score[:, place]), DIGITS)
                if 0 < rows < len(y)
                else None,
            }
        )
    return found


def confusion(y: Any, score: Any, *, classes: Sequence[str]) -> dict[str, Any]:
    """How many rows of each class were taken for which: of the most frequent classes, and of all others together.

    Returns:
        `classes`, and `rows`: for each of them, which it was, the counts by which it was said to be.
    """
    import numpy as np

    counts = np.bincount(y[y >= 0], minlength=len(classes))
    kept = sorted(np.argsort(-counts, kind="stable")[:MOST_CLASSES].tolist())
    place = np.full(len(classes) + 1, len(kept))  # the last is that of -1
    place[kept] = range(len(kept))
    table = np.zeros((len(kept) + 1, len(kept) + 1), dtype=int)
    np.add.at(table, (place[y], place[score.argmax(axis=1)]), 1)
    names = [classes[of] for of in kept]
    if not table[-1].any() and not table[:, -1].any():
        table = table[:-1, :-1]
    else:
        names.append(OTHER)
    return {"classes": names, "rows": table.tolist()}


def confusion_png(document: Mapping[str, Any]) -> bytes:
    """Which class was taken for which, as shares of the rows of each class."""
    import numpy as np

    names = [short(name, 16) for name in document["confusion"]["classes"]]
    counts = np.array(document["confusion"]["rows"], dtype=float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 2.2 + 0.45 * len(names)
    figure = figure_of(side + 1, side)
    axes = figure.add_axes((1.6 / (side + 1), 1.1 / side, (side - 1.4) / (side + 1), 1 - 1.6 / side))
    axes.imshow(shares, cmap=shades(), vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    for (row, column), share in np.ndenumerate(shares):
        colour = "white" if share > 0.5 else DARK  # noqa: PLR2004 - the middle of the shades
        axes.text(column, row, f"{share:.0%}", ha="center", va="center", fontsize=8, color=colour)
    finish(axes, x="said to be", y="was", title=f"accuracy {document['metrics']['accuracy']:.3f}")
    return png(figure, colours=MANY_COLOURS)
