"""Text from anywhere: never a traceback, never a byte outside the roots, never a hang, and never a value repeated that looks secret."""

import datetime as dt
import functools
import io
import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from ml_assets.cli.main import main
from ml_assets.errors import CorruptArtifactError, RefusedError, SourceError
from ml_assets.parameter_files import read_parameters
from ml_assets.sources.rows import open_source
from ml_assets.storage import canonical_skops
from ml_assets_tests.builders import ORDERS_TOML, order_day
from ml_assets_tests.released import copied, tree
from ml_assets_tests.strategies import json_values

NASTY = (
    "",
    " ",
    "..",
    "../../etc/passwd",
    "/",
    "a/b",
    "a\0b",
    "\uff4frders",
    "\u043erders",
    "\u202eorders",
    "$(touch hacked)",
    "`touch hacked`",
    "{{7*7}}",
    "%s%n",
    "x" * 100_000,
    "1e999",
    "-1",
    "NaN",
    "[1]",
    "2025-02-30",
    "s3://user:hunter2@bucket/x",
    "AKIAIOSFODNN7EXAMPLE",
    "blue",
    "0123456789ab",
)
texts = st.sampled_from(NASTY) | st.text(max_size=40)
COMMANDS = {
    "run": (
        "--dataset",
        "--as-of",
        "--max-depth",
        "--source",
        "--params",
        "--preset",
        "--environment",
        "--engine",
    ),
    "backfill": ("--last", "--from", "--to", "--seed", "--engine"),
    "sweep": ("--grid", "--as-of", "--search", "--metric", "--trials"),
    "report": ("--last", "--dataset", "--metric"),
    "show": ("--environment",),
    "list": ("--where", "--asset", "--environment"),
    "why": ("--environment",),
    "score": ("--model", "--as-of", "--dataset", "--last"),
    "monitor": ("--model", "--window-days", "--as-of"),
    "promote": ("--from", "--to", "--margin", "--days", "--through", "--reason"),
    "compare": ("--last", "--as-of", "--margin", "--dataset"),
    "switch": ("--to", "--reason", "--dataset"),
    "rollback": ("--if-live", "--reason"),
    "live": ("--dataset",),
    "env": (),
    "track": ("--where", "--last"),
    "verify": ("--environment",),
    "reproduce": ("--environment",),
    "contract": ("--against",),
}
PLAIN = {
    "run": ("--plan",),
    "backfill": ("--plan",),
    "sweep": ("--plan",),
}  # so that what happens to be sound trains nothing


@st.composite
def command_lines(draw):
    """A command with any of its flags, other flags, and text of any kind as their values and beside them."""
    name = draw(st.sampled_from(sorted(COMMANDS)))
    words = [name, *PLAIN.get(name, ())]
    for _ in range(draw(st.integers(0, 3))):
        flag = draw(st.sampled_from(COMMANDS[name])) if COMMANDS[name] else ""
        kind = draw(st.integers(0, 2))
        words += {0: [flag, draw(texts)], 1: [f"{flag}={draw(texts)}"], 2: [draw(texts)]}[kind]
    return words


@pytest.mark.slow
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=command_lines())
@example(words=["list", "--where", "max_depth>" + "9" * 10_000])
@example(words=["show", "../" * 50 + "etc/passwd"])
@example(words=["promote", "0123456789ab", "--margin", "roc_auc=" + "9" * 5000])
def test_no_command_line_ends_in_a_traceback(words, tmp_path, capsys):
    before = tree(tmp_path)
    try:
        code = main(words)
    except SystemExit as exit_:  # --help and what argparse says
        code = exit_.code

    told = capsys.readouterr()
    assert code in (0, 1, 2), words
    assert "Traceback" not in told.err + told.out
    assert "hunter2" not in told.err + told.out
    assert "AKIAIOSFODNN7EXAMPLE" not in told.err + told.out
    after = {path for path in tree(tmp_path) if not path.startswith(("dagster_home", ".dagster_home"))}
    assert after <= set(before) | {path for path in after if path.startswith("artifacts/")}, words


