"""A model version of a package of one's own: nothing of this project is changed, and every promise holds for it."""

import importlib.util
import json
import sys

import pytest

from ml_assets_tests.own_versions import LGBM, TREES, install, process, run
from ml_assets_tests.three_tasks import AS_OF, TASKS, land_tasks

MADE = f"""
import json, sys
from ml_assets.pipelines.tabular import tabular
from ml_assets.storage.artifact_store import ArtifactStore
told = {{}}
for values in json.loads(sys.argv[1] if len(sys.argv) > 1 else VALUES):
    run = tabular.resolve({{"source": "shop", "lookback_days": 60, "holdout_days": 20, **values}}, as_of="{AS_OF}")
    made = tabular.make(run, store=ArtifactStore(STORE))
    told[json.dumps(values)] = {{
        name: {{"sha256": of.sha256, "reused": of.reused, "path": str(of.key.path), "metrics": dict(of.metrics)}}
        for name, of in made.items()
    }}
print(json.dumps(told))
"""
KINDS = {"trees": TREES, "lgbm": LGBM}


@pytest.fixture(scope="module")
def zone(tmp_path_factory):
    return str(land_tasks(tmp_path_factory.mktemp("own") / "zone"))


def make(folder, values, *, store, zone):
    program = f"STORE = {str(store)!r}\nVALUES = {json.dumps(json.dumps(values))}\n{MADE}"
    return [*run(folder, program, ML_ASSETS_SOURCES__SHOP=zone).values()]


def beats(metrics):
    name = "rmse" if "rmse" in metrics else "log_loss"
    return metrics[name] < metrics[f"baseline_{name}"]


@pytest.mark.slow
@pytest.mark.parametrize("version", KINDS)
def test_it_learns_all_tasks_is_stored_reused_and_gives_the_same_bytes(tmp_path, zone, version):
    if version == "lgbm" and importlib.util.find_spec("lightgbm") is None:
        pytest.skip("LightGBM is not installed")
    package = install(tmp_path / "own", {version: f"forest.models:{version}"}, models=KINDS[version])
    values = [{"dataset": dataset, "model_version": version} for dataset in TASKS]

    first, again = (make(package, values, store=tmp_path / "one", zone=zone) for _ in range(2))
    elsewhere = make(package, values, store=tmp_path / "two", zone=zone)

    assert all(beats(made["evaluation"]["metrics"]) for made in first)
    assert all(made["model"]["path"].startswith(f"model/model_version={version}/dataset=") for made in first)
    assert not any(of["reused"] for made in first for of in made.values())
    assert all(of["reused"] for made in again for of in made.values())
    assert [made["model"]["sha256"] for made in first] == [made["model"]["sha256"] for made in elsewhere]


@pytest.mark.slow
def test_an_edit_makes_its_models_stale_and_another_entry_makes_nothing_stale(tmp_path, zone):
    package, store = tmp_path / "own", tmp_path / "store"
    values = [{"dataset": "trials", "model_version": name} for name in ("trees", "v1")]
    install(package, {"trees": "forest.models:trees"}, models=TREES)
    make(package, values, store=store, zone=zone)

    install(
        package,
        {"trees": "forest.models:trees", "other": "forest.others:trees"},
        models=TREES.replace("LEAF = 5", "LEAF = 5  # a comment"),
        others=TREES.replace("trees: int", "more: int")
        .replace("bootstrap: bool", "twice: bool")
        .replace("share", "part")
        .replace("bootstrap=True", "twice=True"),
    )
    added = make(package, values, store=store, zone=zone)
    install(package, {"trees": "forest.models:trees"}, models=TREES.replace("LEAF = 5", "LEAF = 50"))
    trees, shipped = make(package, values, store=store, zone=zone)

    assert all(of["reused"] for made in added for of in made.values())
    assert all(of["reused"] for of in shipped.values())
    assert {name for name, of in trees.items() if not of["reused"]} == {"model", "evaluation", "model_card"}


PARAMETERS = """
import json
from ml_assets import resolve
from ml_assets.errors import RefusedError
from ml_assets.pipelines.tabular import TrainingParameters, tabular
def told(**values):
    try:
        return tabular.resolve(values, as_of="2025-12-01").run_id
    except RefusedError as error:
        return error.problems
"""


