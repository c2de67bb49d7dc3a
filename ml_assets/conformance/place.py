"""A place of its own for what the promises are tried with: no artifact, log or note of anybody else is touched."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ml_assets.settings import load_settings
from ml_assets.settings_sources import PREFIX


@contextmanager
def place_of_its_own(folder: Path, *, environment: str = "") -> Iterator[None]:
    """Within, every environment, the log of releases, presets and request files lie under `folder`; sources stay.

    What names no environment means the given one, where one is given.
    """
    roots = {
        f"{PREFIX}ENVIRONMENTS__{name.upper()}__ROOT": str(folder / name)
        for name in load_settings().environments
    }
    own = {
        **({f"{PREFIX}ENVIRONMENT": environment} if environment else {}),
        **roots,
        f"{PREFIX}RELEASES": str(folder / "releases"),
        f"{PREFIX}PRESETS": str(folder / "presets"),
        f"{PREFIX}REQUESTS": str(folder / "requests"),
        f"{PREFIX}WORKERS": "1",
        f"{PREFIX}ENGINE": "",
        f"{PREFIX}TRACKING__URI": "",
    }
    with variables(own):
        yield


@contextmanager
def variables(given: Mapping[str, str]) -> Iterator[None]:
    """Within, environment variables have these values."""
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
