"""Addresses in Dagster's pages: a launchpad that is filled in with parameters and a day."""

import datetime as dt
import functools
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import yaml

from ml_assets.core.marks import is_used
from ml_assets.core.options import Options
from ml_assets.core.parameters import Parameters
from ml_assets.core.problems import check
from ml_assets.errors import MlAssetsError

PARTITION = "dagster/partition"
LONGEST = 16_000  # characters of an address: webservers and proxies take no much longer ones
_REPOSITORY = "__repository__"  # what Dagster calls a code location's definitions where nothing else is said
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*\Z")


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

    @property
    def job_page(self) -> str:
        """The address of the job's own page."""
        where = quote(f"{self.repository}@{self.location}", safe="@")
        return f"{self.base.rstrip('/')}/locations/{where}/jobs/{quote(self.job, safe='')}"

    def link(self, config: Mapping[str, Any], *, day: dt.date | None = None) -> str:
        """The address that opens it with this run config and, where one is given, this daily partition.

        It is "" where it would be longer than webservers take.

        Dagster fact: the pages read `config` and `tags[N]` of this address into the launchpad. It is documented
        nowhere, and a browser test holds it.
        """
        query = {"config": config_text(config)}
        if day is not None:
            query |= {"tags[0][key]": PARTITION, "tags[0][value]": day.isoformat()}
        address = f"{self.job_page}/playground/setup?{urlencode(query, quote_via=quote_plus, safe=':/')}"
        return address if len(address) <= LONGEST else ""


class _Dumper(yaml.SafeDumper):
    """Writes what the launchpad's own reader (YAML 1.2) and Dagster's (YAML 1.1) read alike."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True

    def text(self, value: str) -> yaml.Node:
        """A word as it is, anything else in quotes: `1e3` is a number for the one and a text for the other."""
        style = None if _PLAIN.match(value) else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _Dumper.text)


def config_text(config: Mapping[str, Any]) -> str:
    """A run config as the text of a launchpad, in the order that is given."""
    return _text(json.dumps(config))  # frozen lists and tables are no plain ones


@functools.lru_cache(maxsize=100)
def _text(document: str) -> str:
    """The same config for each day of a batch: to write YAML takes much longer than the rest of a link."""
    found: str = yaml.dump(
        json.loads(document), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**9
    )
    return found


def params_config(values: Mapping[str, Any], *, resource: str = "params") -> dict[str, Any]:
    """The run config that gives these parameters: `{"resources": {"params": {"config": {...}}}}`."""
    return {"resources": {resource: {"config": dict(values)}}}


def launch_config(
    parameters: Parameters | None,
    *,
    resource: str = "params",
    without: Collection[str] = (),
    options: Options | None = None,
    own: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """The run config of a launchpad: what a run uses, in the order of the schema, and nothing that does not apply.

    Args:
        parameters: those of the run; None where the job takes none.
        resource: what takes them.
        without: the parameters that cannot be given there.
        options: of which those that are not at their default are told.
        own: what steps take of their own, by the name of the step.
    """
    config: dict[str, Any] = {"resources": {}}
    if parameters is not None:
        values = {name: value for name, value in used_values(parameters).items() if name not in without}
        config = params_config(values, resource=resource)
    if options is not None and (told := options_told(options)):
        config["resources"]["options"] = {"config": told}
    if own:
        config["ops"] = {step: {"config": dict(values)} for step, values in own.items()}
    return {name: section for name, section in config.items() if section}


def options_told(options: Options) -> dict[str, Any]:
    """The options that are not at their default."""
    values = {name: getattr(options, name) for name in Options.model_fields}
    return {name: value for name, value in values.items() if value != Options.model_fields[name].default}


def used_values(parameters: Parameters) -> dict[str, Any]:
    """The parameters that such a run uses, in the order of their class: what a launchpad should show of them."""
    fields = type(parameters).model_fields
    values = {name: getattr(parameters, name) for name in fields}
    return {name: value for name, value in values.items() if is_used(name, values, fields)}


def sound_part(values: Mapping[str, Any], cls: type[Parameters]) -> Parameters:
    """The parameters with as many of these values as can stand together: what a refused request is corrected from.

    Nothing that is refused, or looks like a credential, is in them.
    """
    kept: dict[str, Any] = {}
    sound = cls()
    ahead = [name for name in cls.model_fields if name in values]
    while ahead:
        left = []
        for name in ahead:
            tried = {**kept, name: values[name]}
            try:
                sound, kept = check(tried, cls), tried
            except MlAssetsError:
                left.append(name)  # it may be one that only another value makes sound
        if len(left) == len(ahead):
            break
        ahead = left
    return sound
