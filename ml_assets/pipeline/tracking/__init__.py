"""Runs of the store shown in an MLflow tracking store; mlflow is loaded only where something is logged."""
