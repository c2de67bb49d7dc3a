"""`ml-assets form`: a page to choose parameters on, as one file that needs no server."""

import datetime as dt
from pathlib import Path
from typing import Any

from ml_assets.cli.call import Call
from ml_assets.cli.flags import unknown_flags
from ml_assets.cli.request import asked_days, layered
from ml_assets.core.problems import diagnose
from ml_assets.errors import RefusedError


def form(call: Call) -> int:
    """Write the form of the pipeline, filled in with what is given; RefusedError with all problems of that."""
    values = layered(call)
    day, wrong = _day(call, values.pop("as_of", None))
    parameters, problems = diagnose(values, call.pipeline.parameters)
    if problems := [*unknown_flags(call.unknown, call.parser), *problems, *wrong]:
        raise RefusedError(problems)
    from ml_assets.pages.form import form_document, form_page

    given = {name: getattr(parameters, name) for name in values}
    page = form_page(form_document(call.pipeline, call.settings, values=given, as_of=day))
    write_page(call.args.out, page)
    return 0


def write_page(name: str, page: str) -> None:
    """Write a page to a file, and say so; RefusedError where it cannot be written."""
    path = Path(name)
    try:
        path.write_text(page, encoding="utf-8", newline="\n")
    except OSError as error:
        raise RefusedError([f"--out: {path} cannot be written ({error.strerror})."]) from None
    print(f"Wrote {path}. Open it in a browser; it needs no server.")


def _day(call: Call, otherwise: Any) -> tuple[dt.date | None, list[str]]:
    """The day that the form begins with, and what is wrong with it; without one, the page takes the last complete one."""
    if call.args.as_of is None and otherwise is None:
        return None, []
    day, _, problems = asked_days(call, otherwise=otherwise)
    return day, problems
