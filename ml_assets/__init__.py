"""Parameterized training runs one can trust.

    from ml_assets import Field, Parameters, Pipeline, Product, Rows

What a pipeline is made of is imported from here; each name is loaded when it is asked for, and none loads Dagster,
scikit-learn or polars.

Two floors. The project says what is trained; the library makes it, and knows nothing of the project:

    definitions, defs       what Dagster loads
    pipelines               what is trained

The rings of the library, from the outside in; each imports only what is inside it:

    cli, terminal           the shell | what it prints
    conformance             what of the promises a pipeline keeps, tried on it
    api                     a pipeline, with all that can be done with it
    resources               notices, buckets and the run queue, as Dagster has them
    adapter                 the assets of a pipeline, their parameters and the IO manager, as Dagster has them
    client, deployment      launching on a running deployment, without Dagster
    config | pipeline | graphql     Dagster's Config classes | the making of one day's artifacts | requests over HTTP
    presets | finding       named parameter sets | which pipeline a name means
    storage | sources | settings    where artifacts live | where rows come from | names resolved to places
    settings_sources        the file and the variables that settings are read from
    parameter_files         TOML, YAML and JSON as values
    core                    parameters, identity, pipelines as they are declared: pure functions
    errors                  one family
"""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from pydantic import Field as Field

    from ml_assets.adapter.component import ParameterizedPipeline as ParameterizedPipeline
    from ml_assets.api import Pipeline as Pipeline
    from ml_assets.core.asset import Metric as Metric
    from ml_assets.core.asset import Verdict as Verdict
    from ml_assets.core.installed import with_installed as with_installed
    from ml_assets.core.parameters import Parameters as Parameters
    from ml_assets.core.parameters import omitted_when as omitted_when
    from ml_assets.core.parameters import refuse as refuse
    from ml_assets.core.parameters import used_when as used_when
    from ml_assets.core.product import Product as Product
    from ml_assets.core.resource import Resource as Resource
    from ml_assets.core.result import Failed as Failed
    from ml_assets.core.rows import Rows as Rows
    from ml_assets.core.value_types import Estimator as Estimator
    from ml_assets.core.value_types import Frame as Frame
    from ml_assets.pipeline.run import make as make
    from ml_assets.pipeline.run import resolve as resolve
    from ml_assets.storage import formats as formats
else:
    _HOMES = {
        "Estimator": "ml_assets.core.value_types",
        "Failed": "ml_assets.core.result",
        "Field": "pydantic",
        "Frame": "ml_assets.core.value_types",
        "Metric": "ml_assets.core.asset",
        "ParameterizedPipeline": "ml_assets.adapter.component",
        "Parameters": "ml_assets.core.parameters",
        "Pipeline": "ml_assets.api",
        "Product": "ml_assets.core.product",
        "Resource": "ml_assets.core.resource",
        "Rows": "ml_assets.core.rows",
        "Verdict": "ml_assets.core.asset",
        "make": "ml_assets.pipeline.run",
        "omitted_when": "ml_assets.core.parameters",
        "refuse": "ml_assets.core.parameters",
        "resolve": "ml_assets.pipeline.run",
        "used_when": "ml_assets.core.parameters",
        "with_installed": "ml_assets.core.installed",
    }

    def __getattr__(name: str) -> Any:
        """What is imported from here, from where it is."""
        if name == "formats":
            return importlib.import_module("ml_assets.storage.formats")
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(_HOMES[name]), name)

    def __dir__() -> list[str]:
        return sorted([*globals(), *_HOMES, "formats"])
