"""What serves, and what may: the state of the releases of one line, and the three acts that change it.

    promote   an artifact becomes the candidate of a slot that does not serve
    switch    the candidate of a slot serves; what served before can be gone back to
    rollback  what served before serves again

Each act is a pure function from one state to the next, or a refusal. The log in the store holds them in order.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.options import ENVIRONMENT, SLOTS
from ml_assets.core.pipeline import Declared
from ml_assets.core.release_line import promoted_asset
from ml_assets.errors import RefusedError

Slot = Annotated[str, Field(pattern=ENVIRONMENT)]
Action = Literal["promoted", "switched", "rolled_back"]
LONGEST_NAME = 200  # of who did something
STEPS_BACK = 20  # that can be rolled back; the log itself is never cut
RunId = Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, protected_namespaces=(), defer_build=True
    )


class Release(_Part):
    """One promoted artifact in one slot, named so that no other bytes can be meant.

    Attributes:
        slot: the environment that holds it.
        line: the values in its path that name its release line.
        values: the other values in its path.
        as_of: the day up to whose end it knows.
        run_id: its parameters and day.
        sha256: its digest.
        manifests: SHA-256 of the manifest of each artifact that was promoted with it, by asset.
    """

    slot: Slot
    line: dict[str, str]
    values: dict[str, str]
    as_of: dt.date
    run_id: RunId
    sha256: Digest
    manifests: dict[str, Digest]

    @model_validator(mode="before")
    @classmethod
    def _of_an_earlier_version(cls, given: Any, info: ValidationInfo) -> Any:
        """Up to version 2 each value in the path was a field of its own; whoever reads a log knows which name its line."""
        if not isinstance(given, Mapping) or "values" in given:
            return given
        told = {name: value for name, value in given.items() if name not in cls.model_fields}
        line = {name: told.pop(name) for name in info.context or () if name in told}
        fields = {name: value for name, value in given.items() if name in cls.model_fields}
        return {**fields, "line": line, "values": told}

    def key(self, pipeline: Declared) -> ArtifactKey:
        """Where it is kept in its slot."""
        told = {**self.line, **self.values}
        return ArtifactKey(
            asset=promoted_asset(pipeline),
            values=tuple((name, told[name]) for name in pipeline.path if name in told),
            as_of=self.as_of,
            run_id=self.run_id,
            folder=pipeline.folder,
        )

    def told(self) -> str:
        """`3fa9c1d2e0ab (v2, as_of 2025-12-01) in green`."""
        return f"{release_text(self.run_id, self.values, self.as_of)} in {self.slot}"


def release_text(run_id: str, values: Mapping[str, str], as_of: dt.date) -> str:
    """`3fa9c1d2e0ab (v2, as_of 2025-12-01)`, with the values by name of what has several."""
    return f"{run_id} ({', '.join([*(values[name] for name in sorted(values)), f'as_of {as_of}'])})"


class Releases(_Part):
    """What is where: the newest entry of a log holds it, so that one read tells all.

    Attributes:
        candidates: the latest promotion into each slot.
        live: what serves, or None where nothing does yet.
        earlier: what served before, the latest last; at most STEPS_BACK of them.
    """

    candidates: dict[Slot, Release] = Field(default_factory=dict)
    live: Release | None = None
    earlier: tuple[Release, ...] = ()

    def idle(self, slots: tuple[str, str] = SLOTS) -> str:
        """The slot of the two that does not serve: the one to promote to."""
        first, second = slots
        return second if self.live is None or self.live.slot == first else first


class Entry(_Part):
    """One act, as the log holds it for ever.

    Attributes:
        number: its place in the log, from 1.
        action: what was done.
        release: what it was done with.
        by: who did it.
        at: when, UTC.
        why: the reason that was given, or nothing.
        decision: the digest of the decision record that allowed a promotion, or nothing.
        token: random text that tells one writer's entry from another's.
        previous: SHA-256 of the entry before, byte for byte as it is stored; nothing in the first one, and in those
            of version 1, which did not have it.
        state: what is where after it.
    """

    schema_version: Literal[1, 2, 3] = 3
    number: int = Field(ge=1)
    action: Action
    release: Release
    by: str = Field(max_length=LONGEST_NAME)
    at: AwareDatetime
    why: str = Field(default="", max_length=2000)
    decision: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    token: str = Field(max_length=64)
    previous: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    state: Releases

    def follows(self, before: Releases) -> bool:
        """Whether its state is what its act makes of the state before it."""
        try:
            replayed = _ACTS[self.action](before, self.release)
        except RefusedError:
            return False
        return self.state == replayed and (self.action == "promoted" or self.release == replayed.live)


@dataclass(frozen=True, kw_only=True)
class Requested:
    """When something was asked for: `live` means what served then. All runs of one request share it.

    Attributes:
        entry: the number of the newest entry of the log then, where it is known.
        at: else the moment; None for just now.
    """

    entry: int | None = None
    at: dt.datetime | None = None

    def knows(self, entry: Entry) -> bool:
        """Whether an entry was in the log then."""
        if self.entry is not None:
            return entry.number <= self.entry
        return self.at is None or entry.at <= self.at


def refuse_serving(state: Releases, slot: str, *, slots: tuple[str, str] = SLOTS) -> None:
    """RefusedError where a slot serves, which is never written to."""
    if state.live is not None and slot == state.live.slot:
        idle = state.idle(slots)
        raise RefusedError(
            [f"to: {slot} serves now. Promote to {idle}, then switch; nothing is changed in place."]
        )


def promoted(state: Releases, release: Release, *, slots: tuple[str, str] = SLOTS) -> Releases:
    """The artifact is the candidate of its slot. RefusedError where that slot serves."""
    refuse_serving(state, release.slot, slots=slots)
    return state.model_copy(update={"candidates": {**state.candidates, release.slot: release}})


def switched(
    state: Releases,
    slot: str | None = None,
    *,
    if_candidate: str = "",
    slots: tuple[str, str] = SLOTS,
    noun: str = "model",
) -> Releases:
    """The candidate of a slot serves; by default that of the slot which does not serve.

    Args:
        state: what is where.
        slot: the slot whose candidate is meant.
        if_candidate: the run_id that it must have; "" for any.
        slots: the two slots of the settings.
        noun: what is promoted, for people.

    Raises:
        RefusedError: there is none, it serves already, it is another one, or nothing serves and both slots have one.
    """
    slot = slot or _waiting(state, slots)
    if (candidate := state.candidates.get(slot)) is None:
        raise RefusedError(
            [f"to: nothing was promoted to {slot}. Promote first: ml-assets promote RUN_ID --to {slot}"]
        )
    if if_candidate and candidate.run_id != if_candidate:
        raise RefusedError(
            [f"if_candidate: another {noun} is the candidate: {candidate.told()}. Nothing was changed."]
        )
    if candidate == state.live:
        raise RefusedError([f"to: {candidate.told()} serves already."])
    earlier = state.earlier if state.live is None else (*state.earlier, state.live)
    return state.model_copy(update={"live": candidate, "earlier": earlier[-STEPS_BACK:]})


def _waiting(state: Releases, slots: tuple[str, str]) -> str:
    """The slot whose candidate may be meant where none is named."""
    waiting = [slot for slot in slots if slot in state.candidates]
    if state.live is not None or not waiting:
        return state.idle(slots)
    if len(waiting) > 1:
        raise RefusedError(
            [f"to: nothing serves yet and both slots have a candidate. Say which: --to {slots[0]}."]
        )
    return waiting[0]


def rolled_back(state: Releases) -> Releases:
    """What served before serves again. RefusedError where nothing did."""
    if not state.earlier:
        raise RefusedError(["rollback: nothing served before. `ml-assets live` shows what serves."])
    return state.model_copy(update={"live": state.earlier[-1], "earlier": state.earlier[:-1]})


_ACTS: Mapping[Action, Callable[[Releases, Release], Releases]] = MappingProxyType(
    {
        "promoted": promoted,
        "switched": lambda state, release: switched(state, release.slot),
        "rolled_back": lambda state, _: rolled_back(state),
    }
)
NONE: Releases = Releases()
NOW = Requested()
RELEASE_TAG = "ml_assets/release"  # the entry of the log that the runs of one request go by
PAST: Mapping[Action, str] = MappingProxyType(
    {"promoted": "promoted", "switched": "switched to", "rolled_back": "rolled back to"}
)
