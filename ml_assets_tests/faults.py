"""Faults put into the library while it runs: each breaks one promise for every pipeline, and the conformance must see it."""

import json
import random
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import rfc8785

from ml_assets.adapter import parameters as launched
from ml_assets.client import runs
from ml_assets.core import artifact, pipeline
from ml_assets.core.where import Filter
from ml_assets.pipeline import (
    compute,
    day,
    days,
    draft,
    encode,
    plan,
    promotion,
    releases,
    reproduce,
    reuse,
    sweep,
)
from ml_assets.storage import artifact_store, committing, formats

identity, leaderboard, find = pipeline.identity, sweep.leaderboard, artifact.key_of_identity


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that a library could do wrong.

    Attributes:
        name: what it does.
        breaks: the promise that is not kept then.
        put: puts it in; takes pytest's monkeypatch.
        pipeline: the one of `ml_assets_tests.kinds` that it is tried on.
        values: the parameters of its runs.
    """

    name: str
    breaks: str
    put: Callable[[Any], None]
    pipeline: str = "nothing_promoted"
    values: dict[str, Any] = field(default_factory=dict)


def _patch(*targets: tuple[Any, str, Any]) -> Callable[[Any], None]:
    def put(monkeypatch: Any) -> None:
        for owner, name, value in targets:
            monkeypatch.setattr(owner, name, value)

    return put


def _without_the_last(parameters, *, of):
    values = identity(parameters, of=of)
    return dict(list(values.items())[:-1])


def _all_fields(parameters, *, of):
    return {name: getattr(parameters, name) for name in of.model_fields}


def _unsorted(values, as_of):
    import hashlib

    document = {"scheme": 1, "as_of": str(as_of), "parameters": dict(values)}
    text = json.dumps(document, separators=(",", ":"), default=lambda value: {**value})
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _hidden(asset, values, as_of, *, path=None, names=(), folder=""):
    return find(asset, values, as_of, path=path, names=(), folder=folder)


def _one_run(asset, values, as_of, *, path=None, names=(), folder=""):
    return replace(find(asset, values, as_of, path=path, names=names, folder=folder), run_id="0" * 12)


def _manifest_first(store, key, manifest, body, files):
    committing.put(store, f"{key.path}/{committing.MANIFEST}", body)
    committing.put_new(store, f"{key.path}/{committing.history_name(manifest.created_at, body)}", body)
    for file, data in files.items():
        committing.put(store, f"{key.path}/{file}", data)


def _only_the_value(self, key):
    manifest = self.manifest(key)
    self.read_file(key, manifest.main)
    return manifest


def _until_the_first_error(function, tasks, **more):
    for key, arguments in tasks.items():
        value = function(*arguments)
        yield key, value
        if value.error:
            return


def _merged(records, **more):
    first, *rest = list(records)
    return leaderboard([first, *(item.model_copy(update={"trial": first.trial}) for item in rest)], **more)


def _of_another(records, **more):
    first, *rest = list(records)
    return leaderboard(
        [first, *(item.model_copy(update={"metrics": first.metrics}) for item in rest)], **more
    )


def _unchecked(parameters, given, *, cls, **_):
    return cls(), [runs.day_of(day) for day in given]


def _by_chance(value):
    return rfc8785.dumps(value) + b" " * random.randrange(1_000_000 % 9_999)


def _all_stored(parameters, as_of, **more):
    return plan.PlannedDay(as_of=as_of, run_id="0" * 12, state="reused")


def _unswitched(state, to, **more):
    return state if state.live else really_switched(state, to, **more)


def _always(stored, now):
    return ["to be sure"]


def _never(stored, now):
    return []


def _but_rows(sources, rows):
    return tuple(sources)


RANKED = {"rank_by": "count"}  # half_life is not used
PADDED = replace(formats.FORMATS["json"], encode=_by_chance)
really_switched = releases.switched
real_differences = reuse.differences


def _but(what):
    def without(*args):
        return [item for item in real_differences(*args) if item.what != what]

    return without


FAULTS = [
    Fault(
        name="a run_id leaves out a field",
        breaks="a run_id is the published hash of what decides the run",
        put=_patch((pipeline, "identity", _without_the_last)),
    ),
    Fault(
        name="a field that is not used joins the identity",
        breaks="what is not used changes no run_id",
        put=_patch((pipeline, "identity", _all_fields)),
        pipeline="ranking",
        values=RANKED,
    ),
    Fault(
        name="the JSON that is hashed is not sorted",
        breaks="a run_id is the published hash of what decides the run",
        put=_patch((pipeline, "hash_identity", _unsorted), (artifact, "hash_identity", _unsorted)),
        pipeline="hourly",
    ),
    Fault(
        name="all runs of a day share a path",
        breaks="two values have two paths",
        put=_patch((pipeline, "key_of_identity", _one_run)),
    ),
    Fault(
        name="a path leaves out its parameters",
        breaks="a path holds parameters, day and run_id",
        put=_patch((pipeline, "key_of_identity", _hidden)),
        pipeline="answers",
    ),
    Fault(
        name="a launch takes a value that is refused",
        breaks="a bad value is refused in run config, 0 runs",
        put=_patch((launched, "refuse", lambda *args, **more: None)),
    ),
    Fault(
        name="the client asks before it checks",
        breaks="a bad value is refused by the client",
        put=_patch((runs, "checked_request", _unchecked)),
    ),
    Fault(
        name="reuse ignores rows",
        breaks="other rows make what asked for them",
        put=_patch((day, "ask_again", _but_rows)),
    ),
    Fault(
        name="reuse ignores code",
        breaks="edited code makes what it makes, and no more",
        put=_patch((reuse, "differences", _but("code"))),
    ),
    Fault(
        name="reuse ignores packages",
        breaks="another package or code makes anew, and says so",
        put=_patch((reuse, "differences", _but("package"))),
    ),
    Fault(
        name="what is stored is made again",
        breaks="the same again computes nothing",
        put=_patch((day, "reasons", _always)),
    ),
    Fault(
        name="a byte that was read is not checked",
        breaks="a changed byte is never read",
        put=_patch((artifact_store, "difference", lambda stored, data: "")),
    ),
    Fault(
        name="verify looks at values alone",
        breaks="verify finds every harm",
        put=_patch((artifact_store.ArtifactStore, "verify", _only_the_value)),
        pipeline="clustering",
    ),
    Fault(
        name="a manifest is written first",
        breaks="a manifest is written last",
        put=_patch((artifact_store, "write_commit", _manifest_first)),
    ),
    Fault(
        name="what comes after gets what was not stored",
        breaks="what comes after gets what was stored",
        put=_patch((draft.Draft, "stored_product", lambda self: self.product)),
        pipeline="answers",
    ),
    Fault(
        name="threads are not limited",
        breaks="threads are limited",
        put=_patch((compute, "limited_threads", lambda *args, **more: nullcontext())),
        pipeline="net",
    ),
    Fault(
        name="a batch ends with its first bad day",
        breaks="a bad day hurts no other",
        put=_patch((days, "side_by_side", _until_the_first_error)),
    ),
    Fault(
        name="a leaderboard merges trials",
        breaks="a leaderboard ranks each trial",
        put=_patch((sweep, "leaderboard", _merged)),
        pipeline="answers",
    ),
    Fault(
        name="a trial gets the metric of another",
        breaks="a leaderboard ranks each trial",
        put=_patch((sweep, "leaderboard", _of_another)),
        pipeline="answers",
    ),
    Fault(
        name="reproduce does not compare",
        breaks="reproduce gives every byte again",
        put=_patch((reproduce.Reproduced, "same", property(lambda self: True))),
    ),
    Fault(
        name="a list leaves nothing out",
        breaks="list finds it by its parameters",
        put=_patch((Filter, "holds", lambda *args: True), (Filter, "admits", lambda *args: True)),
    ),
    Fault(
        name="a plan finds everything stored",
        breaks="a plan says what a run does",
        put=_patch((plan, "plan_day", _all_stored)),
    ),
    Fault(
        name="a promotion looks at no gate",
        breaks="a promotion is refused for cause",
        put=_patch((promotion, "check", lambda evidence: [])),
        pipeline="net",
    ),
    Fault(
        name="a switch changes nothing",
        breaks="promoted, switched to and taken back",
        put=_patch((releases, "switched", _unswitched)),
        pipeline="net",
    ),
    Fault(
        name="a format writes something else each time",
        breaks="the same bytes many times in one process",
        put=_patch((encode, "FORMATS", {**formats.FORMATS, "json": PADDED})),
    ),
]
