"""What the checks of a pipeline say of one artifact, as it was read back from its bytes."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, get_type_hints

from ml_assets.core.asset import Check, Verdict
from ml_assets.core.manifest import Manifest, StoredVerdict
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.product import Product
from ml_assets.errors import AssetFunctionError, CheckError, UnstorableError
from ml_assets.pipeline.calling import arguments, call
from ml_assets.storage.json_values import plain

if TYPE_CHECKING:
    from ml_assets.pipeline.draft import Draft


class StoredDay(Protocol):
    """The artifacts of one day."""

    parameters: Parameters
    as_of: dt.date

    @property
    def pipeline(self) -> Declared:
        """What is made."""

    def product(self, asset: str) -> Product[Any]:
        """What is stored of an asset."""


class DayInMaking(StoredDay, Protocol):
    """The artifacts of one day, while they are made."""

    def known(self, asset: str) -> Manifest | None:
        """The manifest of an asset, where it was made or looked at before."""


NOT_MEASURED = "not_measured"
"""The fact in which an asset says why a metric that its pipeline declares is not told: a reason by the metric's name."""


def judge(day: DayInMaking, draft: "Draft") -> Mapping[str, StoredVerdict]:
    """What the checks of an asset say of a draft, by name.

    Raises:
        CheckError: one that must hold does not, or nobody told a metric that the pipeline declares.
        AssetFunctionError: one failed.
    """
    if problem := _untold(day, draft):
        raise CheckError(problem)

    def product(name: str) -> Product[Any]:
        return draft.stored_product() if name == draft.key.asset else day.product(name)

    found = {}
    for check in checks_of(day.pipeline, draft.key.asset):
        verdict = verdict_of(check, day, product)
        if check.blocking and not verdict.passed:
            raise CheckError(_refusal(check, verdict, as_of=day.as_of))
        found[check.name] = StoredVerdict(
            passed=verdict.passed, message=verdict.message, metadata=dict(verdict.metadata)
        )
    return found


def checks_of(pipeline: Declared, asset: str) -> list[Check]:
    """The checks of an asset, in the order in which they were declared."""
    return [check for check in pipeline.checks.values() if check.asset == asset]


def verdict_of(check: Check, day: StoredDay, product: Callable[[str], Product[Any]]) -> Verdict:
    """What a check says; of one that does not hold and gives no reason, its docstring is the reason.

    Raises:
        AssetFunctionError: it failed, says neither yes nor no, or tells what cannot be stored.
    """
    name = f"check {check.name} of {check.asset}, {day.as_of},"
    slices = get_type_hints(check.function) if "parameters" in check.takes.values() else {}
    given = arguments(check.takes, slices=slices, parameters=day.parameters, as_of=day.as_of, product=product)
    answer = call(check.function, given, name=name)
    verdict = answer if isinstance(answer, Verdict) else Verdict(passed=_truth(answer, name))
    message = verdict.message or ("" if verdict.passed else check.description)
    try:
        metadata = plain(dict(verdict.metadata))
    except UnstorableError as error:
        raise AssetFunctionError(f"{name} gave metadata{error.place}: {error.problem}.") from error
    return Verdict(bool(verdict.passed), message, metadata=metadata)


def _untold(day: DayInMaking, draft: "Draft") -> str:
    """Which declared metrics neither the last asset tells nor an earlier one of the day; "" where that is not known."""
    *earlier, last = day.pipeline.assets
    manifests = [manifest for asset in earlier if (manifest := day.known(asset)) is not None]
    if draft.key.asset != last or len(manifests) < len(earlier):
        return ""
    products: list[Manifest | Product[Any]] = [*manifests, draft.product]
    told = {name for item in products for name in (*item.metrics, *(item.facts.get(NOT_MEASURED) or ()))}
    groups = {name.partition(".")[0] for name in told}
    missing = [metric.name for metric in day.pipeline.metrics if metric.name not in told | groups]
    if not missing:
        return ""
    return (
        f"{last} of {day.as_of}: no asset told {', '.join(missing)}. Return it in Product(metrics={{...}}), or say why it "
        f'could not be measured: facts={{"{NOT_MEASURED}": {{"{missing[0]}": "..."}}}}. Nothing was stored of {last}.'
    )


def _truth(answer: Any, name: str) -> bool:
    if type(answer).__name__ in ("bool", "bool_"):  # numpy's own is `bool_` before 2.0, and `bool` from it on
        return bool(answer)
    raise AssetFunctionError(f"{name} gave {type(answer).__name__}. Let it return True, False or a Verdict.")


def _refusal(check: Check, verdict: Verdict, *, as_of: dt.date) -> str:
    told = check.description.rstrip(".")
    more = "" if verdict.message in ("", check.description) else f" ({verdict.message})"
    return (
        f"{check.asset} of {as_of}: the check {check.name} does not hold: {told}{more}. Nothing was stored."
    )
