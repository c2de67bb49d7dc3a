"""What people read and see is kept: text, documents and pictures of fixed inputs, one file each.

`ML_ASSETS_WRITE_DOCS=1` writes the files anew; look at what has changed before you commit it. Pictures are compared
where Matplotlib is of the version that drew them: another one may place a letter elsewhere.
"""

import contextlib
import datetime as dt
import io
import json
import os
from pathlib import Path

import matplotlib as mpl
import pytest
from PIL import Image

from ml_assets.cli.leaderboard import print_leaderboard
from ml_assets.core.comparison import text as comparison_text
from ml_assets.core.comparison.compare import kpi_verdict, overall
from ml_assets.core.comparison.document import Block, Comparison, Kpi
from ml_assets.core.comparison.pictures import by_block_png, degradation_png
from ml_assets.core.comparison.sample import Board, Lack, Sample, Shortage
from ml_assets.core.contract import DatasetContract
from ml_assets.core.leaderboard.markdown import markdown as leaderboard_text
from ml_assets.core.leaderboard.pictures import pictures as leaderboard_pictures
from ml_assets.core.leaderboard.ranking import leaderboard
from ml_assets.core.leaderboard.scale import scale
from ml_assets.core.leaderboard.table import table
from ml_assets.core.problems import diagnose, problems_of
from ml_assets.core.report.coverage import Cell, coverage
from ml_assets.core.report.markdown import markdown as report_text
from ml_assets.core.report.pictures import coverage_png, days_png
from ml_assets.core.report.pooled import Pool, Pooled
from ml_assets.core.upgrade import changes
from ml_assets.errors import RefusedError
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.comparison.parameters import check_comparison
from ml_assets.pipelines.tabular.evaluated.yes_no import curves_png
from ml_assets.pipelines.tabular.evaluation import feature_importance_png
from ml_assets.pipelines.tabular.metrics import METRICS
from ml_assets.pipelines.tabular.model_card import model_card
from ml_assets.pipelines.tabular.monitoring.change import Evaluated
from ml_assets.pipelines.tabular.monitoring.document import Monitoring
from ml_assets.pipelines.tabular.monitoring.look import Look
from ml_assets.pipelines.tabular.monitoring.markdown import markdown as monitoring_text
from ml_assets.pipelines.tabular.monitoring.measure import MeasuredDay, outcomes_of
from ml_assets.pipelines.tabular.monitoring.outcomes import NOTHING
from ml_assets.pipelines.tabular.monitoring.parameters import check_monitoring
from ml_assets.pipelines.tabular.monitoring.pictures import pictures as monitoring_pictures
from ml_assets.pipelines.tabular.monitoring.verdicts import (
    CalibrationTest,
    LogLoss,
    MetricChange,
    Verdicts,
)
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.pipelines.tabular.scoring.parameters import check_scoring
from ml_assets_tests.beside import ReportParameters, check_promotion, check_report, check_sweep
from ml_assets_tests.keys import described
from ml_assets_tests.test_leaderboard_renderings import GRIDS, board, compared, drawn, grid, records
from ml_assets_tests.test_model_card import DAY, FACTS, PARAMETERS, RUN
from ml_assets_tests.test_report import cells, day, made, report, undone
from ml_assets_tests.test_upgrade import CASES

KEPT = Path(__file__).parent / "vectors" / "renderings"
WRITE = bool(os.environ.get("ML_ASSETS_WRITE_DOCS"))
DRAWN_BY = KEPT / "matplotlib.txt"
SAME_MATPLOTLIB = WRITE or DRAWN_BY.read_text().strip() == mpl.__version__


