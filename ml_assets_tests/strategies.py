"""What Hypothesis draws: sound parameter sets, and JSON values."""

import datetime as dt
from typing import get_args

import annotated_types
from hypothesis import strategies as st

from ml_assets.core.marks import is_used
from ml_assets.pipelines.tabular.parameters import RECIPES, SAMPLES, TrainingParameters

days = st.dates(min_value=dt.date(2000, 1, 1), max_value=dt.date(2100, 1, 1))


def _values(name):
    field = TrainingParameters.model_fields[name]
    if choices := get_args(field.annotation):
        return st.sampled_from(choices)
    if field.annotation is bool:
        return st.booleans()
    if field.annotation is str:
        return st.text("abcxyz0189_", min_size=0, max_size=12).map("s".__add__)
    low = next(m.ge for m in field.metadata if isinstance(m, annotated_types.Ge))
    high = next(m.le for m in field.metadata if isinstance(m, annotated_types.Le))
    return st.integers(low, high) if field.annotation is int else st.floats(low, high)


@st.composite
def parameters(draw):
    """A sound TrainingParameters."""
    version = draw(st.sampled_from(sorted(RECIPES)))
    fields = TrainingParameters.model_fields
    free = [n for n in fields if n != "model_version" and is_used(n, {"model_version": version}, fields)]
    names = draw(st.sets(st.sampled_from(free)))
    values = {name: draw(_values(name)) for name in sorted(names)} | {"model_version": version}
    if values.get("source", "sample") == "sample":
        values["dataset"] = draw(st.sampled_from(sorted(SAMPLES)))
    lookback = values.get("lookback_days", TrainingParameters.model_fields["lookback_days"].default)
    values["holdout_days"] = draw(st.integers(1, min(lookback - 1, 365)))
    if "dataset" in values and "source" not in values:
        values["dataset"] = draw(st.sampled_from(sorted(SAMPLES)))
    return TrainingParameters(**values)


json_values = st.recursive(
    st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)

MARK = "\u00a4"  # in no message of ours: Hypothesis also draws words of the code, which messages are made of
marked_texts = st.text(min_size=8).map(MARK.__add__)
