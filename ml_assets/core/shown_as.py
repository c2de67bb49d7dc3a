"""What Dagster calls what belongs to a pipeline: for those who launch from afar, and load no Dagster.

A view with a prefix has names of its own, which only its own definitions know.
"""

from ml_assets.core.pipeline import Declared

MAIN_JOB = "train"


def is_main(pipeline: Declared) -> bool:
    """Whether it is the project's main pipeline, whose keys, jobs, resources and files have bare names."""
    return not pipeline.folder


def job_of(pipeline: Declared, kind: str = "") -> str:
    """The job that makes its assets, or that of another kind: `train`, `sweep`; `demand`, `demand_sweep`."""
    if is_main(pipeline):
        return kind or MAIN_JOB
    return f"{pipeline.name}_{kind}" if kind else pipeline.name


def params_of(pipeline: Declared) -> str:
    """The resource that holds its parameters: `params`, `demand_params`."""
    return "params" if is_main(pipeline) else f"{pipeline.name}_params"


def key_of(pipeline: Declared, asset: str) -> list[str]:
    """The key of an asset, of it or beside it: `[leaderboard]`, `[demand, leaderboard]`."""
    return [part for part in (pipeline.folder, asset) if part]


def step_of(pipeline: Declared, asset: str) -> str:
    """The step of an asset beside it: `leaderboard`, `demand__leaderboard`."""
    return "__".join(key_of(pipeline, asset))


def folder_in(root: str, name: str) -> str:
    """The folder of files of one pipeline below that of all; with no name, that of the main one: the whole."""
    return f"{root.rstrip('/')}/{name}" if name else root


def presets_in(root: str, pipeline: Declared) -> str:
    """The folder of a pipeline's presets: `presets`, `presets/demand`."""
    return folder_in(root, "" if is_main(pipeline) else pipeline.name)
