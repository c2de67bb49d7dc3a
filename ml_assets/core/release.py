"""What serves, and what may: the state of the releases of one dataset, and the three acts that change it.

    promote   a model becomes the candidate of a slot that does not serve
    switch    the candidate of a slot serves; what served before can be gone back to
    rollback  what served before serves again

Each act is a pure function from one state to the next, or a refusal. The log in the store holds them in order.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from ml_assets.core.artifact import ArtifactKey
from ml_assets.errors import RefusedError

Slot = Literal["blue", "green"]
Action = Literal["promoted", "switched", "rolled_back"]
SLOTS: tuple[Slot, ...] = ("blue", "green")
LONGEST_NAME = 200  # of who did something
STEPS_BACK = 20  # that can be rolled back; the log itself is never cut
RunId = Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, protected_namespaces=(), defer_build=True
    )


class Release(_Part):
    """One model in one slot, named so that no other bytes can be meant.

    Attributes:
        slot: the environment that holds it.
        dataset: what it scores.
        model_version: its recipe.
        as_of: the day up to whose end it knows.
        run_id: its parameters and day.
        sha256: the digest of the model.
        manifests: SHA-256 of the manifest of each artifact that was promoted with it, by asset.
    """

    slot: Slot
    dataset: str
    model_version: str
    as_of: dt.date
    run_id: RunId
    sha256: Digest
    manifests: dict[str, Digest]

    def key(self, asset: str = "model") -> ArtifactKey:
        """Where an artifact that has the model's own run_id is kept."""
        return ArtifactKey(
            asset=asset,
            values=(("model_version", self.model_version), ("dataset", self.dataset)),
            as_of=self.as_of,
            run_id=self.run_id,
        )

    def told(self) -> str:
        """`3fa9c1d2e0ab (v2, as_of 2025-12-01) in green`."""
        return f"{self.run_id} ({self.model_version}, as_of {self.as_of}) in {self.slot}"


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

    @property
    def idle(self) -> Slot:
        """The slot that does not serve: the one to promote to."""
        return "green" if self.live is None or self.live.slot == "blue" else "blue"


class Entry(_Part):
    """One act, as the log holds it for ever.

    Attributes:
        number: its place in the log, from 1.
        action: what was done.
        release: the model it was done with.
        by: who did it.
        at: when, UTC.
        why: the reason that was given, or nothing.
        decision: the digest of the decision record that allowed a promotion, or nothing.
        token: random text that tells one writer's entry from another's.
        previous: SHA-256 of the entry before, byte for byte as it is stored; nothing in the first one, and in those
            of version 1, which did not have it.
        state: what is where after it.
    """

    schema_version: Literal[1, 2] = 2
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


def refuse_serving(state: Releases, slot: Slot) -> None:
    """RefusedError where a slot serves, which is never written to."""
    if state.live is not None and slot == state.live.slot:
        raise RefusedError(
            [f"to: {slot} serves now. Promote to {state.idle}, then switch; nothing is changed in place."]
        )


def promoted(state: Releases, release: Release) -> Releases:
    """The model is the candidate of its slot. RefusedError where that slot serves."""
    refuse_serving(state, release.slot)
    return state.model_copy(update={"candidates": {**state.candidates, release.slot: release}})


def switched(state: Releases, slot: Slot | None = None, *, if_candidate: str = "") -> Releases:
    """The candidate of a slot serves; by default that of the slot which does not serve.

    RefusedError where there is none, where it serves already, where it is not the one of the run_id `if_candidate`, and
    where nothing serves and both slots have one.
    """
    slot = slot or _waiting(state)
    if (candidate := state.candidates.get(slot)) is None:
        raise RefusedError(
            [f"to: nothing was promoted to {slot}. Promote first: ml-assets promote RUN_ID --to {slot}"]
        )
    if if_candidate and candidate.run_id != if_candidate:
        raise RefusedError(
            [f"if_candidate: another model is the candidate: {candidate.told()}. Nothing was changed."]
        )
    if candidate == state.live:
        raise RefusedError([f"to: {candidate.told()} serves already."])
    earlier = state.earlier if state.live is None else (*state.earlier, state.live)
    return state.model_copy(update={"live": candidate, "earlier": earlier[-STEPS_BACK:]})


def _waiting(state: Releases) -> Slot:
    """The slot whose candidate may be meant where none is named."""
    if state.live is not None or not state.candidates:
        return state.idle
    if len(state.candidates) > 1:
        raise RefusedError(["to: nothing serves yet and both slots have a candidate. Say which: --to blue."])
    return next(iter(state.candidates))


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
