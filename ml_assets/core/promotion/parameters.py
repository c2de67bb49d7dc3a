"""What a promotion takes: which model, to which slot, and by how much it may be worse."""

import datetime as dt
import functools
from collections.abc import Collection, Mapping
from typing import Any, Literal

from pydantic import Field, create_model

from ml_assets.core.as_of import last_complete_day, parse
from ml_assets.core.comparison.margins import PATTERN, allowed_text, read_margins
from ml_assets.core.metrics import Metrics
from ml_assets.core.options import ENVIRONMENT, SLOTS
from ml_assets.core.parameters import Parameters
from ml_assets.core.problems import problems_of
from ml_assets.core.statistics.paired import FEWEST_DAYS
from ml_assets.errors import RefusedError

ASSET = "promotion"
IDLE = "idle"  # stands for the slot that does not serve


class PromotionParameters(Parameters):
    """The parameters of a promotion. Where the model is, the option `environment` says."""

    model: str = Field(
        default="",
        pattern=r"^([0-9a-f]{12})?$",
        description="The model's run_id",
        json_schema_extra={"allowed": "the 12 hex digits of a model's run_id"},
    )
    to: str = Field(
        default=IDLE,
        pattern=ENVIRONMENT,
        description="The slot; `idle` is the one that does not serve",
    )
    window_days: int = Field(
        default=366,
        ge=FEWEST_DAYS,
        le=3650,
        description="Latest days of rows with closed outcomes on which it is compared with the model that serves",
    )
    through: str = Field(
        default="",
        pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$",
        description="Day by whose end (UTC) outcomes have to be closed; nothing: the last complete day",
        json_schema_extra={"allowed": "a complete day, YYYY-MM-DD"},
    )
    margins: str = Field(
        default="",
        pattern=PATTERN,
        max_length=500,
        description="By how much it may be worse, metric by metric; what is not named keeps its default margin",
        json_schema_extra={"allowed": "metric=margin, with commas between"},
    )
    force: bool = Field(
        default=False,
        description="Promote although code, packages, baseline or comparison speak against it; needs a reason",
    )
    reason: str = Field(
        default="",
        max_length=500,
        pattern=r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$",  # what a terminal would obey
        description="Why, for the record",
        json_schema_extra={"allowed": "up to 500 characters, none of them a control character"},
    )

    def allowed(self, metrics: Metrics, *, measured: Collection[str] | None = None) -> Mapping[str, float]:
        """By how much it may be worse: whoever widens one margin does not do away with the others.

        Margins of what is not measured do not count; None stands for all. RefusedError where one of those is given.
        """
        given = read_margins(self.margins, metrics=metrics) if self.margins else {}
        known = {name: margin for name, margin in metrics.margins.items() if _is_in(measured, name)}
        if problems := [
            f"margins: {name}: the evaluation has no such metric. Allowed: {', '.join(known)}."
            for name in given
            if not _is_in(measured, name)
        ]:
            raise RefusedError(problems)
        return {**known, **given}

    def closed_through(self, now: dt.datetime) -> dt.date:
        """The day by whose end outcomes have to be closed; RefusedError where it is not complete at `now`."""
        last = last_complete_day(now)
        day = parse(self.through) or last
        if day > last:
            raise RefusedError([f"through: not a complete day yet (UTC). Allowed: at most {last}."])
        return day


def _is_in(names: Collection[str] | None, name: str) -> bool:
    return names is None or name in names


@functools.cache
def promotion_parameters(metrics: Metrics, slots: tuple[str, str] = SLOTS) -> type[PromotionParameters]:
    """The parameters of the promotions of a pipeline with these metrics, where these are the slots of the settings."""
    fields, names = PromotionParameters.model_fields, (IDLE, *slots)
    known: Any = Literal[names]
    to: Any = Field(default=IDLE, description=fields["to"].description)
    margins: Any = Field(
        default=fields["margins"].default,
        pattern=PATTERN,
        max_length=500,
        description=fields["margins"].description,
        json_schema_extra={"allowed": allowed_text(metrics)},
    )
    return create_model(
        "PromotionParameters",
        __base__=PromotionParameters,
        __doc__=PromotionParameters.__doc__,
        to=(known, to),
        margins=(str, margins),
    )


def check_promotion(
    values: Mapping[str, Any], *, metrics: Metrics, slots: tuple[str, str] = SLOTS
) -> PromotionParameters:
    """The validated parameters, or RefusedError with every problem and no value that was given."""
    model = promotion_parameters(metrics, slots)
    problems = problems_of(values, model)
    if not values.get("model") and "model" not in problems:
        problems["model"] = "model: missing. Allowed: the 12 hex digits of a model's run_id."
    if values.get("force") is True and not str(values.get("reason", "")).strip() and "reason" not in problems:
        problems["reason"] = "reason: missing. What is forced needs a reason, which is recorded."
    if values.get("through") and "through" not in problems and parse(str(values["through"])) is None:
        problems["through"] = "through: not a real day. Allowed: a complete day, YYYY-MM-DD."
    if problems:
        raise RefusedError(list(problems.values()))
    own = model.model_validate(dict(values))
    allowed = own.allowed(metrics)
    wider = [name for name, default in metrics.margins.items() if allowed[name] > default]
    if wider and not own.reason.strip():
        raise RefusedError(
            [
                f"reason: missing. A margin wider than the default needs one, which is recorded: {', '.join(wider)}."
            ]
        )
    return own
