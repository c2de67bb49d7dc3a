"""A pipeline that cannot be what its file says is refused when the file is loaded, with what to write instead."""

import datetime as dt
import functools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any, ClassVar, Literal

import polars as pl
import pytest
from pydantic import BaseModel

from ml_assets import Field, Metric, Parameters, Pipeline, Product, Resource, Rows, used_when
from ml_assets.errors import DefinitionError, MlAssetsError

LONG = "_".join(["long"] * 20)
REFUSED: list[Any] = []


class Series(Parameters):
    """What decides the history."""

    source: str = Field("sample", pattern=r"^[a-z]{1,9}$", description="Where rows come from")
    shop: Literal["north", "south"] = Field("north", description="Which shop")
    weeks: int = Field(52, ge=8, le=520, description="Weeks of history")


class Forecast(Series):
    """What decides a forecast."""

    method: Literal["naive", "ets"] = Field("naive", description="How the future is drawn")
    season: Annotated[int, used_when(method="ets")] = Field(7, ge=2, le=366, description="Days of a season")


class Prices(Parameters):
    """What decides something else."""

    currency: Literal["EUR", "USD"] = Field("EUR", description="Of all prices")


class Both(Forecast, Prices):
    """Two classes that do not know each other."""


class Listed(Series):
    """A list among the parameters."""

    days: list[Annotated[int, Field(ge=1, le=7)]] = Field([1], description="Days of the week")


class Unranged(Parameters):
    """A number without a range."""

    depth: int = Field(3, description="How deep")


def a_pipeline(parameters: Any = Forecast, **given: Any) -> Pipeline:
    """With a history of Series and a forecast of Forecast."""
    pipeline = Pipeline("demand", parameters, **given)

    @pipeline.asset
    def history(params: Series, rows: Rows, as_of: dt.date) -> pl.DataFrame:
        return rows.scan("sales", source=params.source, first=as_of, last=as_of).collect()

    if issubclass(parameters, Forecast):

        @pipeline.asset
        def forecast(params: Forecast, history: pl.DataFrame) -> dict[str, Any]:
            return {"shop": params.shop, "days": history.height}

    return pipeline


