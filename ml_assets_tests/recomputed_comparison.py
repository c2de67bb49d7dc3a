"""The numbers of a comparison, made again from its pairs, the manifests of its models and the rows of its source.

Nothing here knows ml_assets: a formula stands here as `docs/numbers.md` has it.
"""

import datetime as dt
import hashlib
import math

import numpy as np
import pandas as pd
from scipy import stats

from ml_assets_tests import recomputed
from ml_assets_tests.recomputed_pulls import value_and_pulls
from ml_assets_tests.recomputed_read import by_digest, closing_days, codes, made_of, made_of_all, source_rows

DEFAULT_ERROR = 0.05
SMALLER_IS_BETTER = ("log_loss", "brier", "calibration_error")
BLOCK_DAYS, MOST_BLOCKS = 14, 12
FEWEST = {"days": 56, "blocks": 4, "positive_entities": 20, "negative_entities": 20}
A_DAY = dt.timedelta(days=1)


def error_of_try(number):
    """5 % of the first try, then 3 % / (n (n - 1))."""
    return DEFAULT_ERROR if number == 1 else 0.03 / (number * (number - 1))


def comparison(folder, roots, error=DEFAULT_ERROR):
    """Everything that a comparison says, but for what its models are called; `roots` hold the artifacts."""
    manifest, stored = recomputed.manifest_of(folder), by_digest(roots)
    asked, entity = manifest["parameters"], recomputed.document(folder, "kpi_comparison.json")["entity"]
    pairs = recomputed.table(folder, "pairs.parquet")
    models = [stored[asked[role]["sha256"]] for role in ("candidate", "reference")]
    learned = [made_of(model, "training_set", stored) for model in models]
    boards = [
        {
            "run_id": of["run_id"],
            "as_of": of["as_of"],
            "rows_until": of["facts"].get("rows_until", of["as_of"]),
        }
        for of in map(recomputed.manifest_of, made_of_all(folder, "leaderboard", stored))
    ]
    seen = [unseen(model, rows) for model, rows in zip(models, learned, strict=True)]
    first = max(*seen, *(dt.date.fromisoformat(of["rows_until"]) + A_DAY for of in boards))
    through = dt.date.fromisoformat(manifest["as_of"])
    base_rate = recomputed.manifest_of(learned[1])["facts"]["train_base_rate"]
    day, entities = days_of(pairs["day"]), codes(pairs, entity)
    lacks = missing(pairs["outcome"].to_numpy(), entities, day)
    kpis = (
        []
        if lacks
        else [
            kpi(pairs, name, margin, day=day, entity=entities, error=error, base_rate=base_rate)
            for name, margin in asked["margins"].items()
        ]
    )
    closing = closing_days(learned[0])
    return {
        "damaged_leaderboards": [],
        "entity": entity,
        "schema_version": 2,
        "sample": {
            "first": str(first),
            "through": str(through),
            **counts(pairs, entities),
            **left_out(manifest, learned, pairs, closing=closing),
            "sha256": digest(manifest, pairs),
        },
        "chosen_on": boards,
        "shortage": shortage(lacks, pairs, closing, through, asked["window_days"]) if lacks else None,
        "kpis": kpis,
        "verdict": overall([of["verdict"] for of in kpis]),
        "error": error,
        "blocks": [] if lacks else list(blocks(pairs, day, asked["margins"], base_rate)),
    }


def unseen(model, learned):
    """A model's first day of rows that it knows nothing of: its holdout's, or that after its as_of if not purged."""
    manifest = recomputed.manifest_of(model)
    if manifest["parameters"].get("purged"):
        return dt.date.fromisoformat(recomputed.manifest_of(learned)["facts"]["holdout_from"])
    return dt.date.fromisoformat(manifest["as_of"]) + A_DAY


def days_of(column):
    return np.array([day.toordinal() for day in column], dtype=int)


def counts(pairs, entity):
    y = pairs["outcome"].to_numpy()
    return {
        "first_day": str(pairs["day"].min()),
        "last_day": str(pairs["day"].max()),
        "rows": len(pairs),
        "entities": len(set(entity)),
        "positive_entities": len(set(entity[y == 1])),
        "negative_entities": len(set(entity[y == 0])),
    }


def left_out(manifest, learned, pairs, *, closing):
    """Closed rows that are no pairs: their keys are not theirs alone, or a model cannot take their numbers."""
    contracts = [recomputed.manifest_of(of)["facts"]["contract"] for of in learned]
    first, last = (day.toordinal() for day in (pairs["day"].min(), dt.date.fromisoformat(manifest["as_of"])))
    (source,) = manifest["sources"]
    days = [dt.date.fromordinal(day) for day in range(first, last - closing + 1)]
    rows = source_rows(source["uri"], days)
    keys = [
        "day",
        *(name for name in contracts[0]["ids"] if name in contracts[1]["ids"]),
        contracts[0]["event_time"],
    ]
    twice = rows.duplicated(keys, keep=False)
    rows, twice = (of[rows[contracts[0]["label"]].notna()] for of in (rows, twice))
    one, other = (usable(rows, contract["features"]) for contract in contracts)
    both = ~twice & one & other
    assert sorted(map(tuple, rows.loc[both, keys].to_numpy())) == sorted(map(tuple, pairs[keys].to_numpy()))
    return {
        "ambiguous": int(twice.sum()),
        "only_candidate": int((~twice & one & ~other).sum()),
        "only_reference": int((~twice & other & ~one).sum()),
    }


