"""What the checks of a pipeline say of one artifact, as it was read back from its bytes."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, get_type_hints

from ml_assets.core.asset import Check, Verdict
from ml_assets.core.manifest import StoredVerdict
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.product import Product
from ml_assets.errors import AssetFunctionError, TrainingError
from ml_assets.pipeline.calling import arguments, call

if TYPE_CHECKING:
    from ml_assets.pipeline.draft import Draft


class Stored(Protocol):
    """The artifacts of one day."""

    parameters: Parameters
    as_of: dt.date

    @property
    def pipeline(self) -> Declared:
        """What is made."""

    def product(self, asset: str) -> Product[Any]:
        """What is stored of an asset."""


def judge(day: Stored, draft: "Draft") -> Mapping[str, StoredVerdict]:
    """What the checks of an asset say of a draft, by name.

    Raises:
        TrainingError: one that must hold does not.
        AssetFunctionError: one failed.
    """

    def product(name: str) -> Product[Any]:
        return draft.stored_product() if name == draft.key.asset else day.product(name)

    found = {}
    for check in checks_of(day.pipeline, draft.key.asset):
        verdict = verdict_of(check, day, product)
        if check.blocking and not verdict.passed:
            raise TrainingError(_refusal(check, verdict, as_of=day.as_of))
        found[check.name] = StoredVerdict(
            passed=verdict.passed, message=verdict.message, metadata=dict(verdict.metadata)
        )
    return found


def checks_of(pipeline: Declared, asset: str) -> list[Check]:
    """The checks of an asset, in the order in which they were declared."""
    return [check for check in pipeline.checks.values() if check.asset == asset]


def verdict_of(check: Check, day: Stored, product: Callable[[str], Product[Any]]) -> Verdict:
    """What a check says; of one that does not hold and gives no reason, its docstring is the reason.

    Raises:
        AssetFunctionError: it failed, or says neither yes nor no.
    """
    name = f"check {check.name} of {check.asset}, {day.as_of},"
    slices = get_type_hints(check.function) if "parameters" in check.takes.values() else {}
    given = arguments(check.takes, slices=slices, parameters=day.parameters, as_of=day.as_of, product=product)
    answer = call(check.function, given, name=name)
    verdict = answer if isinstance(answer, Verdict) else Verdict(passed=_truth(answer, name))
    message = verdict.message or ("" if verdict.passed else check.description)
    return Verdict(bool(verdict.passed), message, metadata=verdict.metadata)


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
