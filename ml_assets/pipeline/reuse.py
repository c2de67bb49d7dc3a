"""May a stored artifact be used as it is? Only if nothing that could change its bytes has changed."""

from collections.abc import Mapping
from typing import Any

from ml_assets.core.manifest import PYTHON, InputArtifact, InputSource, Manifest
from ml_assets.pipeline.differences import contract_differences

SHOWN = 3  # days named in a message


def differences(
    stored: Manifest,
    *,
    code_version: str,
    packages: dict[str, str],
    artifacts: tuple[InputArtifact, ...],
    sources: tuple[InputSource, ...],
    contract: Mapping[str, Any] | None = None,
) -> list[str]:
    """What has changed since `stored` was made, one line each; empty where it can be used as it is.

    `contract` is what `dataset.toml` says now, for an asset that is made of rows.
    """
    found = [] if stored.code_version == code_version else ["code changed"]
    for name, now in packages.items():
        was = stored.packages.get(name)
        if was != now and name != PYTHON:
            found.append(f"package {name} changed: {was} -> {now}")
    found += _changed_artifacts(stored.artifacts, artifacts)
    if fields := [item.name for item in contract_differences(stored.facts.get("contract"), contract)]:
        found.append(f"dataset.toml changed: {', '.join(fields)}")
    for was_source, now_source in zip(stored.sources, sources, strict=True):
        found += _changed_days(was_source, now_source)
    return found


def _changed_artifacts(was: tuple[InputArtifact, ...], now: tuple[InputArtifact, ...]) -> list[str]:
    digests = {(a.asset, a.run_id): a.sha256 for a in was}
    return [f"input {a.asset} changed" for a in now if digests.get((a.asset, a.run_id)) != a.sha256]


def _changed_days(was: InputSource, now: InputSource) -> list[str]:
    before, after = was.fingerprints, now.fingerprints
    days = sorted(day for day in before.keys() | after.keys() if before.get(day) != after.get(day))
    if not days:
        return []
    rows = {d.date: d.rows for d in now.days}
    rows_before = {d.date: d.rows for d in was.days}
    moved = sum(rows.get(day, 0) - rows_before.get(day, 0) for day in days)
    shown = ", ".join(map(str, days[:SHOWN])) + (", ..." if len(days) > SHOWN else "")
    return [f"input rows changed on {len(days)} of {len(after)} days ({shown}; {moved:+d} rows)"]
