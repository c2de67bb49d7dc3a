"""`ml-assets env`: what the settings make of each environment, side by side. Secrets are named, never shown."""

import os
from collections.abc import Mapping, Sequence

from ml_assets.cli.call import Call
from ml_assets.errors import RefusedError
from ml_assets.finding import refuse_unknown_overrides
from ml_assets.settings import ANY, Settings
from ml_assets.terminal.tables import print_table

SECRETS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "ML_ASSETS_WEBHOOK_URL",
    "ML_ASSETS_WEBHOOK_SECRET",
    "MLFLOW_TRACKING_USERNAME",
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_TOKEN",
)


def list_environments(call: Call) -> int:
    """Print every environment and what is set of it."""
    return _show(call, list(call.settings.environments), mark=False)


def diff_environments(call: Call) -> int:
    """Print two environments side by side and mark what differs. RefusedError for one that is not known."""
    names, known = [call.args.first, call.args.second], call.settings.environments
    if unknown := [
        f"{name}: unknown environment. Known: {', '.join(known)}." for name in names if name not in known
    ]:
        raise RefusedError(unknown)
    return _show(call, names, mark=True)


def resolved(settings: Settings, environment: str) -> dict[str, str]:
    """What the settings make of an environment: one text by name of the setting."""
    place = settings.place(environment)
    return {
        "root": place.root,
        **{f"source {name}": uri for name, uri in sorted(settings.sources_of(environment).items())},
        "may be given": "every parameter"
        if ANY in place.overrides
        else ", ".join(place.overrides) or "nothing",
        "budget runs": str(place.budget.runs or "no limit"),
        "budget hours": f"{place.budget.hours:g}" if place.budget.hours else "no limit",
        "default here": "yes" if environment == settings.environment else "no",
        "releases": settings.releases,
        "first as_of": str(settings.first_as_of),
        "engine": settings.engine or "this machine",
        "tracking": settings.tracking.uri or "off",
        **{
            f"s3 {name}": str(value)
            for name, value in settings.s3_of(environment).model_dump(exclude_defaults=True).items()
        },
        **{name: "set" for name in SECRETS if os.environ.get(name)},
    }


def _show(call: Call, names: Sequence[str], *, mark: bool) -> int:
    refuse_unknown_overrides(call.settings)
    columns = {name: resolved(call.settings, name) for name in names}
    call.show(columns, lambda: _print(columns, mark=mark))
    return 0


def _print(columns: Mapping[str, Mapping[str, str]], *, mark: bool) -> None:
    rows = []
    for setting in dict.fromkeys(key for column in columns.values() for key in column):
        values = [column.get(setting, "-") for column in columns.values()]
        rows.append((setting, *values, *(["differs" if len(set(values)) > 1 else ""] if mark else [])))
    print_table(("setting", *columns, *(["differs"] if mark else [])), rows)