BAD = (
    {"dataset": "nope", "sed": 1, "max_depth": 99, "C": float("nan"), "model_version": "v2"},
    {"model_version": "v9", "seed": -1},
    {"max_depth": 3, "calibrate": 1, "lookback_days": "x", "learning_rate": 0},
    {"model_version": "v2", "C": 2.0, "max_depth": 2},
    {"source": "Not Allowed", "holdout_days": 500, "lookback_days": 100},
    {"source": "AKIAIOSFODNN7EXAMPLE", "seed": 1.5, "zzzzzz": 1},
    {"source": "a" * 41, "SEED": 1, "lookback_days": 2, "holdout_days": 2},
    {"window_days": 0, "metric": "auc", "AKIAIOSFODNN7EXAMPLE": 1},
)
SWEEPS = (
    {},
    {"grid": 3},
    {"grid": {}},
    {"grid": {"seed": ""}},
    {"grid": {"seed": "1,,2", "sed": "1", "dataset": "orders", "as_of": "1"}},
    {"grid": {"seed": "1,1", "C": "0.1..x", "max_depth": "3..2", "calibrate": "true,maybe"}},
    {"grid": {"C": "0..1 log", "learning_rate": "0.1,0.2 log", "model_version": "v1..v2"}},
    {"grid": {"learning_rate": "0.01..0.1", "max_depth": "2..8 log"}},
    {"grid": {"seed": "0..2000"}},
    {"grid": {"seed": "0..2000"}, "search": "random", "trials": 0},
    {"grid": {"seed": "1,2"}, "search": "halving", "trials": 2, "reduction": 3, "window_days": 2},
    {"grid": {"seed": "1,2"}, "search": "halving", "trials": 2, "reduction": 99, "window_days": 2},
    {"grid": {"seed": "1,2"}, "search": "best", "metric": "auc", "grids": 1},
    {"grid": {"seed": "1,2"}, "search": "tpe", "trials": 10**9, "sample_seed": -1},
    {"grid": {"seed": "1,2"}, "trials": 3, "reduction": 4},
)


REFUSED = (
    *((check_sweep, values) for values in SWEEPS),
    (check_report, {"window_days": 0, "metric": "auc", "window": 1}),
    (check_comparison, {"candidate": "v1", "reference": "", "window_days": 1, "margins": "x", "to": "blue"}),
    (check_comparison, {"margins": "roc_auc=1,roc_auc=2,speed=1,brier=1e9"}),
    (
        check_promotion,
        {"model": "x", "to": "", "window_days": 1, "margins": "x", "force": 1, "reason": "\x07"},
    ),
    (check_scoring, {"model": "idle"}),
    (check_monitoring, {"model": "idle", "window_days": 400, "drift_days": 0, "min_rows": 0.5}),
)
AXES = (
    [0.01, 0.03, 0.1, 0.3],
    [1, 31],
    [2, 4, 8],
    [-1, 0, 100],
    [0.0, 0.1, 10.0],
    [0.0, *(10.0**n for n in range(12))],
    ["v1", "v2", "a name that is long", "$x"],
    [True, False],
    [2, None, 4],
    [5],
    [0.0],
    list(range(1, 40)),
    [n / 7 for n in range(20)],
    [1.5**n for n in range(1, 30)],
    [f"c{n}" for n in range(40)],
    [1e-5, 3.3333333e-5, 2e-4],
    [100, 250, 1999],
)
OTHERS = [
    {
        "whole": n % 3,
        "real": n / 4 if n else 0,
        "flag": n % 2 == 0,
        "text": f"t{n}" if n else None,
        "mixed": n if n % 2 else "odd",
        "nothing": None,
    }
    for n in range(12)
]


LOOKED_AT = {
    "look": Look(number=41, error=0.000264),
    "verdict": "worse",
    "verdicts": Verdicts(
        ranking=MetricChange(
            verdict="no clear difference",
            current=0.7397,
            evaluated=0.7452,
            difference=-0.0055,
            low=-0.1,
            high=0.09,
        ),
        calibration=CalibrationTest(
            verdict="worse",
            expected=0.0132,
            observed=0.49,
            z=44.12,
            z_limit=3.82,
            slope=0.97,
            slope_low=0.6,
            slope_high=1.34,
            intercept=2.31,
            evaluated=True,
        ),
        log_loss=LogLoss(
            verdict="worse",
            current=1.9,
            evaluated=0.3465,
            difference=1.5535,
            low=1.2,
            high=1.9,
            base_rate=0.49,
            base_rate_evaluated=0.1328,
            base_rate_moved=True,
            constant=0.6929,
            constant_evaluated=0.3915,
        ),
    ),
}


