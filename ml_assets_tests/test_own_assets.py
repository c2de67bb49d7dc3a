"""Assets of one's own, kept by the IO manager of the project: each value, partition and format, in our words."""

import datetime as dt
import math
import re
import sys

import dagster as dg
import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import Ridge

from ml_assets.adapter.definitions import STEPS
from ml_assets.core.product import Product
from ml_assets.definitions import defs
from ml_assets.defs.training import BESIDE
from ml_assets.errors import ArtifactNotFoundError
from ml_assets.pipeline import failed_trials
from ml_assets.pipelines.tabular import tabular
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.formats import FORMATS
from ml_assets_tests.foreign_estimator import Leaves
from ml_assets_tests.scenario import failure_of

kind = pytest.mark.kind("own assets")
FIRST, SECOND = "2025-01-01", "2025-01-02"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
OURS = ("StoreError", "ArtifactNotFoundError", "TrainingError")
DAILY = dg.DailyPartitionsDefinition(start_date=FIRST)
DAY_BEFORE = dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)


def run(assets, partition=FIRST, *, name="own", tags=None):
    """Materialize assets of one's own, in definitions that have those of the project too."""
    extended = dg.Definitions.merge(
        defs,
        dg.Definitions(assets=assets, jobs=[dg.define_asset_job("job", dg.AssetSelection.assets(name))]),
    )
    return extended.resolve_job_def("job").execute_in_process(
        partition_key=partition, tags=tags, run_config=QUIET, raise_on_error=False
    )


def returning(value, *, partitions=DAILY, **more):
    @dg.asset(name="own", partitions_def=partitions, **more)
    def own():
        return value

    return own


def told(result):
    """The reason of a failed run, which is ours and is said first."""
    assert not result.success
    (failure,) = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    kind = failure.error.message.partition(":")[0]
    assert kind.removeprefix("ml_assets.errors.") in OURS, failure_of(result)
    return failure.user_failure_data.description


def stored():
    store = ArtifactStore("artifacts/dev")
    return {(key.asset, str(key.as_of)): store.load(key) for key in store.keys(None)}


@dg.asset(
    partitions_def=DAILY,
    ins={"history": dg.AssetIn(partition_mapping=DAY_BEFORE)},
)
def history(history) -> dict:
    """Days so far."""
    return {"days": 1 if history is None else history["days"] + 1}


@kind
def test_before_the_first_partition_of_an_asset_that_depends_on_itself_there_is_nothing():
    for day in (FIRST, SECOND):
        result = run([history], day, name="history")
        assert result.success, failure_of(result)

    assert stored() == {("history", FIRST): {"days": 1}, ("history", SECOND): {"days": 2}}
    store = ArtifactStore("artifacts/dev")
    first, second = (store.manifest(key) for key in sorted(store.keys(), key=lambda key: key.as_of))
    assert (first.artifacts, second.made_of(first)) == ((), True)


@kind
def test_a_day_before_that_was_never_made_is_told():
    message = told(run([history], "2025-01-03", name="history"))

    assert re.fullmatch(
        r"No history of 2025-01-02 for these parameters \(run \w{12}\) in artifacts/dev\. "
        r"Materialize that partition of it first, with the same parameters\.",
        message,
    )


@kind
@pytest.mark.parametrize("given", ["yaml", "JSON", "", None, 7, ["json"], dg.MetadataValue.text("pickle")])
def test_a_format_that_does_not_exist_is_told_with_those_that_do(given):
    message = told(run([returning({}, metadata={"format": given})]))

    assert message.startswith("own of 2025-01-01: the format ")
    assert f"is unknown. Known: {', '.join(FORMATS)}. Name one in the metadata of the asset" in message
    assert stored() == {}


@kind
def test_a_format_may_be_a_value_of_dagster():
    assert run([returning("text", metadata={"format": dg.MetadataValue.text("md")})]).success
    assert stored() == {("own", FIRST): "text\n"}


def endless():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    return deep