def refused(message: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Mark a definition as one that is refused in these words."""

    def mark(definition: Callable[[], Any]) -> Callable[[], Any]:
        REFUSED.append(pytest.param(definition, message, id=definition.__name__))
        return definition

    return mark


@refused("accuracy: its class Series lacks what forecast depends on: method, season. Take Forecast.")
def a_slice_smaller_than_its_upstreams() -> None:
    @a_pipeline().asset
    def accuracy(params: Series, forecast: dict[str, Any]) -> dict[str, Any]: ...


@refused(
    "joined: it takes no parameters, and the class Forecast of its upstream lacks what prices depends on: currency. Take "
    "params: Both."
)
def two_upstreams_of_which_none_covers_the_other() -> None:
    pipeline = a_pipeline(Both)

    @pipeline.asset
    def prices(params: Prices) -> dict[str, Any]: ...

    @pipeline.asset
    def joined(forecast: dict[str, Any], prices: dict[str, Any]) -> dict[str, Any]: ...


@refused(
    "prices: its class Prices is not Forecast, the class of demand, and Forecast does not extend it. Take Forecast or a "
    "class that Forecast extends."
)
def a_slice_of_another_family() -> None:
    @a_pipeline().asset
    def prices(params: Prices) -> dict[str, Any]: ...


@refused(
    "plain: its argument params: Parameters has no fields. Take Forecast or a class that Forecast extends, or leave the "
    "argument out."
)
def a_slice_without_fields() -> None:
    @a_pipeline().asset
    def plain(params: Parameters) -> dict[str, Any]: ...


@refused("twice: it takes parameters twice. Take one class.")
def two_slices() -> None:
    @a_pipeline().asset
    def twice(params: Series, more: Forecast) -> dict[str, Any]: ...


@refused("accuracy: it returns a bare dict. Write what is in it: dict[str, Any].")
def a_bare_dict() -> None:
    @a_pipeline().asset
    def accuracy(params: Forecast) -> dict: ...  # type: ignore[type-arg]


@refused("accuracy: it returns a bare list. Write what is in it: list[Any].")
def a_bare_list() -> None:
    @a_pipeline().asset
    def accuracy(params: Forecast) -> list: ...  # type: ignore[type-arg]


@refused(
    "accuracy: it returns Product, which does not say of what. Write for example Product[dict[str, Any]]."
)
def a_bare_product() -> None:
    @a_pipeline().asset
    def accuracy(params: Forecast) -> Product: ...  # type: ignore[type-arg]


@refused("accuracy: it returns a bare dict. Write what is in it: dict[str, Any].")
def a_product_of_a_bare_dict() -> None:
    @a_pipeline().asset
    def accuracy(params: Forecast) -> Product[dict]: ...  # type: ignore[type-arg]


@refused(
    "accuracy: it returns dict[str, int] | None, one of several types, so that nothing says how it is stored. Return one "
    "type."
)
def a_union() -> None:
    @a_pipeline().asset
    def accuracy(params: Forecast) -> dict[str, int] | None: ...


@refused("accuracy: it does not say what it returns. Write -> and the type of the value.")
def no_returned_type() -> None:
    @a_pipeline().asset
    def accuracy(params: Forecast): ...  # type: ignore[no-untyped-def]


@refused(
    "accuracy: it returns Any, which cannot be stored. Return a polars.DataFrame, dict[str, ...], list[...], a pydantic "
    "model, str, an estimator, arrays or bytes."
)
def anything_returned() -> None:
    @a_pipeline().asset
    def accuracy(params: Forecast) -> Any: ...


@refused(
    "accuracy: it returns set[str], which cannot be stored. Return a polars.DataFrame, dict[str, ...], list[...], a "
    "pydantic model, str, an estimator, arrays or bytes."
)
def a_type_without_a_format() -> None:
    @a_pipeline().asset
    def accuracy(params: Forecast) -> set[str]: ...


@refused(
    "accuracy: its argument forcast is neither parameters, as_of, rows, a resource nor an asset that is declared before it. Did you "
    "mean forecast?"
)
def an_argument_that_is_nothing_known() -> None:
    @a_pipeline().asset
    def accuracy(params: Forecast, forcast: dict[str, Any]) -> dict[str, Any]: ...


@refused(
    "first: its argument last is neither parameters, as_of, rows, a resource nor an asset that is declared before it. Assets before "
    "it: none."
)
def an_argument_named_like_a_later_asset() -> None:
    pipeline = Pipeline("demand", Forecast)

    @pipeline.asset
    def first(last: dict[str, Any]) -> dict[str, Any]: ...

    @pipeline.asset
    def last(params: Forecast) -> dict[str, Any]: ...


@refused("loop: it takes its own value, which is not made yet. Leave the argument out.")
def an_asset_of_itself() -> None:
    @a_pipeline().asset
    def loop(loop: dict[str, Any]) -> dict[str, Any]: ...


@refused("accuracy: its argument params is no class of parameters. Write params: Forecast.")
def params_that_are_no_parameters() -> None:
    @a_pipeline().asset
    def accuracy(params: dict[str, Any]) -> dict[str, Any]: ...


@refused("accuracy: its argument as_of is annotated str. Write as_of: datetime.date.")
def a_day_that_is_a_text() -> None:
    @a_pipeline().asset
    def accuracy(as_of: str) -> dict[str, Any]: ...


@refused("accuracy: its argument as_of is annotated datetime. Write as_of: datetime.date.")
def a_day_that_is_a_moment() -> None:
    @a_pipeline().asset
    def accuracy(as_of: dt.datetime) -> dict[str, Any]: ...


@refused("accuracy: its argument rows is annotated DataFrame. Write rows: Rows.")
def rows_that_are_a_table() -> None:
    @a_pipeline().asset
    def accuracy(rows: pl.DataFrame) -> dict[str, Any]: ...


@refused("accuracy: its argument tmp is annotated str. Write tmp: pathlib.Path.")
def a_folder_that_is_a_text() -> None:
    @a_pipeline().asset
    def accuracy(tmp: str) -> bytes: ...


@refused("accuracy: its argument history is annotated Series and has the name of an asset. Rename it.")
def parameters_named_like_an_asset() -> None:
    @a_pipeline().asset
    def accuracy(history: Series) -> dict[str, Any]: ...


@refused(
    "accuracy: its argument history is annotated dict[str, Any], and the asset history is DataFrame. Write history: "
    "DataFrame."
)
def an_input_of_another_type() -> None:
    @a_pipeline().asset
    def accuracy(params: Forecast, history: dict[str, Any]) -> dict[str, Any]: ...


@refused(
    "accuracy: its argument history is annotated Product, which does not say of what. Write Product[DataFrame]."
)
def an_input_that_is_a_bare_product() -> None:
    @a_pipeline().asset
    def accuracy(params: Forecast, history: Product) -> dict[str, Any]: ...  # type: ignore[type-arg]


@refused("history: demand has an asset of this name already. Rename one of them.")
def two_assets_of_one_name() -> None:
    @a_pipeline().asset
    def history(params: Series) -> pl.DataFrame: ...


@refused("params: params, rows, as_of, tmp are taken by the library. Give the asset another name.")
def an_asset_called_params() -> None:
    @a_pipeline().asset
    def params(as_of: dt.date) -> dict[str, Any]: ...


@refused("rows: params, rows, as_of, tmp are taken by the library. Give the asset another name.")
def an_asset_called_rows() -> None:
    @a_pipeline().asset
    def rows(as_of: dt.date) -> dict[str, Any]: ...


@refused("as_of: params, rows, as_of, tmp are taken by the library. Give the asset another name.")
def an_asset_called_as_of() -> None:
    @a_pipeline().asset
    def as_of(params: Series) -> dict[str, Any]: ...


@refused(
    "History: its name cannot be that of a folder and of a Dagster asset. Write small letters, digits and single _ "
    "between them, at most 60."
)
def an_asset_with_a_capital() -> None:
    @a_pipeline().asset
    def History(params: Series) -> dict[str, Any]: ...  # noqa: N802


@refused(
    "a__b: its name cannot be that of a folder and of a Dagster asset. Write small letters, digits and single _ between "
    "them, at most 60."
)
def an_asset_that_looks_like_two_names() -> None:
    @a_pipeline().asset
    def a__b(params: Series) -> dict[str, Any]: ...


@refused("config: its name is taken by Python, by Dagster or by the library. Choose another name.")
def an_asset_with_a_name_of_dagsters() -> None:
    @a_pipeline().asset
    def config(params: Series) -> dict[str, Any]: ...


@refused("<lambda>: a lambda has no name and no annotations. Write it with def.")
def a_lambda() -> None:
    a_pipeline().asset(lambda history: history)


@refused("accuracy: an async function. Write it with def; what it waits for, it may wait for itself.")
def an_async_function() -> None:
    @a_pipeline().asset
    async def accuracy(params: Forecast) -> dict[str, Any]: ...


@refused("accuracy: an async function. Write it with def; what it waits for, it may wait for itself.")
def an_async_generator() -> None:
    @a_pipeline().asset
    async def accuracy(params: Forecast) -> AsyncIterator[str]:
        yield params.shop


@refused("accuracy: a generator. Return the whole value instead of yielding parts of it.")
def a_generator() -> None:
    @a_pipeline().asset
    def accuracy(params: Forecast) -> Iterator[str]:
        yield params.shop


@refused(
    "accuracy: it uses limit of the function around it, which no code version can see. Write it at the top level of a "
    "module, with what it uses beside it."
)
def a_function_that_uses_what_is_around_it() -> None:
    limit = 3

    @a_pipeline().asset
    def accuracy(params: Forecast) -> dict[str, Any]:
        return {"limit": limit}


@refused("partial: not a function. Write it with def, at the top level of a module.")
def a_call_with_arguments_of_its_own() -> None:
    a_pipeline().asset(functools.partial(print, sep=""))


@refused("Forecast: not a function. Write it with def, at the top level of a module.")
def a_class() -> None:
    a_pipeline().asset(Forecast)


@refused("accuracy: its argument *args takes anything. Name each argument.")
def any_arguments() -> None:
    @a_pipeline().asset
    def accuracy(*args: Any) -> dict[str, Any]: ...


@refused("accuracy: its argument **more takes anything. Name each argument.")
def any_keywords() -> None:
    @a_pipeline().asset
    def accuracy(params: Forecast, **more: Any) -> dict[str, Any]: ...


@refused(
    "accuracy: its argument weeks has a default, which no run_id knows. Make it a field of the parameters, or a constant."
)
def a_default() -> None:
    @a_pipeline().asset
    def accuracy(params: Forecast, weeks: int = 4) -> dict[str, Any]: ...


@refused(
    "accuracy: its argument params can be given by its place only, and is given by its name. Leave out the / behind it."
)
def an_argument_by_place() -> None:
    @a_pipeline().asset
    def accuracy(params: Forecast, /) -> dict[str, Any]: ...


@refused("accuracy: its argument history has no annotation. Write what it is.")
def an_argument_without_a_type() -> None:
    @a_pipeline().asset
    def accuracy(params: Forecast, history) -> dict[str, Any]: ...  # type: ignore[no-untyped-def]


@refused(
    "accuracy: its annotations cannot be read: name 'Nowhere' is not defined. Import or define what they name at the top "
    "level of the module, and not under TYPE_CHECKING."
)
def an_annotation_that_names_nothing() -> None:
    @a_pipeline().asset
    def accuracy(params: "Nowhere") -> dict[str, Any]: ...  # type: ignore[name-defined]  # noqa: F821


@refused("accuracy: threads is no whole number from 1 to 1024. Write threads=2.")
def no_threads() -> None:
    @a_pipeline().asset(threads=0)
    def accuracy(params: Forecast) -> dict[str, Any]: ...


@refused(
    "late: demand has been used already, so that nothing can be added to it. Declare all of it in one file, before its first use."
)
def an_asset_after_the_first_use() -> None:
    pipeline = a_pipeline()
    pipeline.run_id(Forecast(), dt.date(2025, 12, 1))

    @pipeline.asset
    def late(params: Forecast) -> dict[str, Any]: ...


@refused(
    "long: demand has been used already, so that nothing can be added to it. Declare all of it in one file, before its first use."
)
def a_check_after_the_first_use() -> None:
    pipeline = a_pipeline()
    pipeline.key("history", Forecast(), dt.date(2025, 12, 1))

    @pipeline.check
    def long(history: pl.DataFrame) -> bool: ...


@refused(
    "steady: its argument accuracy is neither parameters, as_of, rows, a resource nor an asset that is declared before it. Assets "
    "before it: history, forecast."
)
def a_check_of_an_unknown_asset() -> None:
    @a_pipeline().check
    def steady(accuracy: dict[str, Any]) -> bool: ...


@refused("steady: a check of no asset. Take one by its name: history, forecast.")
def a_check_of_nothing() -> None:
    @a_pipeline().check
    def steady(params: Series) -> bool: ...


@refused("steady: a check that returns str. Write -> bool, or -> Verdict.")
def a_check_that_returns_a_text() -> None:
    @a_pipeline().check
    def steady(history: pl.DataFrame) -> str: ...


@refused("steady: a check that returns nothing. Write -> bool, or -> Verdict.")
def a_check_that_does_not_say_what_it_returns() -> None:
    @a_pipeline().check
    def steady(history: pl.DataFrame): ...  # type: ignore[no-untyped-def]


@refused("steady: its class Forecast has more than what decides history. Take Series.")
def a_check_of_more_parameters_than_its_asset_has() -> None:
    @a_pipeline().check
    def steady(params: Forecast, history: pl.DataFrame) -> bool: ...


@refused("steady: a check is told what was stored, and no rows. Leave the argument out.")
def a_check_of_rows() -> None:
    @a_pipeline().check
    def steady(history: pl.DataFrame, rows: Rows) -> bool: ...


@refused("steady: it takes history, which other is not made of. Check each by itself.")
def a_check_of_two_assets_that_have_nothing_to_do_with_each_other() -> None:
    pipeline = a_pipeline()

    @pipeline.asset
    def other(params: Forecast) -> dict[str, Any]: ...

    @pipeline.check
    def steady(history: pl.DataFrame, other: dict[str, Any]) -> bool: ...


@refused("steady: history has a check of this name already. Rename one of them.")
def two_checks_of_one_name() -> None:
    pipeline = a_pipeline()

    @pipeline.check
    def steady(history: pl.DataFrame) -> bool: ...

    @pipeline.check(blocking=True)
    def steady(history: pl.DataFrame) -> bool: ...  # noqa: F811


@refused("steady: blocking is neither True nor False. Write @check(blocking=True).")
def a_check_that_is_blocking_perhaps() -> None:
    @a_pipeline().check(blocking="no")  # type: ignore[arg-type]
    def steady(history: pl.DataFrame) -> bool: ...


@refused("sales: sample rows are made of two days. Write (first: datetime.date, last: datetime.date).")
def sample_rows_of_one_day() -> None:
    @a_pipeline().sample
    def sales(day: dt.date) -> pl.DataFrame: ...


@refused("sales: sample rows are a table. Write -> polars.DataFrame.")
def sample_rows_that_are_no_table() -> None:
    @a_pipeline().sample
    def sales(first: dt.date, last: dt.date) -> dict[str, Any]: ...


@refused("sales: lable is no role of a column. Did you mean label?")
def sample_rows_with_a_role_that_does_not_exist() -> None:
    @a_pipeline().sample(lable="pieces")
    def sales(first: dt.date, last: dt.date) -> pl.DataFrame: ...


@refused("sales: demand has sample rows of this name already. Leave one out.")
def sample_rows_twice() -> None:
    pipeline = a_pipeline()

    @pipeline.sample
    def sales(first: dt.date, last: dt.date) -> pl.DataFrame: ...

    @pipeline.sample
    def sales(first: dt.date, last: dt.date) -> pl.DataFrame: ...  # noqa: F811


@refused("demand: path: mehtod is no parameter of Forecast. Did you mean method?")
def a_path_of_what_does_not_exist() -> None:
    a_pipeline(path=("mehtod",))


@refused(
    "demand: path: days is no single value. Only bool, int, float, str and Literal can be told in a path."
)
def a_path_of_a_list() -> None:
    a_pipeline(Listed, path=("days",))


@refused("demand: path: shop is there twice.")
def a_path_that_says_it_twice() -> None:
    a_pipeline(path=("shop", "method", "shop"))


@refused('demand: path: not a tuple of names. Write path=("method",).')
def a_path_that_is_a_text() -> None:
    a_pipeline(path="method")


@refused(
    "demand: path: currency decides no asset, for it lies in the class of none. Leave it out of the path."
)
def a_path_of_what_decides_no_asset() -> None:
    a_pipeline(Both, path=("currency",)).freeze()


@refused("demand: promotes: forcast is no asset. Did you mean forecast?")
def what_is_promoted_is_no_asset() -> None:
    a_pipeline(promotes="forcast").run_id(Forecast(), dt.date(2025, 12, 1))


@refused("demand: it has no assets. Declare each by @asset above its function, before the pipeline is used.")
def nothing_to_make() -> None:
    Pipeline("demand", Forecast).definitions()


@refused("demand: metrics: mape is declared twice. Leave one out.")
def a_metric_twice() -> None:
    a_pipeline(metrics=[Metric("mape"), Metric("mape", better="smaller")])


@refused(
    "demand: metrics: mae.block0 is a group of mae, which is not declared. Declare that one; its groups need no "
    "declaration."
)
def a_group_without_its_metric() -> None:
    a_pipeline(metrics=[Metric("mae.block0", better="smaller")])


@refused(
    "demand: metrics: mape: over is neither a number of days nor a whole number among the parameters. Write "
    'over="28 days", or one of: weeks, season.'
)
def a_metric_over_days_that_nothing_tells() -> None:
    a_pipeline(metrics=[Metric("mape", better="smaller", over="weekz")])


@refused('demand: metrics: not a list of Metric. Write metrics=[Metric("mape", better="smaller")].')
def a_metric_that_is_a_text() -> None:
    a_pipeline(metrics=["mape"])


@refused('Metric mape: better is not known. Write better="smaller", "larger" or "none".')
def a_metric_of_an_unknown_direction() -> None:
    Metric("mape", better="lower")  # type: ignore[arg-type]


@refused(
    "Metric ma pe: no name of a metric. Write letters, digits and _, and a dot before the name of a group: mae.block0."
)
def a_metric_with_a_space() -> None:
    Metric("ma pe")


@refused("Metric mape: its margin is no number of at least 0. Write for example margin=0.01.")
def a_margin_below_nothing() -> None:
    Metric("mape", better="smaller", margin=-0.1)


@refused(
    'Metric rows: it has a margin, and no direction in which it could be worse. Write better="smaller" or "larger".'
)
def a_margin_of_what_only_describes() -> None:
    Metric("rows", margin=1)


@refused('Metric mape: its interval does not name two metrics. Write interval=("low", "high").')
def an_interval_with_one_end() -> None:
    Metric("mape", better="smaller", interval=("low",))  # type: ignore[arg-type]


@refused(
    "Metric mape: it is its own baseline. Name the metric of a model without skill, or leave baseline out."
)
def a_metric_that_is_its_own_baseline() -> None:
    Metric("mape", better="smaller", baseline="mape")


@refused(
    "Pipeline Demand: its name cannot be that of a folder and of a Dagster asset. Write small letters, digits and single "
    "_ between them, at most 60."
)
def a_pipeline_with_a_capital() -> None:
    Pipeline("Demand", Forecast)


@refused(
    f"Pipeline {LONG}: its name cannot be that of a folder and of a Dagster asset. Write small letters, digits and single "
    "_ between them, at most 60."
)
def a_pipeline_with_a_very_long_name() -> None:
    Pipeline(LONG, Forecast)


@refused("Pipeline class: its name is taken by Python, by Dagster or by the library. Choose another name.")
def a_pipeline_with_a_name_of_pythons() -> None:
    Pipeline("class", Forecast)


@refused(
    'demand: folder: cannot be a folder. Write small letters, digits and single _ between them, or folder="".'
)
def a_folder_in_a_folder() -> None:
    a_pipeline(folder="a/b")


@refused("bytes_verify: every asset has this check already. Give it another name.")
def a_check_of_the_librarys_name() -> None:
    @a_pipeline().check
    def bytes_verify(history: pl.DataFrame) -> bool:
        return history.height > 0


@refused("demand: its parameters are no subclass of Parameters. Write class Forecast(Parameters).")
def parameters_of_another_kind() -> None:
    class Plain(BaseModel):
        depth: int = 3

    Pipeline("demand", Plain)  # type: ignore[arg-type]


@refused("demand: its class Parameters has no fields. Write the parameters as fields of a subclass.")
def parameters_without_fields() -> None:
    Pipeline("demand", Parameters)


@refused("demand: Unranged.depth: has no range. Give both ends: ge=... and le=....")
def a_number_without_a_range() -> None:
    Pipeline("demand", Unranged)


@refused("demand: Conditional.season: used_when names no field: metod. Did you mean method?")
def a_condition_on_no_field() -> None:
    class Conditional(Series):
        method: Literal["naive", "ets"] = Field("naive", description="How")
        season: Annotated[int, used_when(metod="ets")] = Field(7, ge=2, le=366, description="Days")

    Pipeline("demand", Conditional)


class Service(Resource):
    """A client."""

    resource_name: ClassVar[str] = "Or acle"


@refused("asked: its argument client is Resource itself, which has no settings. Take a subclass of it.")
def a_resource_of_no_class() -> None:
    @a_pipeline().asset
    def asked(params: Series, client: Resource) -> str: ...


@refused(
    "asked: its argument client Service cannot be set under the name Or acle. Write small letters, digits and single _: "
    'resource_name: ClassVar[str] = "prices".'
)
def a_resource_of_an_odd_name() -> None:
    @a_pipeline().asset
    def asked(params: Series, client: Service) -> str: ...


@refused("asked: its argument history is annotated Service and has the name of an asset. Rename it.")
def a_resource_named_like_an_asset() -> None:
    @a_pipeline().asset
    def asked(params: Series, history: Service) -> str: ...


@refused("steady: a check is told what was stored, and no client. Leave the argument out.")
def a_check_that_asks_a_service() -> None:
    class Known(Resource):
        """A client."""

    @a_pipeline().check
    def steady(history: pl.DataFrame, client: Known) -> bool: ...


@refused("asked: recorded is neither True nor False. Write @asset(recorded=True).")
def recorded_as_a_text() -> None:
    @a_pipeline().asset(recorded="yes")  # type: ignore[arg-type]
    def asked(params: Series) -> str: ...


@refused('asked: files is no list of patterns. Write files=["prompts/*.md"].')
def one_pattern_as_a_text() -> None:
    @a_pipeline().asset(files="prompts/*.md")
    def asked(params: Series) -> str: ...


@refused(
    "asked: files: ../secrets/* leads out of the folder of its module. Write a pattern of what lies in it: prompts/*.md."
)
def files_outside() -> None:
    @a_pipeline().asset(files=["../secrets/*"])
    def asked(params: Series) -> str: ...


@refused(
    "asked: files: prompts/*.md matches no file beside ml_assets_tests.test_pipeline_definitions. Correct the pattern, or "
    "leave it out."
)
def files_that_are_not_there() -> None:
    @a_pipeline().asset(files=["prompts/*.md"])
    def asked(params: Series) -> str: ...


@refused('asked: code is no list of modules. Write code=["shared_lib"].')
def one_module_as_a_text() -> None:
    @a_pipeline().asset(code="shared_lib")
    def asked(params: Series) -> str: ...


@refused("asked: code: shared-lib is no name of a module. Write it as in an import: shared_lib.prices.")
def a_module_with_a_dash() -> None:
    @a_pipeline().asset(code=["shared-lib"])
    def asked(params: Series) -> str: ...


@refused(
    "asked: code: no text of a module shared_lob is found. Name one that can be imported, or leave it out."
)
def a_module_that_is_not_there() -> None:
    @a_pipeline().asset(code=["shared_lob"])
    def asked(params: Series) -> str: ...


@refused("asked: it has a window, and asks for no rows. Take rows: Rows, or leave the window out.")
def a_window_without_rows() -> None:
    @a_pipeline().asset(window=lambda p: {"sales": p.weeks})
    def asked(params: Series) -> str: ...


@refused('asked: window is no function of the parameters. Write window=lambda p: {"sales": 7 * p.weeks}.')
def a_window_that_is_no_function() -> None:
    @a_pipeline().asset(window={"sales": 7})  # type: ignore[arg-type]
    def asked(params: Series, rows: Rows) -> str: ...


@refused(
    "asked: its window fails for the default parameters (AttributeError). Write window=lambda p: "
    '{"sales": 7 * p.weeks}, of what it takes.'
)
def a_window_of_what_it_does_not_take() -> None:
    @a_pipeline().asset(window=lambda p: {"sales": p.season})
    def asked(params: Series, rows: Rows) -> str: ...


@refused(
    'asked: its window gives no table of days by data set. Write window=lambda p: {"sales": 7 * p.weeks}.'
)
def a_window_that_gives_a_number() -> None:
    @a_pipeline().asset(window=lambda p: p.weeks)
    def asked(params: Series, rows: Rows) -> str: ...


@refused(
    'asked: its window gives sales no whole number of days. Write window=lambda p: {"sales": 7 * p.weeks}.'
)
def a_window_of_half_days() -> None:
    @a_pipeline().asset(window=lambda p: {"sales": p.weeks / 2})
    def asked(params: Series, rows: Rows) -> str: ...


def another(name: str = "revenue", parameters: Any = Forecast) -> Pipeline:
    """With an asset of its own."""
    pipeline = Pipeline(name, parameters)

    @pipeline.asset
    def turnover(params: Series) -> dict[str, Any]: ...

    return pipeline


@refused("revenue: use: histroy is no asset of demand. Did you mean history?")
def an_unknown_asset_of_another_pipeline() -> None:
    another().use(a_pipeline(), "histroy")


@refused('revenue: use: what it is to use an asset of is no pipeline. Write revenue.use(demand, "history").')
def an_asset_of_no_pipeline() -> None:
    another().use("demand", "history")  # type: ignore[arg-type]


@refused("revenue: use: turnover is its own. Take it as an argument.")
def an_asset_of_its_own() -> None:
    pipeline = another()
    pipeline.use(pipeline, "turnover")


@refused("revenue: use: revenue has an asset turnover already. Rename its own, or leave one out.")
def an_asset_of_a_name_that_is_there() -> None:
    another().use(another("sales"), "turnover")


@refused("turnover: margin has an asset of this name already. Rename one of them.")
def an_asset_named_like_one_that_is_used() -> None:
    pipeline = Pipeline("margin", Forecast)
    pipeline.use(another(), "turnover")

    @pipeline.asset
    def turnover(params: Series) -> dict[str, Any]: ...


@refused(
    "revenue: use: its class Prices does not extend Series, which decides history of demand. Write class Prices(Series)."
)
def an_asset_that_its_class_does_not_cover() -> None:
    Pipeline("revenue", Prices).use(a_pipeline(), "history")


@refused(
    "demand: use: revenue uses assets of demand itself, so that neither could be made first. Use one way only."
)
def two_pipelines_that_use_each_other() -> None:
    demand, revenue = a_pipeline(), another()
    revenue.use(demand, "history")
    demand.use(revenue, "turnover")


@refused("margin: use: history is no asset of revenue, which uses that of demand itself. Use that of demand.")
def an_asset_that_the_other_uses_itself() -> None:
    revenue = another()
    revenue.use(a_pipeline(), "history")
    Pipeline("margin", Forecast).use(revenue, "history")


@refused(
    "use: revenue has been used already, so that nothing can be added to it. Declare all of it in one file, before its "
    "first use."
)
def an_asset_that_is_used_too_late() -> None:
    revenue = another()
    revenue.freeze()
    revenue.use(a_pipeline(), "history")


@refused("share: its class Prices lacks what history depends on: source, shop, weeks. Take Both.")
def a_slice_smaller_than_that_of_what_is_used() -> None:
    pipeline = Pipeline("share", Both)
    pipeline.use(a_pipeline(), "history")

    @pipeline.asset
    def share(params: Prices, history: pl.DataFrame) -> dict[str, Any]: ...


@refused("known: a check of no asset. Take one by its name: history, turnover.")
def a_check_of_nothing_beside_what_is_used() -> None:
    pipeline = Pipeline("margin", Forecast)
    pipeline.use(a_pipeline(), "history")

    @pipeline.asset
    def turnover(params: Series) -> dict[str, Any]: ...

    @pipeline.check
    def known(params: Series) -> bool: ...


@refused("known: history is made and checked by demand. Declare the check there.")
def a_check_of_what_is_used() -> None:
    pipeline = Pipeline("margin", Forecast)
    pipeline.use(a_pipeline(), "history")

    @pipeline.check
    def known(history: pl.DataFrame) -> bool: ...


@refused('demand: every: not known. Write every="week on monday", or leave it out for each day.')
def a_pipeline_of_the_first_of_the_month() -> None:
    a_pipeline(every="month")


@pytest.mark.parametrize(("definition", "message"), REFUSED)
def test_a_definition_that_cannot_be_what_was_meant_is_refused(definition, message):
    with pytest.raises(DefinitionError) as refusal:
        definition()

    assert str(refusal.value) == message
    assert isinstance(refusal.value, MlAssetsError)
    assert isinstance(refusal.value, TypeError)


def test_all_that_is_wrong_with_a_pipeline_itself_is_told_at_once():
    with pytest.raises(DefinitionError) as refusal:
        a_pipeline(path=("mehtod", "sop"), metrics=[Metric("mape"), Metric("mape")], folder="..")

    assert len(str(refusal.value).splitlines()) == 4


def test_what_was_refused_is_no_part_of_the_pipeline():
    pipeline = a_pipeline()

    with pytest.raises(DefinitionError):
        pipeline.asset(lambda history: history)

    assert [*pipeline.assets] == ["history", "forecast"]
