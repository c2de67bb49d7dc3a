"""The command that makes a run again: for people to copy."""

import datetime as dt
import shlex

from ml_assets.core.parameters import TrainingParameters


def run_command(parameters: TrainingParameters, as_of: dt.date) -> str:
    """`ml-assets run --dataset customers --as-of 2025-12-01 ...`: every parameter that is not at its default."""
    words = ["ml-assets", "run", "--dataset", parameters.dataset, "--as-of", as_of.isoformat()]
    for name, field in type(parameters).model_fields.items():
        value = getattr(parameters, name)
        if name == "dataset" or name not in TrainingParameters.model_fields or value == field.default:
            continue
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            words += [f"--{flag}", str(value)]
    return shlex.join(words)
