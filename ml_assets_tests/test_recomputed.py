"""Every number that is stored can be made again from the stored files, without this project: `recomputed` knows nothing of it."""

import ast
from pathlib import Path

import pytest

from ml_assets_tests import recomputed
from ml_assets_tests.scenario import train

RUNS = (
    {"dataset": "customers", "lookback_days": 330},
    {"dataset": "orders", "model_version": "v2", "max_iter": 8, "calibrate": True, "seed": 3},
)


def same(stored, again):
    """Both have the same numbers, to the ninth digit; falls and curves are stored with six."""
    first, second = recomputed.numbers(stored), recomputed.numbers(again)
    assert first.keys() == second.keys()
    for path, value in first.items():
        loosest = recomputed.LOOSEST if path.startswith("metrics") else 1e-6
        expected = pytest.approx(second[path], abs=loosest) if isinstance(value, float) else second[path]
        assert value == expected, path


OF_OTHER_TASKS = (
    "accuracy", "balanced_accuracy", "mae", "rmse", "r2", "baseline_mae", "baseline_rmse", "train_r2",
)  # fmt: skip


@pytest.mark.parametrize("parameters", RUNS, ids=["customers", "orders"])
def test_every_number_of_an_evaluation_is_made_again_from_its_files_alone(tmp_path, parameters):
    assert train(**parameters).success
    root = tmp_path / "artifacts" / "dev"
    (folder,) = recomputed.folders(root, "evaluation")

    found = recomputed.evaluation(folder, root)
    stored, manifest = recomputed.document(folder, "evaluation.json"), recomputed.manifest_of(folder)

    by_name = {item["feature"]: item for item in found["single_features"]}
    found["single_features"] = [by_name[item["feature"]] for item in stored["single_features"]]
    same(stored, found)
    telling = [
        max(item["roc_auc"] or 0.5, item["missing_roc_auc"] or 0.5) for item in stored["single_features"]
    ]
    assert telling == sorted(telling, reverse=True)
    assert manifest["metrics"] == stored["metrics"]
    assert manifest["facts"] == {
        "train_rows": found["rows"]["train"],
        "holdout_rows": found["rows"]["holdout"],
        "entity": found["entity"]["name"],
        "holdout_entities": found["entity"]["holdout"],
        "suspects": [],
        "not_measured": dict.fromkeys(OF_OTHER_TASKS, "the label is 0 or 1"),
    }


def test_what_makes_the_numbers_again_imports_nothing_of_the_project():
    tree = ast.parse(Path(recomputed.__file__).read_text())
    names = [
        name
        for node in ast.walk(tree)
        for name in (
            [item.name for item in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    ]

    assert not [name for name in names if name.startswith("ml_assets")]