UNFIT = [
    ("json", math.nan),
    ("json", {"a": [math.inf]}),
    ("json", dt.datetime(2025, 1, 1)),  # noqa: DTZ001
    ("json", {1, 2}),
    ("json", {1: "a"}),
    ("json", 2**53),
    ("json", b"bytes"),
    ("json", "\udcff"),
    ("json", object()),
    ("json", pl.DataFrame({"a": [1]})),
    ("json", endless()),
    ("parquet", {"a": 1}),
    ("parquet", None),
    ("parquet", pl.LazyFrame({"a": [1]})),
    ("parquet", pl.DataFrame({"a": [object()]})),
    ("md", 7),
    ("md", "\udcff"),
    ("png", 7),
    ("png", "text"),
    ("json", Product(value={}, metrics={"auc": "high"})),
    ("json", Product(value={}, metrics={"auc": math.nan})),
    ("json", Product(value={}, facts={1: 2})),
    ("json", Product(value={}, attachments={"plot.svg": {}})),
    ("json", Product(value={}, attachments={"plot.a-b": b"x"})),
    ("json", Product(value={}, attachments={"x" * 300 + ".png": b"x"})),
    ("json", Product(value={}, attachments={"table.parquet": 7})),
]


@kind
@pytest.mark.parametrize(("format_name", "value"), UNFIT, ids=range(len(UNFIT)))
def test_a_value_that_its_format_cannot_take_is_told_in_our_words(format_name, value):
    message = told(run([returning(value, metadata={"format": format_name})]))

    assert "stored" in message or "written" in message
    assert len(message) < 1000
    assert stored() == {}


@kind
def test_what_the_io_manager_says_first_may_be_tried_again_and_is_caught_as_what_it_is():
    tries = []

    @dg.asset(name="own", partitions_def=DAILY, retry_policy=dg.RetryPolicy(max_retries=2))
    def own():
        tries.append(1)
        return {1, 2}

    assert not run([own]).success
    assert len(tries) == 3
    with pytest.raises(ArtifactNotFoundError, match="No model for dataset=orders"):
        defs.load_asset_value("model", partition_key=FIRST, instance=dg.DagsterInstance.ephemeral())


@kind
def test_a_day_that_is_not_over_is_not_stored_however_its_partition_is_written():
    ahead = dg.DailyPartitionsDefinition("20250101", fmt="%Y%m%d", end_offset=1)

    result = run([returning({}, partitions=ahead)], dt.datetime.now(tz=dt.timezone.utc).strftime("%Y%m%d"))

    assert not result.success
    if sys.version_info >= (3, 11):  # before, such a day is none: that is told first
        assert "own: nothing was committed. as_of: not a complete day yet" in failure_of(result)
    assert stored() == {}


HOURLY = dg.HourlyPartitionsDefinition(start_date="2025-01-01-00:00")
STATIC = dg.StaticPartitionsDefinition(["de", "\x1b[31mfr"])
MULTI = dg.MultiPartitionsDefinition({"day": DAILY, "country": dg.StaticPartitionsDefinition(["de"])})


@kind
@pytest.mark.parametrize(
    ("partitions", "key", "why"),
    [
        (HOURLY, "2025-01-01-05:00", "the partition 2025-01-01-05:00 is no day, YYYY-MM-DD"),
        (STATIC, "de", "the partition de is no day, YYYY-MM-DD"),
        (STATIC, "\x1b[31mfr", r"the partition \x1b[31mfr is no day, YYYY-MM-DD"),
        (MULTI, dg.MultiPartitionKey({"day": FIRST, "country": "de"}), "is no day, YYYY-MM-DD"),
        (None, None, "it has no partitions"),
    ],
)
def test_an_asset_that_is_not_partitioned_by_days_is_told_what_to_do(partitions, key, why):
    message = told(run([returning({}, partitions=partitions)], key))

    assert message.startswith("own: ")
    assert (
        f"{why}. The resource `io_manager` keeps assets by day: partition the asset by days, or name"
        in message
    )
    assert stored() == {}


