"""One day tried: what was made, what its checks say, and the error that ended it, if one did."""

import datetime as dt
import traceback
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ml_assets.core.asset import Verdict
from ml_assets.core.manifest import Manifest
from ml_assets.core.parameters import Parameters
from ml_assets.core.secrets import told
from ml_assets.errors import AssetFunctionError, MlAssetsError, TrainingError
from ml_assets.pipeline.calling import foreign_errors
from ml_assets.pipeline.day import Day
from ml_assets.pipeline.draft import Made
from ml_assets.pipeline.failed_trials import remember
from ml_assets.pipeline.verdicts import verdicts
from ml_assets.pipeline.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """The outcome of one as_of.

    Attributes:
        as_of: the day.
        made: every artifact that was committed or reused, in order.
        verdicts: what each check says, by asset and check.
        error: what stopped the rest.
        trace: where an error that is not one of ours was raised, in a function of the pipeline or elsewhere.
    """

    as_of: dt.date
    made: tuple[Made, ...] = ()
    verdicts: Mapping[str, Mapping[str, Verdict]] = field(default_factory=dict)
    error: MlAssetsError | None = None
    trace: str = ""


def attempt(
    parameters: Parameters,
    as_of: dt.date,
    *,
    workspace: Workspace,
    assets: Collection[str] | None = None,
    contain: bool = False,
    judge: bool = True,
    loaded: dict[str, Any] | None = None,
    pinned: Mapping[str, Manifest] = MappingProxyType({}),
) -> Attempt:
    """Make the assets of one day, by default all; an error of ours, or of a function of the pipeline, is part of the outcome.

    With `contain`, so is any other, that it may not end the days beside it; without, it is raised. What is read from
    the store is kept in `loaded`, for the next trial of the day. Upstream artifacts in `pinned` are those that are used,
    whatever the store holds by now. Without `judge`, nobody looks whether what was stored can be read again.
    """
    day = Day(
        parameters=parameters,
        as_of=as_of,
        workspace=workspace,
        loaded={} if loaded is None else loaded,
        pinned=pinned,
    )
    made: list[Made] = []
    judged: dict[str, Mapping[str, Verdict]] = {}
    error: MlAssetsError | None = None
    trace = ""
    try:
        for item in day.run(assets):
            made.append(item)
            if judge:
                judged[item.key.asset] = verdicts(item, workspace)
    except MlAssetsError as ours:
        error = ours
        trace = traceback.format_exc() if isinstance(ours, AssetFunctionError) else ""
        remember(day, ours)
    except foreign_errors() as foreign:
        if not contain:
            raise
        error, trace = _contained(foreign), traceback.format_exc()
    return Attempt(as_of=as_of, made=tuple(made), verdicts=judged, error=error, trace=trace)


def _contained(foreign: BaseException) -> TrainingError:
    return TrainingError(f"{told(foreign)} (the run's log says where).")