def long_names():
    """Names that are long and odd, a metric below nothing, and two trials in some cells."""
    trials = [{"a$b": f"{n}{'x' * 18}", "max_depth": depth} for n in range(4) for depth in (2, 4)]
    below = (
        item.model_copy(update={"metrics": {"log_loss": item.metrics["log_loss"] - 0.3}})
        for item in records([*trials, *({**trial, "seed": 1} for trial in trials[:3])], 1)
    )
    return leaderboard(below, metric="log_loss", varied=list(trials[0]), pipeline=tabular)


def intervals():
    """Trials of one day, with the interval of its evaluation."""
    ends = {"roc_auc_low": 0.5, "roc_auc_high": 0.9}
    found = (
        item.model_copy(update={"metrics": {**item.metrics, **ends}}) for item in records(grid(GRIDS[2]), 1)
    )
    return leaderboard(found, metric="roc_auc", varied=list(GRIDS[2]), pipeline=tabular)


def points(varied, metric):
    """Too many values for cells."""
    trials = [{own: trial[own] for own in varied} for trial in drawn(40)]
    return leaderboard(records(trials), metric=metric, varied=list(varied), pipeline=tabular)


BOARDS = {
    **{str(many): lambda axes=axes: board(grid(axes), failing={1}) for many, axes in GRIDS.items()},
    "drawn": lambda: board(drawn(60), 4, failing={3}, dropped={4}),
    "compared": lambda: compared(board(grid(GRIDS[2]))),
    "one_day": lambda: board(grid(GRIDS[2]), 1),
    "one_trial": lambda: board(grid({"max_depth": (2,)})),
    "names_of_others": lambda: board(OTHERS, 3, failing={1, 2, 3, 4, 5}, dropped={6}),
    "long_names": long_names,
    "intervals": intervals,
    "points": lambda: points(("learning_rate", "max_depth"), "roc_auc"),
    "points_smallest": lambda: points(("calibrate", "learning_rate"), "log_loss"),
    "failed": lambda: board(grid(GRIDS[2]), 1, failing=range(9)),
}


def reports():
    """Backfill reports: with everything in it, and with nothing done."""
    aucs = [0.70, 0.71, 0.69, 0.705, 0.72, 0.71, 0.715, 0.70, 0.695, 0.30]
    done = [
        made(n, auc, rows=1000 + 90 * n, status="reused" if n % 3 else "made") for n, auc in enumerate(aucs)
    ]
    rest = [
        undone(10),
        undone(11, reason="a|b <script>\n# c"),
        undone(12, reason="a|b <script>\n# c"),
        undone(14, "missing", ""),
    ]
    own, found = cells()
    covered = coverage(own, [day(n) for n in range(15)], found, metric="roc_auc", pipeline=tabular)
    yield "report", report([*done, *rest], coverage=covered)
    ends = {"roc_auc": Pooled(value=0.71, low=0.68, high=0.74), "brier": Pooled(value=0.1)}
    yield "report_pooled", report(done, pooled=Pool(metrics=ends, rows=3889, entities=3095))
    yield "report_nothing", report([undone(0), undone(1, "missing", "")])
    yield "report_long", report([made(n, 0.7 + 0.001 * n) for n in range(62)])


