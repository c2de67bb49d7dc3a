"""`ml-assets` alone: the commands that one needs first, each as it can be typed."""

import datetime as dt

from ml_assets import __version__
from ml_assets.cli.call import utc_now
from ml_assets.cli.parser import pipeline_of
from ml_assets.core.as_of import last_complete_day
from ml_assets.core.command import command
from ml_assets.core.field_types import field_type
from ml_assets.core.pipeline import Declared
from ml_assets.core.slices import subjects
from ml_assets.core.sweep.axis import shown

MOST_VALUES = 3


def print_start() -> None:
    """Print five commands with an example each, and how to see all."""
    pipeline = pipeline_of([])
    examples = start_commands(pipeline, now=utc_now())
    width = max(map(len, examples))
    print(f"ml-assets {__version__}: parameterized runs that one can trust. Pipeline: {pipeline.name}.\n")
    for what, line in examples.items():
        print(f"  {what:<{width}}  {line}")
    print(f"\nAll commands: {command('--help')}")
    print(f"All flags and parameters of one: {command('run', '--help')}")


def start_commands(pipeline: Declared, *, now: dt.datetime) -> dict[str, str]:
    """The five, by what they are for; `RUN_ID` stands for one that a run has printed."""
    day = last_complete_day(now, every=pipeline.every).isoformat()
    last = "promote" if pipeline.promotes else "show"
    return {
        "make one day": command("run", "--as-of", day),
        "make many days": command("backfill", "--last", "14"),
        "try parameters": command("sweep", "--grid", example_axis(pipeline)),
        "see how days went": command("report", "--last", "14"),
        "let a run serve" if pipeline.promotes else "tell all about a run": command(last, "RUN_ID"),
    }


def example_axis(pipeline: Declared) -> str:
    """`method=naive,ets`: a parameter with some of its values, rather one that shows in paths and says how than on what."""
    fields = pipeline.parameters.model_fields
    about = subjects(pipeline)
    names = [*(name for name in pipeline.path if name not in about), *fields]
    for name in names:
        kind = field_type(fields[name])
        if kind and not kind.container and len(kind.choices) > 1:
            return f"{name}={','.join(map(shown, kind.choices[:MOST_VALUES]))}"
    numbers = [name for name in names if (kind := field_type(fields[name])) and kind.is_number]
    name = numbers[0] if numbers else "NAME"
    return f"{name}={shown(fields[name].default)},VALUE" if numbers else f"{name}=VALUE,VALUE"
