"""A second pipeline beside the training run, as anybody shows one of their own."""

from ml_assets.pipelines.demand import demand

defs = demand.definitions()