def comparisons():
    """Comparisons of each verdict."""
    sample = Sample(
        first=day(0),
        through=day(100),
        first_day=day(1),
        last_day=day(70),
        rows=4321,
        entities=2100,
        positive_entities=500,
        negative_entities=1900,
        ambiguous=2,
        only_candidate=1,
        only_reference=3,
        sha256="ab" * 32,
    )
    for verdict, *spans in (
        ("better", (-0.02, -0.001), (-0.01, 0.004)),
        ("not worse", (-0.02, -0.001), (0.001, 0.009)),
        ("may be worse", (-0.004, 0.012), (0.001, 0.008)),
        ("worse", (0.02, 0.05), (-0.01, 0.03)),
    ):
        compared = _compared(sample, spans, margins=(0.01, 0.01))
        assert compared.verdict == verdict
        yield f"comparison_{verdict.replace(' ', '_')}", compared
    plain = sample.model_copy(update={"ambiguous": 0, "only_candidate": 0, "only_reference": 0})
    spans = ((-0.01, 0.01), (0.0, 0.0), (-0.02, -0.01))
    yield "comparison_no_margin", _compared(plain, spans, margins=(0.0, 0.0, 0.0))
    board = Board(run_id="0123456789ab", as_of=day(9), rows_until=day(8))
    lacks = (Lack(what="days", has=9, needs=56), Lack(what="positive_entities", has=7, needs=20))
    few = plain.model_copy(update={"first": day(9), "first_day": day(9), "last_day": day(17), "rows": 1})
    for name, enough in (("", day(150)), ("_ever", None)):
        yield (
            f"comparison_too_few_rows{name}",
            Comparison(
                sample=few if enough else Sample(first=day(90), through=day(100)),
                chosen_on=(board,),
                shortage=Shortage(lacks=lacks, enough_from=enough),
                verdict="too few rows",
                error=0.015,
            ),
        )


def _compared(sample, spans, *, margins):
    names = ("roc_auc", "log_loss", "brier")[: len(spans)]
    kpis = tuple(
        Kpi(
            metric=name,
            margin=margin,
            candidate=0.7 - (low + high) / 2,
            reference=0.7,
            degradation=(low + high) / 2,
            low=low,
            high=high,
            verdict=kpi_verdict(low, high, margin=margin),
        )
        for name, (low, high), margin in zip(names, spans, margins, strict=True)
    )
    blocks = tuple(
        Block(
            first=day(1 + 14 * n),
            last=day(14 + 14 * n),
            rows=800,
            candidate=dict.fromkeys(names, 0.7 + 0.01 * n) if n != 2 else {},
            reference=dict.fromkeys(names, 0.7 + 0.004 * n * n) if n != 2 else {},
        )
        for n in range(5)
    )
    return Comparison(sample=sample, kpis=kpis, verdict=overall(kpis), error=0.05, blocks=blocks)


def monitorings():
    """What was once found of one model in use: after a shift of an input, and once outcomes had closed."""
    drifted, found = (
        Monitoring.model_validate_json((KEPT / f"{name}.json").read_text())
        for name in ("monitoring_drift", "monitoring_outcomes")
    )
    yield "monitoring_drift", drifted
    yield "monitoring_outcomes", found
    days = [
        MeasuredDay(
            day=day(n),
            rows=50 + n,
            metrics={"roc_auc": auc, "roc_auc_low": auc - 0.05, "roc_auc_high": auc + 0.04, "brier": 0.1},
        )
        for n, auc in enumerate(0.7 + 0.01 * (n % 4) for n in range(40))
    ]
    outcomes = found.outcomes.model_copy(
        update={"days": (*found.outcomes.days[:1], *days), "ambiguous": 2, "unscored": 1}
    )
    steady = drifted.drift.model_copy(update={"inputs": drifted.drift.inputs[1:]})
    yield (
        "monitoring_days",
        found.model_copy(update={"outcomes": outcomes, "drift": steady, "missing": (day(3),)}),
    )
    shifts = [
        item.model_copy(update={"band": band})
        for item, band in zip(
            drifted.drift.inputs, ("moderate", "large", "small", "within chance"), strict=False
        )
    ]
    moved = drifted.drift.model_copy(update={"inputs": tuple(shifts)})
    waiting = found.outcomes.model_copy(update={"waiting": 3, **LOOKED_AT})
    commands = ("ml-assets score --as-of 2025-12-01", "ml-assets score --as-of 2025-12-03")
    yield (
        "monitoring_moved",
        found.model_copy(
            update={
                "outcomes": waiting,
                "drift": moved,
                "missing": (day(1), day(3)),
                "commands": commands,
            }
        ),
    )
    few = Verdicts.not_known("3 positives; verdicts need 10")
    young = found.outcomes.model_copy(
        update={"look": LOOKED_AT["look"], "verdicts": few, "verdict": few.overall()}
    )
    yield "monitoring_few", found.model_copy(update={"outcomes": young})
    nothing = outcomes_of(
        NOTHING,
        days=(),
        scored=(),
        closing=1,
        evaluated=Evaluated({}, None),
        contract=DatasetContract(event_time="ts", label="y", label_closes_at="closes", features=("value",)),
        look=None,
        facts={"train_base_rate": 0.5},
        min_rows=30,
    )
    yield "monitoring_nothing", found.model_copy(update={"outcomes": nothing, "missing": ()})


