"""Small projects of Dagster, for the tests of how Dagster itself behaves."""

import dagster as dg
import pytest

DAILY = dg.DailyPartitionsDefinition("2025-01-01", end_date="2025-02-01")
DAYS = ["2025-01-01", "2025-01-02", "2025-01-03"]
GOOD = DAYS[::2]
SPAN = {
    "dagster/asset_partition_range_start": DAYS[0],
    "dagster/asset_partition_range_end": DAYS[-1],
}
ONE_DAY = {"dagster/partition": DAYS[0]}

PREVIEWS = [
    pytest.mark.filterwarnings(f"ignore::dagster_shared.utils.warnings.{kind}")
    for kind in (
        "BetaWarning",
        "PreviewWarning",
    )  # of Output(data_version=) and AssetCheckSpec(partitions_def=)
]


class Kept(dg.IOManager):
    """Keeps what it is given, and reads nothing."""

    def __init__(self):
        self.given, self.loaded = [], []

    def handle_output(self, context, obj):
        self.given.append((context.asset_key.to_user_string(), obj))

    def load_input(self, context):
        self.loaded.append(context.asset_key.to_user_string())


def run(*assets, tags=SPAN, instance=None, kept=None, checks=(), selection="*"):
    job = dg.define_asset_job("all_of_it", selection=selection)
    defs = dg.Definitions(
        assets=assets, asset_checks=checks, jobs=[job], resources={"io_manager": kept or Kept()}
    )
    return defs.resolve_job_def("all_of_it").execute_in_process(
        tags=tags, raise_on_error=False, instance=instance
    )


def outs(*names, **attributes):
    return {
        name: dg.AssetOut.from_spec(dg.AssetSpec(name, **attributes), dagster_type=dg.Any, is_required=False)
        for name in names
    }


def materialized(instance, asset):
    return instance.get_materialized_partitions(dg.AssetKey(asset))
