"""Which numbers of an evaluation are the ends of another's interval: they belong beside it, not into a list of metrics."""

from collections.abc import Collection, Iterable, Mapping

ENDS = ("_low", "_high")


def is_end(name: str, among: Collection[str]) -> bool:
    """Whether this is an end of the interval of one of these metrics: `roc_auc_low` where there is a `roc_auc`."""
    return name.endswith(ENDS) and name.rpartition("_")[0] in among


def without_ends(names: Iterable[str]) -> list[str]:
    """The names that are metrics themselves, in their order."""
    found = dict.fromkeys(names)
    return [name for name in found if not is_end(name, found)]


def interval(name: str, metrics: Mapping[str, float]) -> tuple[float, float] | None:
    """The ends of a metric's interval, or None where it has none."""
    low, high = (metrics.get(f"{name}{end}") for end in ENDS)
    return None if low is None or high is None else (low, high)


def interval_text(name: str, metrics: Mapping[str, float]) -> str:
    """`0.7150 to 0.7902`, or nothing."""
    ends = interval(name, metrics)
    return "" if ends is None else f"{ends[0]:.4f} to {ends[1]:.4f}"
