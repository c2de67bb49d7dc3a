"""May a stored artifact be used as it is? Only if nothing that could change its bytes has changed."""

import re
from collections.abc import Sequence
from dataclasses import replace

from ml_assets.core.manifest import Manifest
from ml_assets.pipeline.differences import Difference, MadeOf, differences, made_of
from ml_assets.text import change, count

SHOWN = 3  # days, or files of code, named in a message
_VERSION = re.compile(r"^[0-9a-f]{12}$")


def is_reusable(manifest: Manifest) -> bool:
    """Whether it is ever used: what names no version of its own code, such as a report, is made anew each time."""
    return bool(_VERSION.match(manifest.code_version))


def reasons(stored: Manifest, now: MadeOf) -> list[str]:
    """What has changed since `stored` was made, one line each; empty where it can be used as it is.

    An input that is not among those of `now` is no reason: it may not be known yet what it will be.
    """
    changes = [item for item in differences(made_of(stored), now) if item.what != "input" or item.now]
    lines = [_code_line(changes)] if any(item.what == "code" for item in changes) else []
    lines += [_line(item) for item in changes if item.what in ("package", "input")]
    if fields := [item.name for item in changes if item.what == "contract"]:
        lines.append(f"dataset.toml changed: {', '.join(fields)}")
    if days := [item for item in changes if item.what == "input day"]:
        lines.append(_days_line(days, of=sum(len(source.days) for source in now.sources)))
    return lines


def of_inputs(stored: Manifest, now: MadeOf) -> MadeOf:
    """The same with code and packages as they were: what a recorded artifact is held against."""
    return replace(now, code_version=stored.code_version, packages=stored.packages)


def _code_line(changes: Sequence[Difference]) -> str:
    files = [item.name for item in changes if item.what == "code" and item.name != "code"]
    shown = ", ".join(files[:SHOWN]) + (", ..." if len(files) > SHOWN else "")
    return f"code changed: {shown}" if files else "code changed"


def _line(item: Difference) -> str:
    if item.what == "package":
        return f"package {item.name} changed: {item.was} -> {item.now}"
    return f"input {item.name} changed"


def _days_line(days: Sequence[Difference], *, of: int) -> str:
    shown = ", ".join(item.name for item in days[:SHOWN]) + (", ..." if len(days) > SHOWN else "")
    return f"input rows changed on {len(days)} of {count(of, 'day')} ({shown}; {change(sum(item.rows for item in days), 'row')})"
