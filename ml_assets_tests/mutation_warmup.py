"""What mutmut's server imports before it forks, beside the list in `mutation_preload.txt`: all of the core."""

import importlib
import pkgutil

import ml_assets.core

for module in pkgutil.walk_packages(ml_assets.core.__path__, "ml_assets.core."):
    importlib.import_module(module.name)