def of_board(name):
    of, name = BOARDS[name](), f"board_{name}"
    yield f"{name}.md", leaderboard_text(of, metrics=METRICS)
    yield f"{name}.terminal.txt", _printed(print_leaderboard, of)
    yield f"{name}.table.json", _json(table(of, pipeline=tabular).to_dicts())
    yield f"{name}.document.json", _json(of.document())
    for picture, data in leaderboard_pictures(of).items():
        yield f"{name}.{picture}", data


def of_reports():
    for name, of in reports():
        yield f"{name}.md", report_text(of, pipeline=tabular)
        yield f"{name}.document.json", _json(of.document())
    for name, of in reports():
        yield f"{name}.days.png", days_png(of, pipeline=tabular)
        if of.coverage:
            yield f"{name}.coverage.png", coverage_png(of.coverage)
    for name, of in coverages():
        yield f"report_{name}.png", coverage_png(of)


def coverages():
    """Stored metrics of many sets and days, of sets with long and odd names, of one value, and of none."""
    own, sets = {"seed": 0}, [{"seed": n, "source": "a$b" if n % 2 else "s" * 38} for n in range(40)]
    days = [day(n) for n in range(20)]
    cells_ = [
        Cell(parameters=values, as_of=when, value=0.5 + 0.01 * n + 0.001 * (k % 3))
        for n, values in enumerate(sets)
        for k, when in enumerate(days[n % 5 : 20 - n // 3])
    ]
    yield "cells_many", coverage(own, days, cells_, metric="roc_auc", pipeline=tabular)
    few = [Cell(parameters=own, as_of=days[n], value=value) for n, value in ((0, 0.7), (15, 0.7))]
    yield "cells_equal", coverage(own, days[:16], few, metric="brier", pipeline=tabular)
    yield "cells_none", coverage(own, days[:2], [], metric="brier", pipeline=tabular)


def of_comparisons():
    for name, of in comparisons():
        lines = [
            comparison_text.verdict(of),
            comparison_text.scope(of),
            *comparison_text.notes(of),
            *map(str, comparison_text.rows(of)),
            *map(comparison_text.kpi_line, of.kpis),
        ]
        yield f"{name}.txt", "\n".join([*lines, ""])
        yield f"{name}.document.json", _json(of.model_dump(mode="json"))
    for name, of in comparisons():
        if of.kpis:
            yield f"{name}.degradation.png", degradation_png(of)
            yield f"{name}.by_block.png", by_block_png(of)


def of_monitorings():
    for name, of in monitorings():
        yield f"{name}.md", monitoring_text(of)
        yield f"{name}.numbers.json", _json({"document": of.document(), "numbers": of.numbers()})
    for name, of in monitorings():
        for picture, data in monitoring_pictures(of).items():
            yield f"{name}.{picture}", data


def of_evaluations():
    evaluation = json.loads((KEPT / "evaluation.json").read_text())
    for name, own in (
        ("evaluation", PARAMETERS),
        ("evaluation_calibrated", TrainingParameters(calibrate=True)),
    ):
        card = model_card(evaluation, parameters=own, as_of=DAY, facts=FACTS, run_id=RUN)
        yield f"{name}.md", card.value
    yield "evaluation.curves.png", curves_png(evaluation)
    yield "evaluation.feature_importance.png", feature_importance_png(evaluation)


def of_words():
    """What is told of a change of the parameters, of bad values, and beside the axes of pictures."""
    told = [
        f"{case}: {change.name}: {change.told} [{change.breaks}]"
        for case, (before, *_) in CASES.items()
        for change in changes(before, described())
    ]
    back = [
        f"not {case}: {change.name}: {change.told} [{change.breaks}]"
        for case, (before, *_) in CASES.items()
        for change in changes(described(), before)
    ]
    yield "words_upgrade.txt", "\n".join([*told, *back, ""])
    wrong = [f"{place}: {' | '.join(diagnose(bad, TrainingParameters)[1])}" for place, bad in enumerate(BAD)]
    reports_ = [
        f"{place}: {' | '.join(problems_of(bad, ReportParameters, noun='option').values())}"
        for place, bad in enumerate(BAD)
    ]
    yield "words_problems.txt", "\n".join([*wrong, *reports_, ""])
    refused = [
        f"{place}: {check.__name__}: {_refusal(check, values)}"
        for place, (check, values) in enumerate(REFUSED)
    ]
    yield "words_refused.txt", "\n".join([*refused, ""])
    axes = []
    for values in AXES:
        axis = scale(values)
        places = [axis.place(value) for value in axis.values[:4]]
        axes.append(
            [axis.kind, axis.ends, places, axis.ticks(), axis.ticks(letters=20), axis.ticks(closest=0.2)]
        )
    yield "words_axes.json", _json(axes)


RENDERINGS = {
    "words_*": of_words,
    **{f"board_{name}.*": lambda name=name: of_board(name) for name in BOARDS},
    "report*": of_reports,
    "comparison*": of_comparisons,
    "monitoring*": of_monitorings,
    "evaluation*": of_evaluations,
}
INPUTS = {"evaluation.json", "monitoring_drift.json", "monitoring_outcomes.json", DRAWN_BY.name}


def kept(names):
    return {file.name for file in KEPT.glob(names) if file.name not in INPUTS}


@pytest.mark.parametrize("names", RENDERINGS)
def test_what_is_read_and_seen_is_what_it_was(names):
    found = set()
    for name, content in RENDERINGS[names]():  # texts before pictures, which take longer
        if WRITE:
            (KEPT / name).write_bytes(content if isinstance(content, bytes) else content.encode())
            DRAWN_BY.write_text(mpl.__version__ + "\n")
        assert (KEPT / name).exists(), name
        assert _same(content, KEPT / name), f"look at {name}, and at git diff once all are written anew"
        found.add(name)

    assert found == kept(names)


def test_nothing_is_kept_that_nobody_makes():
    assert kept("*") == set().union(*map(kept, RENDERINGS))


def _refusal(check, values):
    """What is told where values are not taken; where they are, the values."""
    try:
        return f"taken: {check(values)!r}"
    except RefusedError as refusal:
        return " | ".join(refusal.problems)


def _printed(show, value):
    """What a terminal of 120 columns shows, each line without the blanks at its end."""
    with contextlib.redirect_stdout(io.StringIO()) as out, pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "120")
        show(value)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def _same(content, kept):
    if kept.suffix == ".json":
        return _close(json.loads(content), json.loads(kept.read_text()))
    if kept.suffix == ".png":
        return not SAME_MATPLOTLIB or _pixels(io.BytesIO(content)) == _pixels(kept)
    return content == kept.read_text()


def _pixels(file):
    with Image.open(file) as picture:
        return picture.size, picture.convert("RGB").tobytes()


def _close(one, other):
    """Equal, numbers but for their last digits: libraries of another version may sum in another order."""
    if isinstance(one, float) and isinstance(other, float):
        return one == pytest.approx(other, rel=1e-9, abs=1e-12)
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(_close(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_close, one, other))
    return type(one) is type(other) and one == other


def _json(value):
    return json.dumps(value, indent=1, ensure_ascii=False, default=_plain) + "\n"


def _plain(value):
    assert isinstance(value, dt.date)
    return value.isoformat()
