"""The commands that only this pipeline has in the shell: about models that score, and about two models."""

from ml_assets.pipelines.tabular.commands.table import TABLE

__all__ = ["TABLE"]
