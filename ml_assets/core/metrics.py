"""What a pipeline declares of its metrics: which way each is better, its margin, its interval, in the order shown."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from math import isfinite, nan
from typing import Any

from ml_assets.core.asset import DAYS
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared, Metric
from ml_assets.core.statistics.row_values import RowMetric
from ml_assets.errors import RefusedError


@dataclass(frozen=True)
class Metrics:
    """The declared metrics of a pipeline, in the order in which they are shown.

    A name with a dot is a group of the metric before it: `mape.week1` is declared by `mape`, and so are its direction
    and its margin. What is not declared is kept and shown, after the others and by name, and never ranked.
    """

    declared: tuple[Metric, ...]

    @classmethod
    def of(cls, pipeline: Declared) -> "Metrics":
        """Those of a pipeline."""
        return cls(pipeline.metrics)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The metrics, each followed by the ends of its interval."""
        return tuple(name for metric in self.declared for name in (metric.name, *(metric.interval or ())))

    @cached_property
    def ranked(self) -> tuple[str, ...]:
        """Those that can rank: first those of which more is better, then those of which less is."""
        return (*self.better("larger"), *self.better("smaller"))

    def better(self, way: str) -> tuple[str, ...]:
        """Those that are better when `larger`, when `smaller`, or of which `none` is said."""
        return tuple(metric.name for metric in self.declared if metric.better == way)

    @cached_property
    def margins(self) -> Mapping[str, float]:
        """By how much each may be worse and still count as not worse, where that is declared."""
        return {metric.name: metric.margin for metric in self.declared if metric.margin is not None}

    @cached_property
    def baselines(self) -> tuple[Metric, ...]:
        """Those with a metric beside them that says what a model without skill would reach."""
        return tuple(metric for metric in self.declared if metric.baseline)

    def get(self, name: str) -> Metric | None:
        """What declares a metric: itself, or the metric whose group it is; None where nothing does."""
        return self._by_name.get(name) or self._by_name.get(name.partition(".")[0])

    def larger_is_better(self, name: str) -> bool:
        """Whether a larger value is better.

        Raises:
            RefusedError: the metric says nothing about how good a model is, or is not declared.
        """
        metric = self.get(name)
        if metric is None or metric.better == "none":
            raise RefusedError([f"metric: cannot rank trials. Allowed: {', '.join(self.ranked)}."])
        return metric.better == "larger"

    def is_relative(self, name: str) -> bool:
        """Whether its margin is a share of the value that it is compared with."""
        metric = self.get(name)
        return metric is not None and metric.relative

    def margin(self, name: str) -> float | None:
        """By how much it may be worse; None where nobody said."""
        metric = self.get(name)
        return None if metric is None else metric.margin

    def shown(self, name: str, values: Collection[str]) -> str:
        """A metric that is among `values`: that of the name, or in place of the very first the first that can rank and is.

        Not every kind of outcome has the first, which is shown where nobody chose.
        """
        if name in values or name not in self.names[:1]:
            return name
        return self.first_measured(values) or name

    def rows(self, name: str) -> RowMetric | None:
        """What a metric is of single rows; None where that is not known, as of every group."""
        metric = self._by_name.get(name)
        return None if metric is None else metric.rows

    def of_rows(self, name: str) -> RowMetric:
        """What a metric is of single rows; RefusedError where that is not known."""
        found = self.rows(name)
        if found is None:
            known = ", ".join(metric.name for metric in self.declared if metric.rows)
            raise RefusedError([f"metric: not known row by row. Allowed: {known}."])
        return found

    def measured(self, y: Any, score: Any, entity: Any, *, facts: Mapping[str, Any]) -> dict[str, float]:
        """Those that rows have, each with the ends of its interval where one is declared; not rounded.

        Args:
            y: outcomes of shape (n,).
            score: what was predicted, of shape (n,) or (n, classes).
            entity: integers of shape (n,), equal for rows that belong together.
            facts: of what was trained on, for metrics that take one.
        """
        found: dict[str, float] = {}
        for metric in self.declared:
            if (of := metric.rows) is None:
                continue
            with suppress(ValueError):  # these rows do not have it
                values = of.values(y, score, of.given(facts))
                found[metric.name] = values.value
                if metric.interval:
                    low, high = of.interval(y, score, entity, found=values)
                    ends = of.within(low, high) if isfinite(low) else ()  # of one entity nothing can be said
                    found |= dict(zip(metric.interval, ends, strict=False))
        return found

    def value(self, name: str, y: Any, score: Any) -> float:
        """That metric of outcomes and predictions, not rounded; it takes no fact. ValueError where these rows do not have it."""
        return self.of_rows(name).values(y, score, nan).value

    def first_measured(self, values: Collection[str]) -> str:
        """The first declared metric that can rank and is among `values`; "" where there is none."""
        return next((it.name for it in self.declared if it.better != "none" and it.name in values), "")

    def days(self, name: str, parameters: Parameters) -> int:
        """Over how many days it is measured: as a parameter says, or `28 days`; 1 where neither is declared.

        What is not declared is taken to be measured over the days of the first that is.
        """
        metric = self.get(name) or self._by_end.get(name.partition(".")[0])
        over = (metric or self.declared[0]).over if self.declared else ""
        known = DAYS.match(over)
        return int(known["days"]) if known else int(getattr(parameters, over, 1))

    def in_order(self, names: Iterable[str]) -> list[str]:
        """Names as they are shown, each once: a declared one, its groups, the next one; then what is not declared."""
        return sorted(set(names), key=self._place)

    def is_end(self, name: str, among: Collection[str]) -> bool:
        """Whether this is an end of the interval of one of these metrics: it belongs beside it, not into a list."""
        head, dot, group = name.partition(".")
        metric = self._by_end.get(head)
        return metric is not None and f"{metric.name}{dot}{group}" in among

    def without_ends(self, names: Iterable[str]) -> list[str]:
        """The names that are metrics themselves, in their order."""
        found = dict.fromkeys(names)
        return [name for name in found if not self.is_end(name, found)]

    def ends(self, name: str) -> tuple[str, str] | None:
        """The names of the ends of its interval; None where none is declared."""
        metric = self.get(name)
        if metric is None or metric.interval is None:
            return None
        low, high = (f"{end}{name.removeprefix(metric.name)}" for end in metric.interval)
        return low, high

    def interval(self, name: str, values: Mapping[str, float]) -> tuple[float, float] | None:
        """The ends of a metric's interval, or None where it has none."""
        low, high = (values.get(end) for end in self.ends(name) or ("", ""))
        return None if low is None or high is None else (low, high)

    def interval_text(self, name: str, values: Mapping[str, float]) -> str:
        """`0.7150 to 0.7902`, or nothing."""
        ends = self.interval(name, values)
        return "" if ends is None else f"{ends[0]:.4f} to {ends[1]:.4f}"

    def _place(self, name: str) -> tuple[int, str]:
        """A name without a dot is less than itself with one."""
        head = name.partition(".")[0]
        return self.names.index(head) if head in self.names else len(self.names), name

    @cached_property
    def _by_name(self) -> Mapping[str, Metric]:
        return {metric.name: metric for metric in self.declared}

    @cached_property
    def _by_end(self) -> Mapping[str, Metric]:
        return {end: metric for metric in self.declared for end in metric.interval or ()}
