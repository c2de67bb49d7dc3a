"""How good a model is on its holdout, task by task."""
