"""A bad value of each field is refused on each surface, in our words, and no run exists."""

from collections.abc import Callable, Mapping
from typing import Any

from ml_assets.conformance.case import Case
from ml_assets.conformance.report import NotAskedError, expect
from ml_assets.conformance.values import CANARY, bad_value
from ml_assets.errors import MlAssetsError, RefusedError
from ml_assets.text import count

OURS = "Nothing was started."  # what every refusal of this project says
UNREACHABLE = "http://127.0.0.1:9"  # no webserver: who gets there has not refused


def refused_in_plain_python(case: Case) -> str:
    """`resolve` refuses it."""
    return _each(case, lambda values: _refusal(lambda: case.pipeline.resolve(values, as_of=case.day)))


def refused_by_the_client(case: Case) -> str:
    """`submit` refuses it before it asks the deployment anything."""
    from ml_assets.client.runs import submit

    def ask(values: Mapping[str, Any]) -> str:
        return _refusal(
            lambda: submit(UNREACHABLE, parameters=values, as_of=case.day, pipeline=case.pipeline)
        )

    return _each(case, ask)


def refused_in_run_config(case: Case) -> str:
    """A run in this process is refused, and its instance has none."""
    import dagster as dg

    from ml_assets.conformance.in_dagster import deployed, failure_of

    with deployed(case.pipeline) as deployment:

        def ask(values: Mapping[str, Any]) -> str:
            try:
                result = deployment.run(values, [case.day])
            except dg.DagsterError as error:
                said = str(error)
            else:
                said = f"it ran: {failure_of(result)}"
            expect(deployment.instance.get_runs_count() == 0, f"a run exists: {said}")
            return said

        return _each(case, ask)


def refused_over_graphql(case: Case) -> str:
    """A launch over GraphQL is refused, and the instance has no run; a sound one gets its run."""
    from ml_assets.conformance.location import location

    with location(case) as launch:
        told = _each(case, lambda values: launch(values, expected_runs=0))
        launch(case.values, expected_runs=1)
        return told


def refused_in_a_request_file(case: Case) -> str:
    """A request file is answered by a note with the reasons; a sound one becomes a run."""
    from ml_assets.conformance.requests import request_folder

    with request_folder(case) as dropped:
        told = _each(case, lambda values: dropped(values, expected_runs=0))
        dropped(case.values, expected_runs=1)
        return told


def _each(case: Case, ask: Callable[[Mapping[str, Any]], str]) -> str:
    """Ask with a bad value of each field, one at a time; `ask` gives what was said."""
    tried = 0
    for name, field in case.pipeline.parameters.model_fields.items():
        if (bad := bad_value(field)) is None:
            continue
        said = ask({**case.values, name: bad})
        expect(
            OURS in said,
            f"{name}: a bad value is not refused in our words: {said[:200] or 'nothing was said'}",
        )
        expect(
            _names(name, said), f"{name}: a bad value was refused, and the field is not named: {said[:200]}"
        )
        expect(CANARY not in said, f"{name}: the refusal repeats the value")
        tried += 1
    said = ask({**case.values, "no_such_parameter": 1})
    expect(
        "no_such_parameter" in said and "unknown" in said, f"an unknown parameter is not told: {said[:200]}"
    )
    if not tried:
        raise NotAskedError("each field takes every value")
    return f"{count(tried, 'field')} and an unknown one"


def _names(name: str, said: str) -> bool:
    return any(line.strip().startswith((f"{name}:", f"{name}[", f"{name}.")) for line in said.splitlines())


def _refusal(act: Callable[[], object]) -> str:
    try:
        act()
    except RefusedError as error:
        return str(error)
    except MlAssetsError as error:
        return f"it was not refused: {error}"
    return "it was not refused"
