"""What a pipeline must say of itself, and how its parts may be called."""

import keyword
import re
import types
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, Protocol, Union, get_args, get_origin

from ml_assets.core.as_of import EVERY
from ml_assets.core.asset import DAYS, Asset, Metric
from ml_assets.core.definition import definition_problems
from ml_assets.core.nearest import nearest
from ml_assets.core.parameters import Parameters

LONGEST_NAME = 60  # characters; in Dagster, two of them and __ are one name
_NAME = re.compile(rf"^(?=.{{1,{LONGEST_NAME}}}\Z)[a-z][a-z0-9]*(_[a-z0-9]+)*\Z")
REFERENCE = re.compile(r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*\Z")  # MODULE:NAME
_SEGMENT = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*\Z")
# Dagster fact: these cannot be the name of an output, an op or a job.
_DAGSTERS = frozenset(
    {"arg_dict", "bool", "conf", "config", "context", "dict", "float", "input", "int", "meta"}
) | {*("input_arg_dict", "output", "output_arg_dict", "str", "type")}
_LIBRARYS = frozenset(
    {"quarantine", "backfill_report", "leaderboard", "failed_trial", "promotion"}
)  # folders of what was set aside, and of what is made beside every pipeline
_SCALARS = (bool, int, float, str)


def name_problem(name: object) -> str:
    """What keeps a name from being one in paths, in Dagster and in Python; "" where nothing does."""
    if not isinstance(name, str) or not _NAME.match(name):
        return (
            "its name cannot be that of a folder and of a Dagster asset. Write small letters, digits and single _ between "
            f"them, at most {LONGEST_NAME}."
        )
    if keyword.iskeyword(name) or name in _DAGSTERS | _LIBRARYS:
        return "its name is taken by Python, by Dagster or by the library. Choose another name."
    return ""


def known_names(name: str, known: Collection[str], *, what: str) -> str:
    """The known name that was perhaps meant, or all of them."""
    meant = nearest(name, known)
    return f"Did you mean {meant}?" if meant else f"{what}: {', '.join(known) or 'none'}."


def parameters_problems(parameters: object) -> list[str]:
    """What keeps a class from being that of a pipeline's parameters."""
    if not isinstance(parameters, type) or not issubclass(parameters, Parameters):
        return ["its parameters are no subclass of Parameters. Write class Forecast(Parameters)."]
    if not parameters.model_fields:
        return [
            f"its class {parameters.__name__} has no fields. Write the parameters as fields of a subclass."
        ]
    return definition_problems(parameters)


def path_problems(path: object, parameters: type[Parameters]) -> list[str]:
    """What keeps names from being the parameters that a path tells."""
    if not isinstance(path, tuple | list):
        return ['path: not a tuple of names. Write path=("method",).']
    names = [name for name in path if isinstance(name, str)]
    problems = [f"path: {name} is there twice." for name in _twice(names)]
    if len(names) < len(path):
        problems.append('path: what is no text names no parameter. Write path=("method",).')
    return [*problems, *(f"path: {line}" for name in names if (line := _path_problem(name, parameters)))]


def _path_problem(name: str, parameters: type[Parameters]) -> str:
    if name not in parameters.model_fields:
        known = known_names(name, parameters.model_fields, what="Parameters")
        return f"{name} is no parameter of {parameters.__name__}. {known}"
    if not _SEGMENT.match(name):
        return f"{name} cannot be told in a path. Rename it with plain letters, or leave it out of the path."
    if not _is_scalar(parameters.model_fields[name].annotation):
        return f"{name} is no single value. Only bool, int, float, str and Literal can be told in a path."
    return ""


def metrics_problems(metrics: object, parameters: type[Parameters]) -> list[str]:
    """What keeps metrics from being those of a pipeline with these parameters."""
    if not isinstance(metrics, tuple | list) or not all(isinstance(metric, Metric) for metric in metrics):
        return ['metrics: not a list of Metric. Write metrics=[Metric("mape", better="smaller")].']
    names = [metric.name for metric in metrics]
    groups = [name for name in names if "." in name and name.partition(".")[0] not in names]
    return [
        *(f"metrics: {name} is declared twice. Leave one out." for name in _twice(names)),
        *(
            f"metrics: {name} is a group of {name.partition('.')[0]}, which is not declared. Declare that one; its groups "
            "need no declaration."
            for name in groups
        ),
        *(_over_problem(metric, parameters) for metric in metrics if not _says_days(metric, parameters)),
    ]


def _says_days(metric: Metric, parameters: type[Parameters]) -> bool:
    field = parameters.model_fields.get(metric.over)
    return not metric.over or bool(DAYS.match(metric.over)) or (field is not None and field.annotation is int)


def _over_problem(metric: Metric, parameters: type[Parameters]) -> str:
    whole = [name for name, field in parameters.model_fields.items() if field.annotation is int]
    return (
        f"metrics: {metric.name}: over is neither a number of days nor a whole number among the parameters. Write "
        f'over="28 days", or one of: {", ".join(whole) or "none here"}.'
    )


def every_problems(every: object) -> list[str]:
    """What keeps a text from saying for which days a pipeline is made."""
    if every == "" or (isinstance(every, str) and EVERY.match(every)):
        return []
    return ['every: not known. Write every="week on monday", or leave it out for each day.']


def folder_problems(folder: object) -> list[str]:
    """What keeps a text from being the first part of a pipeline's paths."""
    if folder in ("", None) or not name_problem(folder):
        return []
    return [
        'folder: cannot be a folder. Write small letters, digits and single _ between them, or folder="".'
    ]


def places_problems(**places: object) -> list[str]:
    """What keeps texts from being the places, MODULE:NAME, of what a pipeline brings: commands, a comparison."""
    wrong = [name for name, place in places.items() if not (isinstance(place, str) and _is_place(place))]
    return [f'{name}: not MODULE:NAME. Write {name}="shop.{name}:NAME", or leave it out.' for name in wrong]


def _is_place(place: str) -> bool:
    return not place or bool(REFERENCE.match(place))


class _Uses(Protocol):
    """A pipeline, as far as this file looks at one."""

    name: str
    parameters: type[Parameters]

    @property
    def assets(self) -> Mapping[str, Asset]:
        """Its own assets."""

    @property
    def uses(self) -> "Mapping[str, _Uses]":
        """The pipelines whose assets it takes."""


def use_problem(pipeline: _Uses, other: Any, name: Any) -> str:
    """What keeps an asset of another pipeline from being taken by those of a pipeline; "" where nothing does."""
    if not hasattr(other, "assets") or not hasattr(other, "uses"):
        return f'what it is to use an asset of is no pipeline. Write {pipeline.name}.use(demand, "history").'
    if name in other.uses:
        owner = other.uses[name].name
        return f"{name} is no asset of {other.name}, which uses that of {owner} itself. Use that of {owner}."
    if name not in other.assets:
        return (
            f"{name} is no asset of {other.name}. {known_names(str(name), other.assets, what='Its assets')}"
        )
    return _shared_problem(pipeline, other, name)


def _shared_problem(pipeline: _Uses, other: _Uses, name: str) -> str:
    """What keeps an asset that is there from being used."""
    needed, taken = other.assets[name].slice, pipeline.parameters
    rules = (
        (other is not pipeline, f"{name} is its own. Take it as an argument."),
        (
            not _reaches(other, pipeline),
            f"{other.name} uses assets of {pipeline.name} itself, so that neither could be made first. Use one way only.",
        ),
        (
            name not in pipeline.assets and name not in pipeline.uses,
            f"{pipeline.name} has an asset {name} already. Rename its own, or leave one out.",
        ),
        (
            issubclass(taken, needed),
            (
                f"its class {taken.__name__} does not extend {needed.__name__}, which decides {name} of {other.name}. Write "
                f"class {taken.__name__}({needed.__name__})."
            ),
        ),
    )
    return next((problem for holds, problem in rules if not holds), "")


def _reaches(pipeline: _Uses, other: _Uses) -> bool:
    return any(used is other or _reaches(used, other) for used in pipeline.uses.values())


def whole_problems(assets: Mapping[str, Asset], *, path: Sequence[str], promotes: str | None) -> list[str]:
    """What is wrong with a pipeline whose assets are all declared."""
    if not assets:
        return ["it has no assets. Declare each by @asset above its function, before the pipeline is used."]
    problems = []
    if promotes is not None and promotes not in assets:
        problems.append(
            f"promotes: {promotes} is no asset. {known_names(str(promotes), assets, what='Assets')}"
        )
    known = {name for asset in assets.values() for name in asset.slice.model_fields}
    problems += [
        f"path: {name} decides no asset, for it lies in the class of none. Leave it out of the path."
        for name in path
        if name not in known
    ]
    return problems


def _is_scalar(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        return _is_scalar(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return False
    return get_origin(annotation) is Literal or annotation in _SCALARS


def _twice(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return list(dict.fromkeys(name for name in names if name in seen or seen.add(name)))  # type: ignore[func-returns-value]
