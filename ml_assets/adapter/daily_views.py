"""A view for each preset that is made each day: one page of an asset is one set of parameters, with all of its days.

Dagster's partition knows only the day. On the page of an asset whose runs have several sets of parameters, one line of a
plot runs through all of them, and a day that any of them has counts as there.
"""

import logging
import re
from collections.abc import Iterator

import dagster as dg

from ml_assets.adapter.definitions import definitions_of_view, reports_of
from ml_assets.adapter.launching.schedules import DAILY, preset_schedule
from ml_assets.adapter.verification import verification
from ml_assets.adapter.view import View
from ml_assets.core.pipeline import Declared
from ml_assets.core.problems import check
from ml_assets.presets import read_presets
from ml_assets.settings import load_settings

LOGGER = logging.getLogger(__name__)


def daily_views(pipeline: Declared) -> dg.Definitions:
    """The views of the presets with `daily = true`, as they are when the code location is loaded.

    A preset that cannot be used is left out, with a warning: it must not take the other pages with it.
    """
    return dg.Definitions.merge(*(_of(view) for view in views_of_presets(pipeline)), dg.Definitions())


def views_of_presets(pipeline: Declared) -> Iterator[View]:
    """A view for each, in which all parameters are pinned: what it gives, and the defaults of today."""
    cls, folder = pipeline.parameters, View(pipeline=pipeline).folder_in(load_settings().presets)
    presets, problems = read_presets(folder, cls=cls)
    for line in problems:
        LOGGER.warning("%s It has no view.", line)
    for preset in presets.values():
        if preset.daily:
            parameters = check(preset.parameters, cls)
            pinned = {name: getattr(parameters, name) for name in cls.model_fields}
            yield View(pipeline=pipeline, prefix=re.sub("[^A-Za-z0-9_]", "_", preset.name), pinned=pinned)


def _of(view: View) -> dg.Definitions:
    """What is looked at each day; sweeps, promotions and requests are those of the pipeline itself."""
    schedule = preset_schedule(view, view.prefix, {}, name=view.beside(DAILY))
    shown = definitions_of_view(view, beside=(reports_of, verification))
    return dg.Definitions.merge(shown, dg.Definitions(schedules=[schedule]))
