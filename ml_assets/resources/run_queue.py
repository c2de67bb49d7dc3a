"""The run queue of a deployment: each run is tagged with its environment before it waits, so that limits can count by it."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster._config.config_schema import UserConfigSchema
from dagster._serdes import ConfigurableClassData
from typing_extensions import Self

from ml_assets.adapter.guard import option

ENVIRONMENT_TAG = "ml_assets/environment"


class EnvironmentRunCoordinator(dg.QueuedRunCoordinator):
    """Dagster's own queue, and one tag more: `tag_concurrency_limits` sees only tags from before a run starts.

    Attributes:
        default_environment: the environment of a run whose options name none.
    """

    def __init__(self, *, default_environment: str, **queue: Any) -> None:
        super().__init__(**queue)
        self.default_environment = default_environment

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        """What `dagster.yaml` may say: all that Dagster's queue takes, and the default environment."""
        return {**super().config_type(), "default_environment": dg.StringSource}  # type: ignore[dict-item]

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> Self:
        """The coordinator that `dagster.yaml` describes."""
        return cls(inst_data=inst_data, **config_value)

    def submit_run(self, context: dg.SubmitRunContext) -> dg.DagsterRun:
        """Tag the run with the environment that its options name, then queue it."""
        run = context.dagster_run
        named = option(run.run_config, "environment") or "default"
        environment = self.default_environment if named == "default" else str(named)
        self._instance.add_run_tags(run.run_id, {ENVIRONMENT_TAG: environment})
        return super().submit_run(context)
