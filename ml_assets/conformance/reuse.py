"""Reuse, and what ends it: another value, other code, other rows, another package."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ml_assets.conformance.case import Case
from ml_assets.conformance.edited import edited
from ml_assets.conformance.probe import probed
from ml_assets.conformance.report import NotAskedError, expect
from ml_assets.core.manifest import PYTHON
from ml_assets.errors import MlAssetsError
from ml_assets.pipeline.attempt import Attempt
from ml_assets.pipeline.workspace import Workspace
from ml_assets.text import count

if TYPE_CHECKING:
    import datetime as dt

    from polars import LazyFrame

    from ml_assets.sources.rows import Source


def the_same_again_computes_nothing(case: Case) -> str:
    """A second run of the same parameters and day calls no function."""
    counted, calls = case.counted()
    again = case.make(case.copied_store(), pipeline=counted)
    expect(not calls, f"the second run called {_names(calls)}")
    expect(all(item.reused for item in again.made), "the second run says that it made something")
    same = {item.key.asset: item.manifest for item in again.made} == dict(case.manifests)
    expect(same, "the second run gives other manifests than the first one wrote")
    return f"{count(len(again.made), 'asset')} reused, no function called"


def another_value_makes_what_takes_it(case: Case) -> str:
    """Of a field, another value makes anew the assets whose slice has it, and no other; what is upstream is shared."""
    tried, left = [], []
    for name in case.fields_to_try():
        counted, calls = case.counted()
        try:
            done = case.make(case.copied_store(), pipeline=counted, **{name: case.other(name)})
        except MlAssetsError:  # the other value may want rows that are not there
            left.append(name)
            continue
        takes = [asset for asset in case.pipeline.assets if case.takes(asset, name, case.other(name))]
        made = [item.key.asset for item in done.made if not item.reused]
        expect(made == takes, f"{name}: made were {_listed(made)}, and its slice is that of {_listed(takes)}")
        expect({asset for asset, _ in calls} == set(made), f"{name}: called was {_names(calls)}")
        tried.append(name)
    if not tried:
        raise NotAskedError(f"no other value could be made{f': {_listed(left)}' if left else ''}")
    return f"other values of {_listed(tried)}"


def edited_code_makes_what_it_makes(case: Case) -> str:
    """A comment changes nothing; a line of a function makes its asset anew, and what is behind it only by its bytes."""
    tried, why = [], ""
    for asset in case.pipeline.assets:
        try:
            copied, changed = (
                edited(case.pipeline, asset, case.folder, line=line) for line in ("", "conformance = 1")
            )
        except NotAskedError as error:
            why = str(error)
            continue
        done = _told(case.make(case.copied_store(), pipeline=copied))
        expect(done[asset] == "reused", f"{asset}: another comment in its file makes it anew ({done[asset]})")
        done = _told(case.make(case.copied_store(), pipeline=changed))
        if asset in case.computed:
            expect(
                "code" in done[asset], f"{asset}: a line was added to its function, and it was {done[asset]}"
            )
        else:
            expect(done[asset] == "reused", f"{asset}: it is recorded, and other code has asked for it anew")
        others = [name for name, what in done.items() if name != asset and what != "reused"]
        expect(not others, f"{asset}: its bytes are the same, and yet {_listed(others)} was made anew")
        tried.append(asset)
    if not tried:
        raise NotAskedError(why)
    return f"a comment and a line in the functions of {_listed(tried)}"


def other_rows_make_what_asked_for_them(case: Case) -> str:
    """Without the rows of one day, what asked for them is made anew; what asked for none is reused."""
    days = {
        asset: [day.date for source in manifest.sources for day in source.days]
        for asset, manifest in case.manifests.items()
    }
    asks = {asset: found for asset, found in days.items() if found}
    if not asks:
        raise NotAskedError("no asset asks for rows, or there are none")
    for asset, found in asks.items():
        gone = sorted(found)[len(found) // 2]
        counted, calls = case.counted()
        store, assets = case.copied_store(), [asset]
        try:
            (made,) = case.make(store, pipeline=counted, change=partial(_without, gone), assets=assets).made
        except MlAssetsError:  # it may need them; then it was not reused
            expect(calls, f"{asset}: the rows of {gone} are gone, and it failed before it was called")
            continue
        expect(not made.reused, f"{asset}: the rows of {gone} that it asked for are gone, and it was reused")
        expect(
            "rows changed" in made.reason, f"{asset}: the rows of {gone} are gone, and it says {made.reason}"
        )
        calls.clear()
        case.make(store, pipeline=counted, change=partial(_without, gone), assets=assets)
        expect(not calls, f"{asset}: with the same rows again, it was called again")
    return f"a day without rows, asked for by {_listed(asks)}"


def another_package_makes_what_it_computes(case: Case) -> str:
    """What was made with another version of a package, or by other code, is made anew, and says so."""
    tried = 0
    for asset, manifest in case.manifests.items():
        name = next(
            (name for name in manifest.packages if name != PYTHON), ""
        )  # of which the version decides nothing
        changes: dict[str, dict[str, Any]] = {"code": {"code_version": "0" * 12}}
        if name:
            changes[name] = {"packages": {**manifest.packages, name: "0.0.1"}}
        for what, change in changes.items():
            store = case.copied_store()
            case.commit_as(store, asset, **change)
            made = {item.key.asset: item.reason for item in case.make(store).made if not item.reused}
            if asset not in case.computed:
                expect(
                    not made, f"{asset}: it is recorded, and another version of {what} has asked for it anew"
                )
                continue
            expect(asset in made, f"{asset}: it was stored under another version of {what}, and was reused")
            expect(
                what in made[asset], f"{asset}: the version of {what} is another, and it says {made[asset]}"
            )
            expect(
                len(made) == 1, f"{asset}: only {what} of it is another, and {_listed(made)} were made anew"
            )
            tried += 1
    return f"{count(tried, 'artifact')} that tell of other code or another package"


def what_comes_after_gets_what_was_stored(case: Case) -> str:
    """Made of an upstream that was just made, or of one that was stored before: the same bytes."""
    tried = 0
    for asset, declared in case.pipeline.assets.items():
        if not declared.inputs:
            continue
        store, key = case.empty_store(), case.pipeline.key(asset, case.parameters, case.day)
        before = [name for name in case.pipeline.assets if name != asset]
        case.make(store, assets=before[: list(case.pipeline.assets).index(asset)])
        case.make(store, assets=[asset])
        files, fresh = store.manifest(key).files, case.manifests[asset].files
        expect(
            files == fresh, f"{asset}: of stored inputs it has other bytes than of inputs that were just made"
        )
        tried += 1
    if not tried:
        raise NotAskedError("no asset is made of another")
    return f"{count(tried, 'asset')} that are made of others"


def threads_are_limited(case: Case) -> str:
    """While a function runs, linear algebra has as many threads as its asset declares, however many there are."""
    from threadpoolctl import threadpool_info, threadpool_limits

    from ml_assets.pipeline.calling import POOLS

    threaded = {
        a: d.threads for a, d in case.pipeline.assets.items() if set(POOLS) & set(case.manifests[a].packages)
    }
    if not threaded:
        raise NotAskedError("no asset computes with a package that has threads of its own")
    seen: dict[str, int] = {}

    def look(asset: str, _: "dt.date") -> None:
        seen[asset] = max((pool["num_threads"] for pool in threadpool_info()), default=0)

    with threadpool_limits(2):
        case.make(case.empty_store(), pipeline=probed(case.pipeline, look))
    for asset, limit in threaded.items():
        expect(seen[asset] <= limit, f"{asset}: {seen[asset]} threads were at hand, and it declares {limit}")
    return f"{count(len(threaded), 'asset')}, two threads at hand"


def _told(done: Attempt) -> dict[str, str]:
    return {item.key.asset: "reused" if item.reused else item.reason for item in done.made}


def _names(calls: Any) -> str:
    return _listed(dict.fromkeys(asset for asset, _ in calls))


def _listed(names: Any) -> str:
    return ", ".join(names) or "none"


def _without(day: "dt.date", workspace: Workspace) -> Workspace:
    return _LessRows(**vars(workspace), gone=day)


@dataclass(frozen=True, kw_only=True)
class _LessRows(Workspace):
    """A workspace whose sources have no rows of the day `gone`."""

    gone: "dt.date"

    def source(self, name: str) -> "Source":
        return _Less(super().source(name), self.gone)


class _Less:
    """A source without the rows of one day."""

    def __init__(self, source: "Source", gone: "dt.date") -> None:
        self._source, self._gone = source, gone

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def scan(self, dataset: str, **asked: Any) -> "LazyFrame":
        import polars as pl

        return self._source.scan(dataset, **asked).filter(pl.col("day") != self._gone)
