"""The commands that compare models and decide what serves, and their options."""

import argparse
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic.fields import FieldInfo

from ml_assets.cli.flags import Parser, read_as
from ml_assets.cli.parser_options import add_environment, options_of, refuse_unknown
from ml_assets.core import as_of
from ml_assets.core.comparison.margins import default_text
from ml_assets.core.metrics import Metrics
from ml_assets.core.problems import allowed, problems_of
from ml_assets.core.release_line import ReleaseLine
from ml_assets.errors import RefusedError
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.beside import PromotionParameters, check_promotion
from ml_assets.pipelines.tabular.comparison.parameters import ComparisonParameters, check_comparison
from ml_assets.pipelines.tabular.parameters import DatasetParameters

FROM = "where it was trained and evaluated [default: the settings' environment]"
DAYS = "on the latest N days of rows with closed outcomes [default: 366]"
THROUGH = "outcomes closed by the end of this day, UTC [default: the last complete day]"


def add_release(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add all of them."""
    _add_promote(commands)
    _add_compare(commands)
    _add_switch(commands)
    _add_rollback(commands)
    _add_live(commands)


def _add_promote(commands: "argparse._SubParsersAction[Parser]") -> None:
    promote = commands.add_parser(
        "promote", help="copy a model to the slot that does not serve, on evidence", allow_abbrev=False
    )
    promote.add_argument("model", metavar="RUN_ID", help="the model's run_id")
    promote.add_argument("--from", dest="environment", default="default", metavar="NAME", help=FROM)
    promote.add_argument(
        "--to",
        default="idle",
        metavar="SLOT",
        help="one of the two slots [default: the one that does not serve]",
    )
    promote.add_argument("--days", dest="window_days", metavar="N", help=DAYS)
    promote.add_argument("--through", default="", metavar="YYYY-MM-DD", help=THROUGH)
    _add_margin(promote)
    promote.add_argument(
        "--force", action="store_true", help="overrule code, packages, baseline or comparison; needs --reason"
    )
    promote.add_argument("--reason", default="", metavar="TEXT", help="why, for the record")
    promote.add_argument("--plan", action="store_true", help="print the verdict, and change no slot")
    promote.add_argument("--json", action="store_true", help="print the decision as JSON")
    promote.set_defaults(handler=lambda args, unknown: _promote(args, unknown, promote))


def _add_compare(commands: "argparse._SubParsersAction[Parser]") -> None:
    compare = commands.add_parser(
        "compare", help="compare one model with another on the same rows", allow_abbrev=False
    )
    known = "live, idle, a slot or a run_id"
    compare.add_argument("reference", metavar="REFERENCE", help=f"the model that is compared with: {known}")
    compare.add_argument("candidate", metavar="CANDIDATE", help="the model that may take its place")
    compare.add_argument("--last", dest="window_days", metavar="N", help=DAYS)
    compare.add_argument("--as-of", metavar="YYYY-MM-DD", help=THROUGH)
    _add_margin(compare)
    _add_dataset(compare)
    add_environment(compare)
    compare.add_argument("--json", action="store_true", help="print the comparison as JSON")
    compare.set_defaults(handler=lambda args, unknown: _compare(args, unknown, compare))


def _add_switch(commands: "argparse._SubParsersAction[Parser]") -> None:
    switch = commands.add_parser("switch", help="let the candidate of a slot serve", allow_abbrev=False)
    switch.add_argument(
        "--to", metavar="SLOT", help="one of the two slots [default: the one that does not serve]"
    )
    switch.add_argument(
        "--if-candidate", default="", metavar="RUN_ID", help="only if this model is the candidate there"
    )
    _add_act(switch)
    switch.set_defaults(handler=lambda args, unknown: _switch(args, unknown, switch))


def _add_rollback(commands: "argparse._SubParsersAction[Parser]") -> None:
    rollback = commands.add_parser("rollback", help="let what served before serve again", allow_abbrev=False)
    rollback.add_argument("--if-live", default="", metavar="RUN_ID", help="only if this model serves now")
    _add_act(rollback)
    rollback.set_defaults(handler=lambda args, unknown: _rollback(args, unknown, rollback))


def _add_live(commands: "argparse._SubParsersAction[Parser]") -> None:
    live = commands.add_parser("live", help="tell what serves, since when, and what did", allow_abbrev=False)
    _add_dataset(live)
    live.add_argument("--json", action="store_true", help="print it as JSON")
    live.set_defaults(handler=lambda args, unknown: _live(args, unknown, live))


def _add_act(parser: Parser) -> None:
    parser.add_argument("--reason", default="", metavar="TEXT", help="why, for the record")
    _add_dataset(parser)
    parser.add_argument("--json", action="store_true", help="print the entry of the log as JSON")


def _add_margin(parser: Parser) -> None:
    text = f"by how much it may be worse [default: {default_text(Metrics.of(tabular))}]"
    parser.add_argument("--margin", dest="margins", default="", metavar="METRIC=MARGIN,...", help=text)


def _add_dataset(parser: Parser) -> None:
    field = DatasetParameters.model_fields["dataset"]
    parser.add_argument(
        "--dataset",
        default=field.default,
        metavar="NAME",
        help=f"[{allowed(field)}; default {field.default}]",
    )


def _promote(args: argparse.Namespace, unknown: Sequence[str], parser: Parser) -> int:
    refuse_unknown(unknown, parser)
    own = check_promotion(_given(args, PromotionParameters.model_fields), slots=_slots())
    environment = options_of(args).environment
    from ml_assets.cli.promote import plan, promote

    act = plan if args.plan else promote
    return act(own, environment=environment, as_json=args.json)


def _compare(args: argparse.Namespace, unknown: Sequence[str], parser: Parser) -> int:
    refuse_unknown(unknown, parser)
    own = check_comparison(_given(args, ComparisonParameters.model_fields), slots=_slots())
    _refuse_dataset(args)
    now = dt.datetime.now(tz=dt.timezone.utc)
    through = as_of.last_complete_day(now) if args.as_of is None else as_of.parse(args.as_of)
    if problem := as_of.problem(through, now=now, first=None):
        raise RefusedError([problem])
    assert through is not None
    environment = options_of(args).environment
    from ml_assets.cli.compare import compare

    return compare(own, args.dataset, through=through, environment=environment, as_json=args.json)


def _switch(args: argparse.Namespace, unknown: Sequence[str], parser: Parser) -> int:
    refuse_unknown(unknown, parser)
    _refuse_act(args)
    slots = _slots()
    if args.to not in (None, *slots):
        raise RefusedError([f"--to: unknown. Allowed: {', '.join(slots)}."])
    from ml_assets.cli.releases import switch

    return switch(
        _line(args), to=args.to, if_candidate=args.if_candidate, reason=args.reason, as_json=args.json
    )


def _rollback(args: argparse.Namespace, unknown: Sequence[str], parser: Parser) -> int:
    refuse_unknown(unknown, parser)
    _refuse_act(args)
    from ml_assets.cli.releases import rollback

    return rollback(_line(args), if_live=args.if_live, reason=args.reason, as_json=args.json)


def _live(args: argparse.Namespace, unknown: Sequence[str], parser: Parser) -> int:
    refuse_unknown(unknown, parser)
    _refuse_dataset(args)
    from ml_assets.cli.releases import live

    return live(_line(args), as_json=args.json)


def _given(args: argparse.Namespace, fields: Mapping[str, FieldInfo]) -> dict[str, Any]:
    told = {name: getattr(args, name, None) for name in fields}
    return {name: read_as(fields[name], value) for name, value in told.items() if value is not None}


def _refuse_act(args: argparse.Namespace) -> None:
    _refuse_dataset(args)
    flag, model = ("--if-live", args.if_live) if "if_live" in args else ("--if-candidate", args.if_candidate)
    told = {"reason": args.reason, "model": model}
    if problems := problems_of(told, PromotionParameters, noun="option"):
        raise RefusedError([line.replace("model:", f"{flag}:", 1) for line in problems.values()])


def _refuse_dataset(args: argparse.Namespace) -> None:
    if problems := problems_of({"dataset": args.dataset}, DatasetParameters):
        raise RefusedError(list(problems.values()))


def _slots() -> tuple[str, str]:
    from ml_assets.settings import load_settings

    return load_settings().slots


def _line(args: argparse.Namespace) -> ReleaseLine:
    return ReleaseLine.of(tabular, {"dataset": args.dataset})
