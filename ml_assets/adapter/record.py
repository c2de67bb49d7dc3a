"""What Dagster is told of artifacts: metadata and data versions, and the events of days beside which another failed."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

import dagster as dg

from ml_assets.adapter.launch_again import links_entry
from ml_assets.adapter.metadata import metadata
from ml_assets.core.metrics import Metrics
from ml_assets.core.run_id import hash_identity
from ml_assets.pipeline.draft import Made
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.text import count

DATA_VERSION_TAG = "dagster/data_version"


def data_version(made: Made) -> str:
    """Parameters, day and content: it changes when any of them does."""
    return f"{made.key.run_id}-{made.manifest.sha256[:16]}"


def batch_data_version(made: Made) -> str:
    """Parameters and code. Dagster fact: a run of several days has one data version for all, which share no content."""
    values, day = made.manifest.parameters, made.key.as_of.replace(year=1, month=1, day=1)
    return f"{hash_identity(values, day)}-{made.manifest.code_version}"


def tell(
    context: dg.OutputContext,
    made: Sequence[Made],
    *,
    store: ArtifactStore,
    metrics: Metrics,
    launch: Callable[[dt.date], str],
) -> None:
    """State the metadata of each day of an output, and its data version: all days of the run were made.

    `launch` gives the link that launches a day again.

    Dagster fact: metadata of a day and a data version that is known only now are taken by the context of the step.
    """
    step = context.step_context
    for item in made:
        step.add_asset_metadata(
            metadata(item, store=store, metrics=metrics, launch=launch(item.key.as_of)),
            asset_key=context.asset_key,
            partition_key=str(item.key.as_of),
        )
    version = data_version(made[0]) if len(made) == 1 else batch_data_version(made[0])
    step.set_data_version(context.asset_key, dg.DataVersion(version))


def materialization(
    key: dg.AssetKey,
    made: Made,
    *,
    store: ArtifactStore,
    metrics: Metrics,
    launch: str = "",
    inline: bool = True,
) -> dg.AssetMaterialization:
    """The event of one artifact, to be written by hand; `launch` is the link that launches it again.

    Dagster fact: a step that succeeds marks all of its days as made, and one that fails none; events of its good days
    that are logged stay.
    """
    return dg.AssetMaterialization(
        key,
        partition=str(made.key.as_of),
        metadata=metadata(made, store=store, metrics=metrics, launch=launch, inline=inline),
        tags={DATA_VERSION_TAG: data_version(made)},
    )


def failure(
    reasons: Mapping[str, str],
    *,
    days: int,
    retry: Iterable[str] = (),
    launch: Mapping[str, str] = MappingProxyType({}),
    reason_of_one: bool = True,
) -> dg.Failure:
    """The failure of a run: which days failed and why, by day, and the commands that make just those again.

    Args:
        reasons: why each day failed.
        days: how many days the run had.
        retry: commands.
        launch: the link that launches a failed day again, by day.
        reason_of_one: whether that of a run of one day is told without its day, and those of several under a head.
    """
    commands = list(retry)
    return dg.Failure(
        description=_description(reasons, days, commands, reason_of_one=reason_of_one),
        metadata={
            "failed_days": dg.MetadataValue.json(dict(reasons)),
            **({"retry": dg.MetadataValue.md("\n".join(f"- `{c}`" for c in commands))} if commands else {}),
            **links_entry(launch),
        },
        allow_retries=False,
    )


def _description(
    reasons: Mapping[str, str], days: int, commands: Sequence[str], *, reason_of_one: bool
) -> str:
    if days == 1 and reason_of_one:
        return next(iter(reasons.values()))
    grouped: dict[str, list[str]] = {}
    for day, reason in reasons.items():
        grouped.setdefault(reason, []).append(day)
    lines = [f"{', '.join(named)}: {reason}" for reason, named in grouped.items()]
    if not reason_of_one:
        return "\n".join(lines)
    head = f"{len(reasons)} of {count(days, 'day')} failed; the others are committed."
    again = ["Run just these again:", *commands] if commands else []
    return "\n".join([head, *lines, *again])
