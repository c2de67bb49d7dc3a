"""The local Dagster home: where runs are recorded when DAGSTER_HOME says nothing else."""

import os
import shutil
from pathlib import Path

NAME = ".dagster_home"


def ensure_home() -> Path:
    """The folder of DAGSTER_HOME, or `.dagster_home` here; made, with telemetry off, where it is not there."""
    home = Path(os.environ.get("DAGSTER_HOME") or Path.cwd() / NAME).absolute()
    os.environ["DAGSTER_HOME"] = str(home)
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        shutil.copyfile(Path(__file__).with_name("dagster.yaml"), home / "dagster.yaml")
    return home
