"""`ml-assets run`, `show` and `list`, each in a process of its own, as a user calls them."""

import json
import re
import shutil

import pytest

WORDS = (
    "run",
    "--dataset",
    "customers",
    "--as-of",
    "2025-12-01",
    "--model-version",
    "v2",
    "--max-iter",
    "30",
)
ASSETS = ["training_set", "model", "evaluation", "model_card"]


@pytest.fixture(scope="module")
def two_roots(tmp_path_factory):
    """One run in each of two roots, by two processes."""
    import os
    import subprocess
    import sys

    from ml_assets_tests.conftest import REPO

    place, results = tmp_path_factory.mktemp("shell"), []
    for name in ("one", "two"):
        env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("ML_ASSETS_")},
            "PYTHONPATH": str(REPO),
            "PYTHONHASHSEED": str(len(results)),
            "DAGSTER_HOME": str(place / f"home_{name}"),
            "ML_ASSETS_ENVIRONMENTS__DEV__ROOT": str(place / name),
        }
        command = [sys.executable, "-m", "ml_assets.cli.main", *WORDS, "--json"]
        done = subprocess.run(command, env=env, cwd=place, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        results.append(json.loads(done.stdout))
    return place, results


@pytest.mark.slow
def test_two_processes_with_two_roots_get_the_same_run_id_and_bytes(two_roots):
    _, (one, two) = two_roots

    assert one["run_id"] == two["run_id"]
    assert {a: v["sha256"] for a, v in one["artifacts"].items()} == {
        a: v["sha256"] for a, v in two["artifacts"].items()
    }
    assert one["dagster_run_id"] != two["dagster_run_id"]


def test_the_result_states_what_the_contract_promises(two_roots):
    place, (result, _) = two_roots

    assert list(result) == [
        "run_id",
        "dagster_run_id",
        "environment",
        "as_of",
        "parameters",
        "artifacts",
        "metrics",
    ]
    assert list(result["artifacts"]) == ASSETS
    assert result["parameters"]["max_iter"] == 30
    assert "C" not in result["parameters"]
    assert re.search(
        rf"/one/model/model_version=v2/dataset=customers/as_of=2025-12-01/run={result['run_id']}$",
        result["artifacts"]["model"]["uri"],
    )
    assert 0.5 < result["metrics"]["roc_auc"] < 1
    assert not any(artifact["reused"] for artifact in result["artifacts"].values())
    assert (place / "home_one" / "dagster.yaml").exists()


@pytest.mark.slow
def test_a_second_run_reuses_all_and_overwrites_nothing(two_roots, shell):
    place, (first, _) = two_roots
    before = {path: path.stat().st_mtime_ns for path in (place / "one").rglob("*")}

    again = shell(*WORDS, "--json", env={"ML_ASSETS_ENVIRONMENTS__DEV__ROOT": str(place / "one")})

    result = json.loads(again.stdout)
    assert all(artifact["reused"] for artifact in result["artifacts"].values())
    assert result["artifacts"]["model"]["sha256"] == first["artifacts"]["model"]["sha256"]
    assert {path: path.stat().st_mtime_ns for path in (place / "one").rglob("*")} == before


def test_another_hyperparameter_makes_another_model_and_shares_the_training_set(two_roots, shell):
    place, (first, _) = two_roots
    shutil.copytree(place / "one", place / "three")
    before = {path: path.read_bytes() for path in (place / "three").rglob("*") if path.is_file()}

    done = shell(
        *WORDS, "--max-depth", "3", "--json", env={"ML_ASSETS_ENVIRONMENTS__DEV__ROOT": str(place / "three")}
    )

    result = json.loads(done.stdout)
    assert result["run_id"] != first["run_id"]
    assert [a for a in ASSETS if result["artifacts"][a]["reused"]] == ["training_set"]
    assert {path: path.read_bytes() for path in before} == before


def test_a_store_that_was_moved_tells_everything_without_dagsters_home(two_roots, shell):
    place, (_, first) = two_roots
    moved = place / "elsewhere" / "kept"
    shutil.copytree(place / "two", moved)
    env = {"ML_ASSETS_ENVIRONMENTS__DEV__ROOT": str(moved), "DAGSTER_HOME": str(place / "gone")}

    by_id = shell("show", first["run_id"], env=env)
    folder = moved / first["artifacts"]["model"]["uri"].split("/two/")[1]
    by_path = shell("show", folder, "--json")
    listed = shell("list", "--where", "dataset=customers max_iter<=30", "--json", env=env)

    assert by_id.returncode == 0, by_id.stderr
    assert first["artifacts"]["model"]["sha256"] in by_id.stdout
    assert "ml-assets run --dataset customers" in by_id.stdout
    assert "2025-06-" in by_id.stdout  # down to the days of the source
    assert json.loads(by_path.stdout)[0]["run_id"] == first["run_id"]
    assert [row["run_id"] for row in json.loads(listed.stdout)] == [first["run_id"]]
    assert not (place / "gone").exists()


@pytest.mark.slow
def test_the_command_that_show_prints_makes_the_same_run(two_roots, shell):
    place, (first, _) = two_roots
    env = {"ML_ASSETS_ENVIRONMENTS__DEV__ROOT": str(place / "one")}
    shown = shell("show", first["run_id"], env=env).stdout
    command = shown.partition("The same again:\n")[2].splitlines()[0].split()

    again = shell(*command[1:], "--json", env=env)

    assert json.loads(again.stdout)["run_id"] == first["run_id"]


def test_show_names_what_it_cannot_find(shell):
    absent, nonsense = shell("show", "0123456789ab"), shell("show", "what?")

    assert (absent.returncode, nonsense.returncode) == (1, 2)
    assert "No artifact of run 0123456789ab" in absent.stderr
    assert "RUN_ID|PATH: neither" in nonsense.stderr


def test_an_unknown_environment_is_refused_before_anything_is_created(shell, tmp_path):
    done = shell("run", "--environment", "prod")

    assert done.returncode == 2
    assert "environment: unknown. Allowed: default, dev, staging, blue, green." in done.stderr
    assert list(tmp_path.iterdir()) == []
