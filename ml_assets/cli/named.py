"""Which pipeline a command line means, before the flags of its parameters are known."""

import os
from collections.abc import Sequence
from pathlib import Path

from ml_assets.core.pipeline import Declared
from ml_assets.core.raised_at import raised_at
from ml_assets.core.references import default_pipeline
from ml_assets.errors import MlAssetsError, RefusedError, SettingsError

FLAG, SETTING, FILE = "--pipeline", "pipelines", "ml_assets.toml"


def named_pipeline(words: Sequence[str]) -> str:
    """What `--pipeline` names; "" where it is not there."""
    name = ""
    for word, after in zip(words, [*words, ""][1:], strict=True):
        flag, equals, value = word.partition("=")
        if flag == FLAG:
            name = value if equals else after
    return name


def pipeline_meant(name: str) -> Declared:
    """The pipeline of that name, or where it is empty the one that is meant then.

    Raises:
        RefusedError: there is none, or its file cannot be loaded; then the line is told at which that ended.
        SettingsError: the settings cannot be used.
    """
    if not name and not _settings_may_name_one():
        return default_pipeline()
    from ml_assets.finding import pipeline_named
    from ml_assets.settings import load_settings

    settings = load_settings()
    try:
        return pipeline_named(name, settings)
    except (RefusedError, SettingsError):
        raise
    except MlAssetsError as error:
        raise RefusedError([f"pipeline: cannot be loaded. Mend {raised_at(error)}: {error}"]) from error


def _settings_may_name_one() -> bool:
    """Whether it is worth loading them: that takes longer than all the rest."""
    variables = any(name.upper() == f"ML_ASSETS_{SETTING}".upper() for name in os.environ)
    try:
        return variables or (Path(FILE).is_file() and SETTING.encode() in Path(FILE).read_bytes())
    except OSError:
        return True  # they tell what is wrong with the file