def test_its_fields_are_parameters_that_are_used_with_it_alone(tmp_path):
    package = install(tmp_path / "own", {"trees": "forest.models:trees"}, models=TREES)
    bare = install(tmp_path / "bare", {})
    plain = PARAMETERS + "print(json.dumps([told(), told(model_version='v2'), told(model_version='trees')]))"
    own = PARAMETERS + (
        "print(json.dumps([told(trees=3), told(model_version='trees', trees=0), told(model_version='trees', share=0.5),"
        " told(model_version='trees'), told(model_version='trees', trees=3), told(model_version='tree')]))"
    )

    v1, v2, unknown = run(bare, plain)
    assert [v1, v2] == run(package, plain)[:2]
    assert unknown == ["model_version: unknown. Allowed: v1, v2, v3."]
    unused, small, chained, usual, three, near = run(package, own)
    assert unused == ["trees: not used by model_version v1. Allowed: leave it out, or use trees."]
    assert small == ["trees: too small. Allowed: a whole number from 1 to 500."]
    assert chained == ["share: not used by bootstrap false. Allowed: leave it out, or use true."]
    assert usual != three
    assert near == ["model_version: unknown. Allowed: v1, v2, v3, trees."]


def test_the_shell_takes_its_flags_and_lists_it(tmp_path):
    package = install(tmp_path / "own", {"trees": "forest.models:trees"}, models=TREES)

    command = [sys.executable, "-c", "from ml_assets.cli.main import main; main()", "run", "--help"]
    told = process(package, command).stdout

    assert "--trees" in told
    assert "extremely randomised trees" in told


BROKEN = {
    "an import error": ({"lgbm": "forest.none:lgbm"}, {}, "lgbm (forest.none:lgbm, entry point of ml_assets.model_versions): cannot be loaded (ModuleNotFoundError: No module named 'forest.none'). Mend the package, or uninstall it."),
    "no such object": ({"lgbm": "forest.models:no"}, {"models": TREES}, "cannot be loaded (AttributeError:"),
    "something else": ({"lgbm": "forest.models:LEAF"}, {"models": TREES}, "is no ModelVersion. Name one there."),
    "a taken name": ({"v2": "forest.models:trees"}, {"models": TREES}, "v2 (forest.models:trees, entry point of ml_assets.model_versions): the name is taken. Give the entry point another name."),
    "a name with a dash": ({"my-trees": "forest.models:trees"}, {"models": TREES}, "model version my-trees: its name has other characters than small letters, digits and _. Rename the entry point."),
    "a taken field": ({"trees": "forest.models:trees"}, {"models": TREES.replace("trees: int", "max_depth: int")}, "model version trees: max_depth: there is such a parameter already. Give it another name."),
    "a field without a range": ({"trees": "forest.models:trees"}, {"models": TREES.replace("ge=1, le=500, ", "")}, "model version trees: parameters: Trees.trees: has no range."),
    "an unknown task": ({"trees": "forest.models:trees"}, {"models": TREES.replace('"binary"', '"ranking"')}, "model version trees: build: names no task, or an unknown one. Known: binary, multiclass, regression."),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_entry_is_refused_in_words_when_the_definitions_load(tmp_path, case):
    points, modules, words = BROKEN[case]
    package = install(tmp_path / "own", points, **modules)

    done = run(package, "import ml_assets.definitions", check=False)

    assert done.returncode
    assert words in done.stderr.splitlines()[-1]
    assert "DefinitionError" in done.stderr.splitlines()[-1]


def test_the_shell_says_it_in_words_alone(tmp_path):
    points, modules, words = BROKEN["a taken name"]
    package = install(tmp_path / "own", points, **modules)
    command = [sys.executable, "-m", "ml_assets.cli.main", "run", "--as-of", "2025-12-01"]

    done = process(package, command)

    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_version_that_does_not_learn_a_task_is_refused_with_those_it_does(tmp_path, zone):
    text = TREES.replace('"binary": classes, "multiclass": classes, ', "")
    package = install(tmp_path / "own", {"trees": "forest.models:trees"}, models=text)
    program = f"STORE = {str(tmp_path / 'store')!r}\nVALUES = {json.dumps(json.dumps([{'dataset': 'trials', 'model_version': 'trees'}]))}\n{MADE}"

    done = run(package, program, check=False, ML_ASSETS_SOURCES__SHOP=zone)

    assert "model_version: trees does not learn binary labels. It learns: regression." in done.stderr
