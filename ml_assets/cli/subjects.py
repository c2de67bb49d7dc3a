"""What a command about releases is about, and what it takes of its own, checked."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from ml_assets.cli.call import Call
from ml_assets.cli.flags import given_parameters, read_as
from ml_assets.core.command import about_words, command
from ml_assets.core.problems import problems_of
from ml_assets.core.release_line import ReleaseLine
from ml_assets.core.slices import subjects
from ml_assets.errors import RefusedError
from ml_assets.pipeline.released import find_model, store_of


def line_of(call: Call) -> ReleaseLine:
    """The releases that are meant; RefusedError where the pipeline promotes nothing, or a value is none."""
    return ReleaseLine.of(call.pipeline, _given(call))


def refuse_other_line(call: Call, run_id: str, *, environment: str) -> None:
    """RefusedError where the flags name other releases than those of a run_id; without flags it alone tells them."""
    if not _given(call):
        return
    line, store = line_of(call), store_of(call.settings, environment)
    found = find_model(run_id, store, pipeline=call.pipeline, line=line)
    if ReleaseLine.of_key(call.pipeline, found.key) != line:
        raise RefusedError(
            [f"{run_id}: is not of {line.name}. Leave out what names it, or name another run_id."]
        )


def command_about(call: Call, line: ReleaseLine, *words: str) -> str:
    """A command for people to copy, about the same releases."""
    about = about_words(line.pipeline, dict(line.values), first=call.settings.first_pipeline)
    return command(*words, *about)


def given_own(call: Call, model: type[BaseModel]) -> dict[str, Any]:
    """The fields of `model` that have a flag and were given, each read as its type where it can be."""
    texts = {name: getattr(call.args, name, None) for name in model.model_fields}
    fields = model.model_fields
    return {name: read_as(fields[name], value) for name, value in texts.items() if value is not None}


def _given(call: Call) -> Mapping[str, Any]:
    cls, names = call.pipeline.parameters, subjects(call.pipeline)
    given = given_parameters(call.args, cls=cls, names=names) if names else {}
    problems = [*problems_of(given, cls).values()]
    problems += [
        f"{name}: decides no releases. Allowed: {', '.join(names)}."
        for name in given
        if name in cls.model_fields and name not in names
    ]
    if problems:
        raise RefusedError(problems)
    return given
