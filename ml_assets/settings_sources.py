"""Where settings are read from: a file and the variables of the environment, by the rules of every file that people write."""

import os
import re
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, InitSettingsSource
from pydantic_settings.exceptions import SettingsError as UnreadableSettingsError

from ml_assets.core.text_files import parse_json, parse_toml
from ml_assets.errors import RefusedError
from ml_assets.parameter_files import read_bytes

FILE = "ml_assets.toml"
PREFIX = "ML_ASSETS_"
OTHER_VARIABLES = frozenset(
    f"{PREFIX}{name}"
    for name in (
        *("WEBHOOK_URL", "WEBHOOK_SECRET"),  # where failures are told: `adapter.launching.notice`
        *("CODE_HOST", "CODE_PORT", "RUN_TASK_DEFINITION"),  # the files under `deploy`
        *("DEBUG", "WRITE_DOCS", "SCREENSHOTS"),  # of the shell and the tests
    )
)
"""The variables with our prefix that are no setting."""


class File(InitSettingsSource):
    """What `ml_assets.toml` says, if it is there. Raises RefusedError where it cannot be read."""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        there = os.path.lexists(FILE)
        super().__init__(settings_cls, parse_toml(read_bytes(Path(FILE)), name=FILE) if there else {})


class Variables(EnvSettingsSource):
    """What variables say; JSON in them is held to the rules of a JSON file."""

    def decode_complex_value(self, field_name: str, field: FieldInfo | None, value: Any) -> Any:  # noqa: ARG002
        """A list or a table."""
        return parse_json(os.fsencode(value), name=field_name)


def unreadable(error: UnreadableSettingsError) -> str:
    """Which variable holds what is no list or table, and why it is none."""
    field = re.search(r'field "(\w+)"', str(error))
    name = f"{PREFIX}{field[1].upper()}" if field else f"{PREFIX}*"
    why = f" ({error.__cause__.problems[0]})" if isinstance(error.__cause__, RefusedError) else ""
    return f'{name}: a variable that cannot be read{why}. Lists and tables are JSON there, such as ["seed"].'
