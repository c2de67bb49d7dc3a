"""Addresses in Dagster's pages: a launchpad that is filled in with parameters and a day."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import yaml

from ml_assets.core.marks import is_used
from ml_assets.core.parameters import Parameters

PARTITION = "dagster/partition"
_REPOSITORY = "__repository__"  # what Dagster calls a code location's definitions where nothing else is said


@dataclass(frozen=True, kw_only=True)
class Launchpad:
    """The launchpad of one job in Dagster's pages.

    Attributes:
        job: its name.
        location: the code location that has the job.
        repository: the repository in that location.
        base: the address of the pages, `http://127.0.0.1:3000`; "" for links inside the pages themselves.
    """

    job: str
    location: str
    repository: str = _REPOSITORY
    base: str = ""

    def link(self, config: Mapping[str, Any], *, day: dt.date | None = None) -> str:
        """The address that opens it with this run config and, where one is given, this daily partition.

        Dagster fact: the pages read `config` and `tags[N]` of this address into the launchpad. It is documented
        nowhere, and a browser test holds it.
        """
        where = quote(f"{self.repository}@{self.location}", safe="@")
        text = yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True, width=1000)
        query = {"config": text}
        if day is not None:
            query |= {"tags[0][key]": PARTITION, "tags[0][value]": day.isoformat()}
        path = f"/locations/{where}/jobs/{quote(self.job, safe='')}/playground/setup"
        return f"{self.base.rstrip('/')}{path}?{urlencode(query, quote_via=quote)}"


def params_config(values: Mapping[str, Any], *, resource: str = "params") -> dict[str, Any]:
    """The run config that gives these parameters: `{"resources": {"params": {"config": {...}}}}`."""
    return {"resources": {resource: {"config": dict(values)}}}


def used_values(parameters: Parameters) -> dict[str, Any]:
    """The parameters that such a run uses, in the order of their class: what a launchpad should show of them."""
    fields = type(parameters).model_fields
    values = {name: getattr(parameters, name) for name in fields}
    return {name: value for name, value in values.items() if is_used(name, values, fields)}
