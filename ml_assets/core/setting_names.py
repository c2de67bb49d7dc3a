"""The names of settings, as variables of the environment and in a file, made from the model of the settings."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from ml_assets.core.foreign_text import visible
from ml_assets.core.nearest import first_of, nearest
from ml_assets.core.secrets import looks_like_credential

Path = tuple[str, ...]

ANY_NAME = "<NAME>"
BETWEEN = "__"
_SLIP = re.compile(r"ML_?ASSETS?_")
_OF_A_SERVICE = re.compile(  # Kubernetes sets them in each container for a service that is called ml-assets, or begins so
    r"(.+_)?(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)\Z"
)


def unknown_variables(
    variables: Mapping[str, str], model: type[BaseModel], *, prefix: str, others: Collection[str]
) -> list[str]:
    """One line for each variable with the prefix that no setting has, or that is there in two spellings.

    Args:
        variables: all of the environment; case does not count in a name.
        model: the settings.
        prefix: what the names of settings begin with, in capital letters.
        others: the names with that prefix that mean something else than a setting.
    """
    ours = [name for name in variables if name.upper().startswith(prefix)]
    unknown = [name for name in ours if not _is_known(name, variables[name], model, prefix, others)]
    unknown += [name for name in variables if _is_slip(name, model, prefix)]
    shown, more = first_of(unknown)
    upper = [name.upper() for name in ours]
    twice = sorted({name for name in upper if upper.count(name) > 1})
    return [
        *(_line(name, model, prefix, others) for name in shown),
        *more,
        *(
            f"{visible(name)}: is there twice, in capital and small letters. Keep one of them."
            for name in twice
        ),
    ]


def suggestion(location: Sequence[Any], model: type[BaseModel]) -> str:
    """What a name of a file that no setting has was meant to be, by where it stands."""
    *above, name = map(str, location)
    known = [
        path[-1]
        for path in _paths(model, [*above, ""])
        if len(path) == len(location) and path[:-1] == tuple(above)
    ]
    near = nearest(name, known)
    return f"Did you mean {near}?" if near else f"Known: {', '.join(known)}."


def _line(name: str, model: type[BaseModel], prefix: str, others: Collection[str]) -> str:
    if looks_like_credential(name):
        return "(a variable's name): looks like a credential. Give secrets by reference only."
    rest = _SLIP.sub("", name.upper())
    spellings = (rest.split(BETWEEN), rest.split("_"))  # one underscore for two is the commonest slip
    known = [BETWEEN.join(path).upper() for given in spellings for path in _paths(model, given) if path]
    table, between, _ = rest.partition(BETWEEN)
    beside = [path for path in known if path.startswith(f"{table}{between}")] if between else []
    near = nearest(rest, beside) or nearest(rest, [*known, *(other.removeprefix(prefix) for other in others)])
    hint = (
        f"Did you mean {prefix}{near}?"
        if near
        else "docs/environments.md lists what is known. Give a variable of your own another prefix."
    )
    return f"{visible(name)}: an unknown variable. {hint}"


def _is_known(name: str, value: str, model: type[BaseModel], prefix: str, others: Collection[str]) -> bool:
    rest = name.upper().removeprefix(prefix)
    given = tuple(rest.lower().split(BETWEEN))
    if name in others or (given[0] and given in set(_paths(model, given))):
        return True
    return bool(_OF_A_SERVICE.match(rest)) and (
        not rest.endswith("PORT") or "://" in value or value.isdigit()
    )


def _is_slip(name: str, model: type[BaseModel], prefix: str) -> bool:
    """Whether a setting is named with a prefix that is not quite ours."""
    if name.upper().startswith(prefix) or not (slip := _SLIP.match(name.upper())):
        return False
    given = tuple(name[slip.end() :].lower().split(BETWEEN))
    return given != ("",) and given in set(_paths(model, given))


def _paths(annotation: Any, given: Sequence[str]) -> Iterator[Path]:
    """The names below a setting, in all depths; where any name will do, the one that is given at that place."""
    yield ()
    inner: dict[str, Any] = {}
    if get_origin(annotation) is dict:
        inner = {given[0] if given and given[0] else ANY_NAME: get_args(annotation)[1]}
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        inner = {name: field.annotation for name, field in annotation.model_fields.items()}
    for name, below in inner.items():
        for path in _paths(below, given[1:]):
            yield (name, *path)
