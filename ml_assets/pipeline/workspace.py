"""Where a run reads and writes, and on whose behalf: everything that is not a parameter."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ml_assets.core.pipeline import Asset, Declared, Sample
from ml_assets.core.room import NO_CACHE, USUAL_GB, CachePlace
from ml_assets.core.rows import Rows
from ml_assets.core.s3_access import S3Access
from ml_assets.core.tracking import Tracking
from ml_assets.errors import RefusedError
from ml_assets.settings import Budget, Settings
from ml_assets.storage.artifact_store import ArtifactStore

if TYPE_CHECKING:  # reading rows needs polars, which only a run that reads rows should load
    from ml_assets.sources.rows import Source


def utc_now() -> dt.datetime:
    """The present moment."""
    return dt.datetime.now(tz=dt.timezone.utc)


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """What a run works with; it can be sent to another process.

    Attributes:
        pipeline: what is made.
        store: where artifacts are kept.
        environment: the name of that place.
        sources: URI by logical name.
        reuse: whether a stored artifact that nothing has changed is used instead of made again.
        again: the assets that are made again though nothing has changed; where any are named, reuse is off for these only.
        resources: what is handed in instead of what the settings say of a resource, by its name.
        dagster_run_id: the Dagster run on whose behalf this happens, or "".
        given: the parameters that were given, not left at their default.
        workers: processes that make days at once; 0 stands for as many as there are cores.
        engine: where days and trials are made: "" for this machine, or `dask://HOST:PORT`.
        budget: what one launch may compute.
        rows_gb: gigabytes of memory that the rows of one window may take.
        cache: where what was read of days may be kept.
        tracking: where runs are shown beside the store.
        accesses: how S3 is reached for the rows of a source, by name; by default as for the store.
        now: the clock.
    """

    pipeline: Declared
    store: ArtifactStore
    environment: str
    sources: Mapping[str, str]
    reuse: bool = True
    again: tuple[str, ...] = ()
    resources: Mapping[str, Any] = field(default_factory=dict)
    dagster_run_id: str = ""
    given: tuple[str, ...] = ()
    workers: int = 0
    engine: str = ""
    budget: Budget = field(default=Budget())
    rows_gb: float = USUAL_GB
    cache: CachePlace = NO_CACHE
    tracking: Tracking = field(default=Tracking())
    accesses: Mapping[str, S3Access] = field(default_factory=dict)
    now: Callable[[], dt.datetime] = field(default=utc_now)

    def reuses(self, asset: Asset) -> bool:
        """Whether an artifact of this asset is used where it is stored and nothing has changed; a recorded one always is."""
        if self.again:
            return asset.name not in self.again
        return self.reuse or asset.recorded

    def source(self, name: str) -> "Source":
        """The reader of a source; RefusedError where the settings know no such name."""
        access = self.accesses.get(name, self.store.access)
        samples = self.pipeline.samples
        return _open(
            name, self.sources, access=access, rows_gb=self.rows_gb, cache=self.cache, samples=samples
        )

    def rows(self, as_of: dt.date, *, window: Mapping[str, int] | None = None) -> Rows:
        """Where a function asks for rows that were known at the end of as_of, of no more days than its window has."""
        return Rows(sources=self.source, as_of=as_of, window=window)


def open_source_of(settings: Settings, name: str, *, environment: str, pipeline: Declared) -> "Source":
    """The reader of a source of an environment; RefusedError where the settings know no such name."""
    landed = name in settings.landing_zones(environment)
    access = settings.s3_of_source(name, environment) if landed else settings.s3_of(environment)
    return _open(
        name,
        settings.sources_of(environment),
        access=access,
        rows_gb=settings.rows_gb,
        cache=settings.cache,
        samples=pipeline.samples,
    )


def _open(
    name: str,
    sources: Mapping[str, str],
    *,
    access: S3Access,
    rows_gb: float,
    cache: CachePlace,
    samples: Mapping[str, Sample],
) -> "Source":
    from ml_assets.sources.rows import open_source

    if name not in sources:
        raise RefusedError([f"source: unknown. Known: {', '.join(sources)}."])
    return open_source(name, sources[name], access=access, rows_gb=rows_gb, cache=cache, samples=samples)


def again_problems(names: Collection[str], pipeline: Declared) -> list[str]:
    """One line where something else than assets of the pipeline is to be made again."""
    if set(names) <= pipeline.assets.keys():
        return []
    return [f"again: not all are known assets. Allowed: some of {', '.join(pipeline.assets)}."]


def open_workspace(
    settings: Settings,
    *,
    pipeline: Declared,
    environment: str = "default",
    reuse: bool = True,
    again: str = "",
    engine: str = "",
    dagster_run_id: str = "",
    given: tuple[str, ...] = (),
) -> Workspace:
    """The workspace of a pipeline in an environment as the settings describe it; `engine` wins over theirs.

    RefusedError where `again` names what is no asset of the pipeline.
    """
    name, anew = settings.named(environment), tuple(filter(None, again.split(",")))
    if problems := again_problems(anew, pipeline):
        raise RefusedError(problems)
    return Workspace(
        pipeline=pipeline,
        store=ArtifactStore(settings.root(name), settings.s3_of(name)),
        environment=name,
        sources=settings.sources_of(name),
        accesses={source: settings.s3_of_source(source, name) for source in settings.landing_zones(name)},
        reuse=reuse,
        again=anew,
        dagster_run_id=dagster_run_id,
        given=given,
        workers=settings.workers,
        engine=engine or settings.engine,
        budget=settings.place(name).budget,
        rows_gb=settings.rows_gb,
        cache=settings.cache,
        tracking=settings.tracking,
    )
