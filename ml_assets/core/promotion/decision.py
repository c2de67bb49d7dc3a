"""The record of a promotion that was decided: enough to tell later who let what into production, and why."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from ml_assets.core.comparison.by_days import DayComparison
from ml_assets.core.comparison.document import Comparison
from ml_assets.core.promotion.gates import Gate
from ml_assets.core.release import release_text

Verdict = Literal["promoted", "forced", "refused"]
HEAD = ("gate", "", "found")


class Decision(BaseModel):
    """One decision, as it is kept; those of earlier versions stay in the log as they were written.

    Attributes:
        verdict: `forced` where gates were overruled.
        pipeline: the name of what made it.
        asset: what is promoted.
        run_id: its own.
        line: the values in its path that name its release line.
        values: the other values in its path.
        as_of: the day up to whose end it knows.
        source: the environment it comes from.
        to: the slot.
        gates: every answer.
        parameters: its parameter set, as its identity.
        reference: what served, with which it was compared, or nothing.
        reference_sha256: its bytes, or nothing.
        comparison: with it, or None where there was none to make.
        try_number: which try of this parameter set against those bytes it was, from 1; None where no metric was looked at.
        margins: by how much it was allowed to be worse.
        window_days: days of rows that were compared at most.
        through: the day by whose end outcomes had to be closed.
        by: who decided.
        at: when, UTC.
        reason: why, as given.
        artifacts: SHA-256 by asset of what is promoted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    schema_version: Literal[3] = 3
    verdict: Verdict
    pipeline: str
    asset: str
    run_id: str
    line: Mapping[str, str]
    values: Mapping[str, str]
    as_of: dt.date
    source: str
    to: str
    gates: tuple[Gate, ...]
    parameters: Mapping[str, Any]
    reference: str
    reference_sha256: str
    comparison: Comparison | DayComparison | None
    try_number: int | None
    margins: Mapping[str, float]
    window_days: int
    through: dt.date
    by: str
    at: AwareDatetime
    reason: str
    artifacts: Mapping[str, str]

    @property
    def objections(self) -> list[str]:
        """A line for each gate that did not let it through."""
        return [f"{gate.name}: {gate.told}" for gate in self.gates if not gate.passed]

    def record(self) -> dict[str, Any]:
        """It as JSON values."""
        return self.model_dump(mode="json")

    def rows(self) -> list[tuple[str, str, str]]:
        """A line of the table for each gate."""
        return [(gate.name, self._mark(gate), gate.told) for gate in self.gates]

    def summary(self) -> str:
        """What was decided, in one line."""
        what = release_text(self.run_id, self.values, self.as_of)
        return f"{self.verdict}: {what} from {self.source} to {self.to}"

    def _mark(self, gate: Gate) -> str:
        if gate.passed:
            return "passed"
        return "overruled" if self.verdict == "forced" else "failed"


def verdict(gates: Sequence[Gate], *, force: bool) -> Verdict:
    """What the gates let happen."""
    failed = [gate for gate in gates if not gate.passed]
    if not failed:
        return "promoted"
    return "forced" if force and all(gate.forceable for gate in failed) else "refused"
