"""A package of somebody's own, written into a folder, that adds model versions: what a process finds there."""

import json
import os
import subprocess
import sys
from pathlib import Path

from ml_assets_tests.conftest import REPO

TREES = '''\
"""A forest of our own, and a boosting of another library."""

from typing import Annotated

from ml_assets import Field, Parameters, used_when
from ml_assets.pipelines.model_versions import ModelVersion


class Trees(Parameters):
    """What only our trees have."""

    trees: int = Field(20, ge=1, le=500, description="trees: how many")
    bootstrap: bool = Field(default=False, description="trees: draw rows anew for each")
    share: Annotated[float, used_when(bootstrap=True)] = Field(1.0, ge=0.1, le=1.0, description="trees: of the rows")


def classes(parameters, numbers, categories):
    from sklearn.ensemble import ExtraTreesClassifier

    return _trees(ExtraTreesClassifier, parameters, numbers, categories)


def values(parameters, numbers, categories):
    from sklearn.ensemble import ExtraTreesRegressor

    return _trees(ExtraTreesRegressor, parameters, numbers, categories)


def _trees(kind, parameters, numbers, categories):
    from sklearn.pipeline import make_pipeline

    from ml_assets.pipelines.tabular.preparation import coded

    share = parameters.share if parameters.bootstrap else None
    trees = kind(
        n_estimators=parameters.trees,
        min_samples_leaf=LEAF,
        bootstrap=parameters.bootstrap,
        max_samples=share,
        random_state=parameters.seed,
    )
    return make_pipeline(coded(numbers, categories), trees)


LEAF = 5

trees = ModelVersion(
    description="extremely randomised trees",
    build={"binary": classes, "multiclass": classes, "regression": values},
    parameters=Trees,
)
'''

LGBM = '''\
"""LightGBM, as a model version of our own."""

from ml_assets import Field, Parameters
from ml_assets.pipelines.model_versions import ModelVersion


class Lgbm(Parameters):
    """What only LightGBM has."""

    num_leaves: int = Field(15, ge=2, le=1000, description="lgbm: leaves of a tree at most")
    rounds: int = Field(40, ge=1, le=5000, description="lgbm: number of trees")


def classes(parameters, numbers, categories):
    from lightgbm import LGBMClassifier

    return _boosting(LGBMClassifier, parameters, numbers, categories)


def values(parameters, numbers, categories):
    from lightgbm import LGBMRegressor

    return _boosting(LGBMRegressor, parameters, numbers, categories)


def _boosting(kind, parameters, numbers, categories):
    from sklearn.pipeline import make_pipeline

    from ml_assets.pipelines.tabular.preparation import coded

    boosting = kind(
        num_leaves=parameters.num_leaves,
        n_estimators=parameters.rounds,
        random_state=parameters.seed,
        deterministic=True,
        force_row_wise=True,
        n_jobs=1,
        verbose=-1,
    )
    return make_pipeline(coded(numbers, categories), boosting)


lgbm = ModelVersion(
    description="gradient boosting by LightGBM",
    build={"binary": classes, "multiclass": classes, "regression": values},
    parameters=Lgbm,
    trusted=(
        "collections.OrderedDict",
        "collections.defaultdict",
        "lightgbm.basic.Booster",
        "lightgbm.sklearn.LGBMClassifier",
        "lightgbm.sklearn.LGBMRegressor",
    ),
)
'''


def install(folder, points, **modules):
    """Write a package `forest` of these modules, and what an installer writes beside it. Returns the folder."""
    package, info = Path(folder) / "forest", Path(folder) / "forest-1.0.dist-info"
    for place in (package, info):
        place.mkdir(parents=True, exist_ok=True)
    for name, text in {"__init__": "", **modules}.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: forest\nVersion: 1.0\n", encoding="utf-8")
    named = "".join(f"{name} = {place}\n" for name, place in points.items())
    (info / "entry_points.txt").write_text(f"[ml_assets.model_versions]\n{named}", encoding="utf-8")
    return Path(folder)


def run(folder, program, *, check=True, **variables):
    """What a process prints, with the package of a folder installed: the last line, which is JSON."""
    done = process(folder, [sys.executable, "-W", "error", "-c", program], **variables)
    assert not check or done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]) if check else done


def process(folder, command, **variables):
    """A process with the package of a folder installed."""
    paths = os.pathsep.join([str(folder), str(REPO), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", **variables},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