def usable(rows, features):
    """Whether no number of a row is infinite or beyond 1e50."""
    numbers = rows[features].select_dtypes("number")
    return (numbers.isna() | (numbers.abs() <= 1e50)).all(axis=1)


def digest(manifest, pairs):
    """SHA-256 over both models, the rows' fingerprints as the manifest has them, and the scores to nine digits."""
    models = [manifest["parameters"][role]["sha256"] for role in ("candidate", "reference")]
    found = hashlib.sha256("/".join(models).encode())
    for day in manifest["sources"][0]["days"]:
        found.update(f"{day['date']}/{day['rows']}/{day['fingerprint']}".encode())
    for name in ("candidate_score", "reference_score"):
        found.update(pairs[name].to_numpy().round(9).astype("<f8").tobytes())
    return found.hexdigest()


def blocks_of(day):
    span = day.max() - day.min() + 1
    return (day - day.min()) * max(1, min(MOST_BLOCKS, span // BLOCK_DAYS)) // span


def missing(y, entity, day):
    has = {
        "days": int(day.max() - day.min() + 1),
        "blocks": len(set(blocks_of(day))),
        "positive_entities": len(set(entity[y == 1])),
        "negative_entities": len(set(entity[y == 0])),
    }
    return [
        {"what": what, "has": has[what], "needs": needs}
        for what, needs in FEWEST.items()
        if has[what] < needs
    ]


def shortage(lacks, pairs, closing, through, window_days):
    """When there will be enough if rows go on as they have."""
    span, more = (pairs["day"].max() - pairs["day"].min()).days + 1, []
    for lack in lacks:
        still = lack["needs"] - lack["has"]
        if lack["what"] == "days":
            more.append(still)
        elif lack["what"] == "blocks":
            to_come = max(0, lack["needs"] - span // BLOCK_DAYS)
            more.append(max(0, FEWEST["days"] - span) + BLOCK_DAYS * max(0, still - to_come))
        else:
            never = not lack["has"] or span >= window_days
            more.append(None if never else math.ceil(still * span / lack["has"]))
    if None in more:
        return {"lacks": lacks, "enough_from": None}
    days = dt.timedelta(days=max(more))
    closed = pairs["day"].max() + days + dt.timedelta(days=closing)
    return {"lacks": lacks, "enough_from": str(max(closed, through + days))}


def kpi(pairs, metric, margin, *, day, entity, error, base_rate):
    """Both values and the interval of what the candidate is worse by."""
    y = pairs["outcome"].to_numpy()
    (one, ours), (other, theirs) = (
        value_and_pulls(metric, y, pairs[name].to_numpy(), base_rate)
        for name in ("candidate_score", "reference_score")
    )
    sign = -1 if metric in SMALLER_IS_BETTER else 1
    worse, pulls, block = sign * (other - one), sign * (theirs - ours), blocks_of(day)
    rows = np.arange(len(y))
    shared = max(0, jackknife(pulls, entity) - jackknife(pulls, rows))
    t_block, t_entity = (stats.t.isf(error, len(set(of)) - 1) for of in (block, entity))
    half = math.sqrt(t_block**2 * jackknife(pulls, block) + t_entity**2 * shared)
    low, high = round(worse - half, 10), round(worse + half, 10)
    return {
        "metric": metric,
        "margin": margin,
        "candidate": one,
        "reference": other,
        "degradation": worse,
        "low": low,
        "high": high,
        "verdict": verdict(low, high, margin),
    }


def jackknife(pulls, group):
    """The variance of a sum of pulls by leaving out one group of rows at a time."""
    by_group = pd.Series(pulls).groupby(group).agg(["sum", "size"])
    without = by_group["sum"] / (1 - by_group["size"] / len(pulls))
    return (without**2).sum() * (len(by_group) - 1) / len(by_group)


def verdict(low, high, margin):
    if high < 0:
        return "better"
    if low > 0:
        return "worse within margin" if high <= margin else "worse"
    return "not worse" if high <= margin else "may be worse"


def overall(verdicts):
    """`too few rows` where no KPI was looked at."""
    if not verdicts:
        return "too few rows"
    for bad in ("worse", "may be worse"):
        if bad in verdicts:
            return bad
    return "better" if "better" in verdicts and "worse within margin" not in verdicts else "not worse"


def blocks(pairs, day, metrics, base_rate):
    """Each metric of both models by block of days; nothing where a block has one outcome only."""
    for _, rows in pairs.groupby(blocks_of(day)):
        y = rows["outcome"].to_numpy()
        yield {
            "first": str(rows["day"].min()),
            "last": str(rows["day"].max()),
            "rows": len(rows),
            **{
                role: {
                    name: value_and_pulls(name, y, rows[f"{role}_score"].to_numpy(), base_rate)[0]
                    for name in metrics
                }
                if 0 < y.sum() < len(y)
                else {}
                for role in ("candidate", "reference")
            },
        }
