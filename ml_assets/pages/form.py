"""The form of a pipeline: a page to choose parameters and days on, which tells the run_id, the command and the launchpad.

Everything is made from the class of the parameters and from the signatures of the assets; there is no second list.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ml_assets.client.runs import MAX_DAYS
from ml_assets.core import as_of as days
from ml_assets.core.command import pipeline_word
from ml_assets.core.environment import ANY
from ml_assets.core.launch_link import Launchpad
from ml_assets.core.marks import NOT_USED
from ml_assets.core.options import DEFAULT, options_in
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.problems import MORE_ITEMS, sentences
from ml_assets.core.rules import has_rules
from ml_assets.core.run_id import SCHEME
from ml_assets.core.shown_as import params_of, presets_in
from ml_assets.core.slices import subjects
from ml_assets.pages.form_fields import field_document, input_text, slice_document
from ml_assets.pages.html import render
from ml_assets.pipeline.launchpads import launchpad_of
from ml_assets.presets import Preset, read_presets
from ml_assets.settings import Settings

SCRIPTS = (
    "identity.js",
    "values.js",
    "writing.js",
    "form_state.js",
    "form_fields.js",
    "form_start.js",
    "form_result.js",
    "form.js",
)
SOURCE = "source"


def form_document(
    pipeline: Declared,
    settings: Settings,
    *,
    values: Mapping[str, Any] | None = None,
    as_of: dt.date | None = None,
    launchpad: Launchpad | None = None,
    server: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """All that the form of a pipeline is made of, as JSON values.

    Args:
        pipeline: whose parameters are chosen.
        settings: environments, sources, presets, and where Dagster's pages are.
        values: what the form begins with, sound parameters; all else is at its default.
        as_of: the day that it begins with; by default the last complete one at the time of reading.
        launchpad: of the job that makes such runs; by default where the settings say.
        server: what the page may ask, by name; None for a page without a server.
    """
    presets, left_out = read_presets(presets_in(settings.presets, pipeline), cls=pipeline.parameters)
    return {
        "pipeline": pipeline.name,
        "title": f"Run {pipeline.name}",
        "groups": _groups(pipeline),
        "fields": _fields(pipeline, settings, presets.values()),
        "whole": slice_document(pipeline.parameters, ()),
        "slices": _slices(pipeline),
        "values": {name: input_text(value) for name, value in (values or {}).items()},
        "as_of": as_of.isoformat() if as_of else None,
        "days": _days(pipeline, settings),
        "environments": _environments(settings),
        "presets": [_preset(preset) for preset in presets.values()],
        "presets_left_out": left_out,
        "launchpad": {
            **asdict(launchpad or launchpad_of(pipeline, settings)),
            "resource": params_of(pipeline),
        },
        "command": {"first": list(subjects(pipeline)), "at": _at(pipeline, settings)},
        "sentences": {"not_used": NOT_USED, "more_items": MORE_ITEMS, **_environment_sentences(settings)},
        "has_rules": has_rules(pipeline.parameters),
        "scheme": SCHEME,
        "server": dict(server) if server is not None else None,
    }


def form_page(document: Mapping[str, Any], *, scripts: Sequence[str] = (), styles: Sequence[str] = ()) -> str:
    """The form as one HTML file; `scripts` and `styles` are files of `static/` that come after its own."""
    return render(
        "form.html",
        document,
        title=document["title"],
        scripts=[*SCRIPTS, *scripts],
        styles=["form.css", *styles],
        connect=document["server"] is not None,
    )


def _groups(pipeline: Declared) -> list[dict[str, Any]]:
    """The fields by the first asset whose slice has them, in the order in which the assets are made."""
    groups, grouped = [], set[str]()
    for name in _assets(pipeline):
        own = [field for field in pipeline.taken(name).slice.model_fields if field not in grouped]
        grouped.update(own)
        if own:
            decided = [
                other for other in _assets(pipeline) if own[0] in pipeline.taken(other).slice.model_fields
            ]
            groups.append(
                {"name": name, "assets": decided, "fields": own, "description": _doc(pipeline, name)}
            )
    if rest := [field for field in pipeline.parameters.model_fields if field not in grouped]:
        groups.append({"name": "", "assets": [], "fields": rest, "description": ""})
    return groups


def _assets(pipeline: Declared) -> list[str]:
    return [*pipeline.uses, *pipeline.assets]


def _doc(pipeline: Declared, asset: str) -> str:
    """The first line of what the function of an asset says of it."""
    lines = (pipeline.taken(asset).function.__doc__ or "").strip().splitlines()
    return lines[0] if lines else ""


def _slices(pipeline: Declared) -> list[dict[str, Any]]:
    """The slices of the assets, each with those that it decides."""
    by_class: dict[type[Parameters], list[str]] = {}
    for name in _assets(pipeline):
        by_class.setdefault(pipeline.slice(name), []).append(name)
    return [slice_document(cls, assets) for cls, assets in by_class.items()]


def _fields(pipeline: Declared, settings: Settings, presets: Iterable[Preset]) -> list[dict[str, Any]]:
    cls = pipeline.parameters
    given = [preset.parameters for preset in presets]
    suggestions = {
        name: [input_text(values[name]) for values in ({name: field.default}, *given) if name in values]
        for name, field in cls.model_fields.items()
    }
    if SOURCE in suggestions:
        suggestions[SOURCE] += [
            name for place in settings.environments for name in settings.sources_of(place)
        ]
    return [field_document(name, cls, suggestions=suggestions[name]) for name in cls.model_fields]


def _days(pipeline: Declared, settings: Settings) -> dict[str, Any]:
    match = days.EVERY.match(pipeline.every)
    return {
        "first": settings.first_as_of.isoformat(),
        "every": pipeline.every,
        "weekday": days.WEEKDAYS.index(match["weekday"]) if match else None,  # Monday is 0
        "most": MAX_DAYS,
        "sentences": {
            "not_real": days.NOT_REAL,
            "not_complete": days.NOT_COMPLETE,
            "too_early": days.TOO_EARLY,
            "not_its_day": days.NOT_ITS_DAY,
            "not_a_span": days.NOT_A_SPAN,
        },
    }


def _environments(settings: Settings) -> list[dict[str, Any]]:
    """Each with what may be given in it: None for all parameters."""
    return [
        {
            "name": name,
            "is_default": name == settings.environment,
            "overrides": None if ANY in place.overrides else list(place.overrides),
            "refusal": place.refusal(name),
        }
        for name, place in settings.environments.items()
    ]


def _environment_sentences(settings: Settings) -> dict[str, str]:
    field = options_in(tuple(settings.environments)).model_fields["environment"]
    return {"environment": sentences(field, kinds=["literal_error"])["literal_error"], "default": DEFAULT}


def _preset(preset: Preset) -> dict[str, Any]:
    values = {name: input_text(value) for name, value in preset.parameters.items()}
    return {"name": preset.name, "description": preset.description, "values": values}


def _at(pipeline: Declared, settings: Settings) -> list[str]:
    """The words of a command that say which pipeline is meant, where it would be another one without."""
    word = pipeline_word(pipeline, first=settings.first_pipeline)
    return ["--pipeline", word] if word else []