@kind
def test_what_is_read_from_an_asset_without_days_is_told_too():
    source = dg.AssetSpec("outside")

    @dg.asset(partitions_def=DAILY)
    def own(outside):
        return outside

    message = told(run([source, own]))

    assert message.startswith("outside: it has no partitions. The resource `io_manager` keeps assets by day")


@kind
def test_what_an_op_inside_an_asset_returns_is_told_to_need_another_io_manager():
    @dg.op
    def half():
        return 1

    @dg.op
    def whole(half):
        return half

    @dg.graph_asset(name="own", partitions_def=DAILY)
    def own():
        return whole(half())

    assert "it is what an op returns, no asset" in told(run([own]))


@kind
@pytest.mark.parametrize(
    "partitions", [dg.WeeklyPartitionsDefinition(FIRST), dg.MonthlyPartitionsDefinition(FIRST)]
)
def test_partitions_that_begin_with_a_day_are_kept_by_it(partitions):
    key = partitions.get_first_partition_key()

    result = run([returning({"a": 1}, partitions=partitions)], key)

    assert result.success, failure_of(result)
    assert stored() == {("own", key): {"a": 1}}


@kind
@pytest.mark.filterwarnings("ignore:Parameter `backfill_policy`")
@pytest.mark.parametrize("value", [7, None, {}, {FIRST: 1}, {FIRST: 1, "2025-01-03": 1}, [FIRST, SECOND]])
def test_several_days_in_one_run_need_a_value_each(value):
    span = {"dagster/asset_partition_range_start": FIRST, "dagster/asset_partition_range_end": SECOND}
    own = returning(value, backfill_policy=dg.BackfillPolicy.single_run())

    failed = run([own], None, tags=span)

    assert "own: of a run over several partitions it must return a mapping from each" in failure_of(failed)
    assert stored() == {}


@kind
@pytest.mark.parametrize("name", sorted({*tabular.assets, *BESIDE, *STEPS, failed_trials.ASSET}))
def test_what_the_project_makes_is_never_replaced_by_an_asset_of_the_same_name(name):
    @dg.asset(name=name, partitions_def=DAILY)
    def own():
        return {}

    alone = dg.Definitions(assets=[own], resources=dict(defs.resources))
    result = alone.resolve_implicit_global_asset_job_def().execute_in_process(
        partition_key=FIRST, run_config=QUIET, raise_on_error=False
    )

    assert told(result).startswith(f"{name}: an asset of this project has this name")
    assert stored() == {}


@kind
def test_an_asset_with_a_prefix_may_have_any_name():
    result = run([returning({"a": 1}, key_prefix="shop")], name="shop/own")

    assert result.success, failure_of(result)
    assert stored() == {("shop/own", FIRST): {"a": 1}}


@pytest.mark.parametrize(
    ("format_name", "value", "message"),
    [
        ("json", {"days": [{"low": math.nan}]}, "own.days[0].low: not a number. Leave it out, or store None"),
        ("safetensors", {"words": np.array(["a"])}, "own.words: an array of str32. Arrays are stored of"),
        (
            "skops",
            Leaves().fit([[1]]),
            "own: the model holds types that would not be loaded again: ml_assets_tests",
        ),
    ],
)
def test_what_could_not_be_loaded_again_is_not_stored(format_name, value, message):
    assert told(run([returning(value, metadata={"format": format_name})])).startswith(message)
    assert stored() == {}


def test_arrays_files_and_models_by_name_are_kept_too(tmp_path):
    (tmp_path / "net.onnx").write_bytes(b"weights")
    values = {
        "skops": {"north": Ridge().fit([[1.0], [2.0]], [1.0, 2.0])},
        "safetensors": {"a": np.arange(6).reshape(2, 3).T},
        "file": tmp_path / "net.onnx",
    }
    for format_name, value in values.items():
        result = run([returning(value, metadata={"format": format_name})])
        assert result.success, failure_of(result)
        values[format_name] = stored()[("own", FIRST)]

    assert values["file"] == b"weights"
    assert values["safetensors"]["a"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert values["skops"]["north"].predict([[3.0]]) == pytest.approx([2.0])
