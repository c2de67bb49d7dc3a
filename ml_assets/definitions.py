"""The one entry point that Dagster loads: all that lies in `defs/`, a file that is dropped there too."""

import warnings
from pathlib import Path

import dagster as dg

import ml_assets.defs
from ml_assets.finding import refuse_unknown_overrides
from ml_assets.settings import load_settings

refuse_unknown_overrides(load_settings())
FOLDER = Path(ml_assets.defs.__file__).parent

# Not `dg.load_from_defs_folder`: it needs the pyproject.toml, which an installed package has not, and loads the plugins
# of all packages that are installed, boto3 among them. This is what it does for the folder itself.
with warnings.catch_warnings():
    for kind in (dg.PreviewWarning, dg.BetaWarning):  # of Dagster's own, of what it calls itself
        warnings.simplefilter("ignore", kind)
    defs = dg.ComponentTree.from_module(
        defs_module=ml_assets.defs, project_root=FOLDER.parent.parent
    ).build_defs_at_path(FOLDER)
