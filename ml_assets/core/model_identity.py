"""A model among the values that are hashed: for what is made of it, not of what it is called."""

from typing import Any

from ml_assets.core.manifest import Manifest


def model_identity(model: Manifest) -> dict[str, Any]:
    """What names its very bytes: one that was made again from other rows has its old run_id, and is another model."""
    return {
        "run_id": model.run_id,
        "model_version": model.parameters["model_version"],
        "sha256": model.sha256,
    }