FILES = {
    "deep.json": b"[" * 100_000,
    "deeper.yaml": b"{a: " * 5_000,
    "bomb.yaml": b"a: &a [x, x, x, x, x, x, x, x, x]\n"
    + b"".join(
        b"%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n" % (c, c, *[c - 1] * 8) for c in range(98, 108)
    ),
    "tag.yaml": b"!!python/object/apply:os.system ['touch hacked']",
    "huge.json": b'{"seed": ' + b"9" * 500_000 + b"}",
    "large.toml": b"# " + b"x" * 12_000_000,
    "bytes.toml": bytes(range(256)),
    "null.json": b'{"dataset": "a\\u0000b"}',
    "twice.json": b'{"seed": 1, "seed": 2}',
    "list.yaml": b"- 1\n- 2\n",
    "number.json": b"1",
    "infinity.json": b'{"C": Infinity}',
    "merge.yaml": b"<<: *nothing\n",
    "loop.yaml": b"dataset: &a\n  x: *a\n",
    "bomb_of_days.yaml": b"a: &a [x, x]\nas_of: [*a, *a]\n",
    "levels.toml": b".".join([b"a"] * 3_000) + b" = 1",
    "levels.yaml": b"[" * 300 + b"]" * 300,
    "no_number.yaml": b'seed: !!int ""',
    "no_day.yaml": b"as_of: !!timestamp x",
    "no_truth.yaml": b"calibrate: !!bool x",
}


@pytest.mark.parametrize("name", FILES)
def test_no_parameter_file_does_more_than_being_refused(name, tmp_path, capsys):
    (tmp_path / name).write_bytes(FILES[name])

    code = main(["run", "--plan", "--as-of", "2025-12-01", "--params", str(tmp_path / name)])

    assert code == 2
    assert "Traceback" not in capsys.readouterr().err
    assert not Path("hacked").exists()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ending=st.sampled_from([".toml", ".yaml", ".json"]),
    data=st.binary(max_size=300) | st.text(max_size=300).map(str.encode),
)
def test_any_bytes_as_a_parameter_file_are_read_or_refused(ending, data, tmp_path):
    file = tmp_path / f"x{ending}"
    file.write_bytes(data)
    try:
        found = read_parameters(file)
    except RefusedError:
        return
    assert isinstance(found, dict)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@example(data=b'event_time = "a"\nlabel = "b"\nlabel_closes_at = "c"\nfeatures = ["../../x"]\n')
def test_any_bytes_as_a_dataset_toml_are_read_or_refused(data, tmp_path):
    (tmp_path / "shop" / "orders").mkdir(parents=True, exist_ok=True)
    (tmp_path / "shop" / "orders" / "dataset.toml").write_bytes(data)
    try:
        open_source("shop", str(tmp_path / "shop")).contract("orders")
    except SourceError:
        return


@st.composite
def damage(draw, data):
    """Sound bytes with up to three places written over, doubled or left out."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        data = data[:start] + draw(st.binary(max_size=40) | st.just(data[start:end] * 2)) + data[end:]
    return data


DAY = dt.date(2025, 7, 1)


@functools.cache
def landed(kind):
    """The bytes of one day of orders, as Parquet or CSV."""
    file = io.BytesIO()
    frame = pl.DataFrame(order_day(DAY))
    frame.write_parquet(file) if kind == "parquet" else frame.write_csv(file)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(draw=st.data())
def test_a_landing_file_with_any_damage_is_read_or_refused(kind, draw, tmp_path):
    data = draw.draw(damage(landed(kind)) | st.binary(max_size=300))
    folder = tmp_path / "shop" / "orders" / f"date={DAY}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder.parent / "dataset.toml").write_text(ORDERS_TOML)
    (folder / f"part.{kind}").write_bytes(data)
    try:
        frame = open_source("shop", str(tmp_path / "shop")).scan("orders", first=DAY, last=DAY)
    except SourceError:
        return
    try:
        frame.collect()
    except SourceError:
        return


@functools.cache
def stored_model():
    """The bytes of a small model."""
    return canonical_skops.dumps(LogisticRegression().fit([[0.0], [1.0]], [0, 1]))


@settings(max_examples=300)
@given(draw=st.data())
def test_a_model_file_with_any_damage_is_loaded_or_corrupt(draw):
    data = draw.draw(damage(stored_model()))
    try:
        canonical_skops.loads(data)
    except CorruptArtifactError:
        return


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=json_values | st.text(max_size=100))
def test_any_json_as_a_manifest_is_corrupt_and_nothing_is_loaded(value, staging, tmp_path_factory):
    place = copied_once(staging, tmp_path_factory)
    manifest = Path(place.store().uri(place.key("model"))) / "manifest.json"
    manifest.write_text(json.dumps(value))

    with pytest.raises(CorruptArtifactError, match="is corrupt"):
        place.store().load(place.key("model"))


def copied_once(staging, tmp_path_factory):
    """One copy for all examples: each writes the same manifest anew."""
    if not hasattr(copied_once, "place"):
        copied_once.place = copied(staging, tmp_path_factory.mktemp("hostile") / "place")
    return copied_once.place
