"""Two pipelines that a test writes in a folder of its own: one makes a history, the other uses it, asks a service and keeps its answers."""

import importlib
import sys

SOURCE = '''
import datetime as dt
from pathlib import Path
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import PrivateAttr, SecretStr

from ml_assets import Field, Metric, Parameters, Pipeline, Product, Resource, Rows

CALLS, EVENTS = [], []


class Series(Parameters):
    """What decides the history."""

    source: str = Field("sample", pattern=r"^[a-z]{1,9}$", description="Where rows come from")
    shop: Literal["north", "south"] = Field("north", description="Which shop")
    days: int = Field(7, ge=1, le=60, description="Days of history")


class Asked(Series):
    """What decides the answers."""

    question: Literal["short", "long"] = Field("short", description="Which prompt is sent")


class Service(Resource):
    """A model that answers."""

    resource_name: ClassVar[str] = "oracle"
    url: str = "https://oracle.example"
    token: SecretStr
    tries: int = 1
    _open: bool = PrivateAttr(default=False)

    def open(self) -> None:
        self._open = True
        EVENTS.append("open")

    def close(self) -> None:
        EVENTS.append("close")

    def ask(self, prompt: str) -> str:
        assert self._open
        return f"{prompt.strip()} {self.tries}"


stock = Pipeline("stock", Series, path=("shop",))


@stock.sample(types={"pieces": "integer"})
def sales(first: dt.date, last: dt.date) -> pl.DataFrame:
    """Some pieces a day."""
    days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    return pl.DataFrame({"day": days, "pieces": [day.toordinal() % 7 for day in days]})


@stock.asset(window=lambda params: {"sales": params.days})
def history(params: Series, rows: Rows, as_of: dt.date) -> pl.DataFrame:
    """Pieces of each day."""
    CALLS.append("history")
    first = as_of - dt.timedelta(days=params.days)
    return rows.scan("sales", source=params.source, first=first, last=as_of).sort("day").collect()


advice = Pipeline("advice", Asked, path=("question", "shop"), promotes="score", metrics=[Metric("length", better="larger")])
advice.use(stock, "history")


@advice.asset(recorded=True, files=["prompts/*.md"])
def answers(params: Asked, history: pl.DataFrame, service: Service) -> list[str]:
    """What the service says of the last days."""
    CALLS.append("answers")
    prompt = (Path(__file__).parent / "prompts" / f"{params.question}.md").read_text()
    return [f"{service.ask(prompt)} {pieces}" for pieces in history["pieces"].tail(2)]


@advice.asset
def score(answers: list[str]) -> Product[dict[str, Any]]:
    """How long it talks."""
    CALLS.append("score")
    return Product({"words": sum(len(text.split()) for text in answers)}, metrics={"length": float(len(answers))})


def merged():
    """What Dagster loads; it is loaded where it is asked for, as making pipelines needs no Dagster."""
    import dagster as dg

    return dg.Definitions.merge(stock.definitions(), advice.definitions())
'''


def load(folder, monkeypatch, *, source=SOURCE):
    """The module of both, found by name here and in other processes, and its prompts beside it."""
    prompts = folder / "prompts"
    prompts.mkdir(exist_ok=True)
    for name, text in (("short", "Say.\n"), ("long", "Say more.\n")):
        (prompts / f"{name}.md").write_text(text)
    (folder / "shop_advice.py").write_text(source)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=":")
    sys.modules.pop("shop_advice", None)
    importlib.invalidate_caches()
    return importlib.import_module("shop_advice")
