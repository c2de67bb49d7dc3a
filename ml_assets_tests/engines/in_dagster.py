"""Makes the assets of `demand` in Dagster, by the definitions of the pipeline, in both roots."""

import warnings

from ml_assets.pipelines.demand import demand
from ml_assets_tests.engines.cases import AS_OF, DEMAND, OWN, SHARED

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def main():
    """One run for each root."""
    job = demand.definitions().resolve_job_def(demand.name)
    for environment in (OWN, SHARED):
        params = {"demand_params": {"config": DEMAND}, "options": {"config": {"environment": environment}}}
        job.execute_in_process(run_config={"resources": params, **QUIET}, partition_key=AS_OF)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
