"""The log of releases notices what was lost or changed in it, and is not lost in a store that cannot keep it."""

import datetime as dt
import json
import os
import re
import shutil
from pathlib import Path

import pytest
import rfc8785

from ml_assets.cli.main import main
from ml_assets.core.release import NONE, promoted, rolled_back, switched
from ml_assets.errors import CorruptArtifactError, StoreError
from ml_assets.pipeline.released import release_log, try_log
from ml_assets.pipelines.tabular import tabular
from ml_assets.settings import load_settings
from ml_assets.storage.create_only import PROBE
from ml_assets.storage.release_log import ReleaseLog
from ml_assets_tests.odd_files import ODD
from ml_assets_tests.released import ORDERS, Place, model, tree

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
ACTS = 5
VECTORS = Path(__file__).with_name("vectors")
kind = pytest.mark.kind("release log")


def fill(log, acts=ACTS):
    """Promote and switch to blue, then to green, then roll back."""
    blue, green = model("blue", 1), model("green", 2)
    steps = (
        ("promoted", lambda state: (blue, promoted(state, blue))),
        ("switched", lambda state: (blue, switched(state))),
        ("promoted", lambda state: (green, promoted(state, green))),
        ("switched", lambda state: (green, switched(state))),
        ("rolled_back", lambda state: (blue, rolled_back(state))),
    )
    for action, step in steps[:acts]:
        log.append(action, step, by="ada", at=lambda: NOW)


def promote_again(log, number=3):
    again = model("green", number)
    return log.append("promoted", lambda state: (again, promoted(state, again)), by="bob", at=lambda: NOW)


@pytest.fixture
def log(tmp_path, monkeypatch):
    """Five acts: blue serves, green was served before."""
    Place(str(tmp_path)).settings(monkeypatch)
    filled = release_log(load_settings(), ORDERS)
    fill(filled)
    return filled


def copies(log):
    return sorted((Path(log.uri()).parent / "copies").iterdir())


def remove(path):
    path.unlink()


def empty(path):
    path.write_bytes(b"")


def cut(path):
    path.write_bytes(path.read_bytes()[:-20])


def edited(**values):
    """Write the entry anew, canonical, with other values."""

    def edit(path):
        path.write_bytes(rfc8785.dumps({**json.loads(path.read_bytes()), **values}))

    return edit


def serve_another(path):
    """What serves is the model of the other slot."""
    known = json.loads(path.read_bytes())
    state = {**known["state"], "live": model("green", 9).model_dump(mode="json")}
    path.write_bytes(rfc8785.dumps({**known, "state": state}))


def indent(path):
    """The same values in other bytes."""
    path.write_text(json.dumps(json.loads(path.read_bytes()), indent=1))


SPOILED = {
    "removed": remove,
    "empty": empty,
    "cut": cut,
    "of another writer": edited(by="eve"),
    "another reason": edited(why="because"),
    "another time": edited(at="2020-01-01T00:00:00Z"),
    "another number": edited(number=7),
    "of version 1": edited(schema_version=1, previous=""),
    "another state": serve_another,
    "nothing serves": edited(state=NONE.model_dump(mode="json")),
    "other bytes": indent,
}


@kind
@pytest.mark.parametrize("number", range(1, ACTS + 1))
@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_an_entry_that_was_lost_or_changed_is_told_and_can_be_restored_as_it_says(log, spoil, number, capsys):
    before = Path(log.uri(number)).read_bytes()
    spoil(Path(log.uri(number)))

    assert main(["live"]) == 1

    told = capsys.readouterr()
    assert (number == ACTS) == (told.out == ""), "what serves is not told where the newest entry is not sound"
    assert f"{number:06d}.json is corrupt: it is " in told.err
    copy = re.search(r"Restore it: copy (\S+) there\.", told.err)
    shutil.copyfile(copy[1], log.uri(number))
    assert Path(log.uri(number)).read_bytes() == before
    assert main(["live"]) == 0


@kind
@pytest.mark.parametrize("number", [1, ACTS])
@pytest.mark.parametrize("spoil", [empty, cut, indent, edited(by="eve")])
def test_a_copy_that_is_not_what_was_written_is_told_and_can_be_restored_as_it_says(
    log, spoil, number, capsys
):
    place = copies(log)[number - 1]
    spoil(place)

    assert main(["live"]) == 1

    told = capsys.readouterr()
    assert "serves since" in told.out, "the log is whole"
    entry = re.search(r"The entry is whole; copy (\S+) there\.", told.err)
    shutil.copyfile(entry[1], place)
    assert main(["live"]) == 0


@kind
def test_a_copy_that_is_not_what_was_written_restores_nothing(log, capsys):
    cut(Path(log.uri(2)))
    cut(copies(log)[1])

    assert main(["live"]) == 1

    assert "Restore the file from a copy; it was never changed" in capsys.readouterr().err


@kind
@pytest.mark.parametrize("spoil", [remove, cut, serve_another, edited(why="because")])
def test_nothing_is_done_on_a_newest_entry_that_is_not_what_was_written(log, spoil):
    spoil(Path(log.uri(ACTS)))

    for ask in (log.state, log.last, log.entries, lambda: promote_again(log)):
        with pytest.raises(CorruptArtifactError, match=rf"00000{ACTS}\.json is corrupt"):
            ask()
    assert sum(path.name.endswith(".json") for path in Path(log.uri()).iterdir()) == ACTS - (spoil is remove)


@kind
@pytest.mark.parametrize(
    "words", [["switch"], ["rollback"], ["live", "--json"], ["score", "--environment", "blue"]]
)
def test_no_command_goes_by_a_log_whose_newest_entry_is_gone(log, words, capsys):
    Path(log.uri(ACTS)).unlink()

    assert main(words) == 1

    told = capsys.readouterr()
    assert (json.loads(told.out)["refused"] is False) if "--json" in words else (told.out == "")
    assert f"00000{ACTS}.json is corrupt: it is empty, or gone. Restore it: copy " in told.err


@kind
def test_an_older_copy_of_the_log_is_no_log(log, tmp_path, capsys):
    shutil.copytree(log.uri(), tmp_path / "older")
    promote_again(log)
    promote_again(log, 4)
    shutil.rmtree(log.uri())
    shutil.copytree(tmp_path / "older", log.uri())

    assert main(["live"]) == 1

    told = capsys.readouterr().err
    assert all(f"00000{number}.json is corrupt" in told for number in (6, 7))


@kind
def test_a_log_of_which_every_entry_is_gone_is_not_an_empty_one(log):
    shutil.rmtree(log.uri())

    with pytest.raises(CorruptArtifactError, match=r"000001\.json is corrupt"):
        log.state()


@kind
@pytest.mark.parametrize("place", range(ACTS - 1))
def test_a_copy_that_is_gone_is_told_with_how_to_put_it_back(log, place, capsys):
    lost = copies(log)[place]
    lost.unlink()

    assert log.state().live == model("blue", 1)
    assert main(["live"]) == 1

    told = re.search(r"(\S+) is gone. The entry is whole; copy (\S+) there\.", capsys.readouterr().err)
    assert Path(told[1]) == lost
    shutil.copyfile(told[2], told[1])
    assert main(["live"]) == 0


@kind
def test_a_newest_entry_is_missed_although_all_copies_are_gone_with_it(log):
    shutil.rmtree(copies(log)[0].parent)
    Path(log.uri(ACTS)).unlink()

    with pytest.raises(CorruptArtifactError, match=r"copies/000003-\w+\.json is gone"):
        log.state()


@kind
def test_a_writer_who_was_stopped_before_the_copy_leaves_a_sound_log_and_the_next_act_writes_it(log):
    last = copies(log)[-1]
    last.unlink()

    assert [entry.number for entry in log.entries()] == [5, 4, 3, 2, 1]
    promote_again(log)

    assert last.is_file()
    assert [entry.number for entry in log.entries()] == [6, 5, 4, 3, 2, 1]


@kind
@pytest.mark.parametrize("spoil", [serve_another, edited(state=NONE.model_dump(mode="json"))])
def test_a_newest_entry_without_a_copy_must_be_what_the_acts_come_to(log, spoil):
    copies(log)[-1].unlink()
    spoil(Path(log.uri(ACTS)))

    with pytest.raises(CorruptArtifactError, match="is not what the acts before it come to"):
        log.state()


@kind
def test_an_act_is_done_although_its_copy_cannot_be_written(log, monkeypatch, caplog):
    from ml_assets.storage.log_files import LogFiles

    def full(*_):
        raise StoreError("No space left on device.")

    with monkeypatch.context() as patch:
        promote_again(log)  # whose copy is there
        patch.setattr(
            LogFiles, "keep_copy", lambda self, written: full() if written.entry.number == 7 else None
        )
        assert promote_again(log, 4).number == 7
    assert "its copy is not, and will be with the next act: No space left" in caplog.text
    assert log.last().number == 7


def flat(value):
    """A record as versions 1 and 2 wrote it: each value in the path of a release is a field of its own."""
    if isinstance(value, list):
        return [flat(item) for item in value]
    if not isinstance(value, dict):
        return value
    known = {name: flat(item) for name, item in value.items()}
    return {**known.pop("line", {}), **known.pop("values", {}), **known}


def as_version_1(log):
    """The log as earlier versions wrote it: no digests, no copies."""
    for number in range(1, ACTS + 1):
        path = Path(log.uri(number))
        known = flat(json.loads(path.read_bytes()))
        del known["previous"]
        path.write_bytes(rfc8785.dumps({**known, "schema_version": 1}))
    shutil.rmtree(copies(log)[0].parent)


@kind
def test_a_log_of_an_earlier_version_is_read_and_chained_to(log, capsys):
    as_version_1(log)
    assert log.state().live == model("blue", 1)
    assert main(["live"]) == 0

    promote_again(log)
    promote_again(log, 4)

    assert [entry.schema_version for entry in log.entries()] == [3, 3, 1, 1, 1, 1, 1]
    assert [path.name[:6] for path in copies(log)] == ["000005", "000006", "000007"]
    edited(why="because")(Path(log.uri(ACTS)))
    capsys.readouterr()
    assert main(["live"]) == 1
    assert "000005.json is corrupt" in capsys.readouterr().err


@pytest.fixture
def version_2(tmp_path, monkeypatch):
    """A log as it was written by the code of version 2; it is never written again."""
    Place(str(tmp_path)).settings(monkeypatch)
    shutil.copytree(VECTORS / "releases_2", tmp_path / "releases")
    return release_log(load_settings(), ORDERS)


@kind
def test_a_log_of_version_2_is_read_and_chained_to(version_2, capsys):
    before = tree(version_2.root)
    first = next(entry for entry in version_2.entries() if entry.number == 1)
    assert [entry.schema_version for entry in version_2.entries()] == [2] * ACTS
    assert version_2.state().live == first.release
    assert (first.release.line, first.release.values) == ({"dataset": "orders"}, {"model_version": "v1"})
    assert first.release.told() == "000000000001 (v1, as_of 2025-12-01) in blue"
    assert first.release.key(tabular).path == (
        "model/model_version=v1/dataset=orders/as_of=2025-12-01/run=000000000001"
    )
    assert json.loads(version_2.decision(first.decision))["model_version"] == "v1"

    promote_again(version_2)
    version_2.append("switched", lambda state: (model("green", 3), switched(state)), by="bob", at=lambda: NOW)

    assert [entry.schema_version for entry in version_2.entries()] == [3, 3] + [2] * ACTS
    assert [it.values["model_version"] for it in version_2.state().earlier] == ["v1"]
    assert {path: tree(version_2.root)[path] for path in before} == before
    assert main(["live"]) == 0
    assert "000000000002 (v2, as_of 2025-12-01) in green" in capsys.readouterr().out


@kind
@pytest.mark.parametrize("number", range(1, ACTS))
def test_a_change_in_a_log_of_version_2_is_noticed(version_2, number, capsys):
    edited(why="another")(Path(version_2.uri(number)))

    assert main(["live"]) == 1
    assert f"{number:06d}.json is corrupt" in capsys.readouterr().err


@kind
@pytest.mark.parametrize("number", range(1, ACTS + 1))
def test_a_state_of_an_earlier_version_is_replayed_too(log, number, capsys):
    as_version_1(log)
    serve_another(Path(log.uri(number)))

    assert main(["live"]) == 1

    assert "is corrupt" in capsys.readouterr().err


@kind
def test_a_store_that_ignores_if_none_match_is_refused_before_an_act_could_be_lost_in_it(s3, monkeypatch):
    from ml_assets_tests import s3 as buckets
    from ml_assets_tests.faulty import faulty

    buckets.make_bucket(s3, "ignores")
    with faulty(s3, lambda *_: None, without="If-None-Match") as network:
        buckets.use(monkeypatch, network.url)
        monkeypatch.setenv("ML_ASSETS_RELEASES", "s3://ignores/x")
        refused = pytest.raises(
            StoreError, match=r"ignores If-None-Match.*Nothing was changed. Keep ML_ASSETS_RELEASES"
        )
        with refused:
            promote_again(release_log(load_settings(), ORDERS))
        with refused:
            try_log(load_settings(), ORDERS).number("pair", "sample", {})

    assert list(buckets.objects_in(s3, "ignores")) == [f"x/dataset=orders/{PROBE}"]


@kind
def test_a_store_that_knows_no_if_none_match_is_refused_in_the_same_words(s3, monkeypatch):
    from ml_assets_tests import s3 as buckets
    from ml_assets_tests.faulty import Fault, faulty

    unknown = Fault(kind="answer", status=501, code="NotImplemented")
    buckets.make_bucket(s3, "knows-not")
    with faulty(s3, lambda method, _: unknown if method == "PUT" else None) as network:
        buckets.use(monkeypatch, network.url, max_attempts=1)
        log = ReleaseLog("s3://knows-not/x", ORDERS, load_settings().s3)
        with pytest.raises(StoreError, match=r"ignores If-None-Match.*Nothing was changed"):
            promote_again(log)


@kind
def test_a_store_is_asked_once_in_a_process_whether_it_keeps_what_is_there(s3, monkeypatch):
    from ml_assets_tests import s3 as buckets
    from ml_assets_tests.faulty import faulty

    asked = []
    buckets.make_bucket(s3, "keeps")
    with faulty(s3, lambda method, path: asked.append(path) if PROBE in path else None) as network:
        buckets.use(monkeypatch, network.url)
        log = ReleaseLog("s3://keeps/x", ORDERS, load_settings().s3)
        fill(log)
        asked_by_the_first = len(asked)
        promote_again(ReleaseLog("s3://keeps/x", ORDERS, load_settings().s3), 4)

    assert (asked_by_the_first, len(asked)) == (2, 2)
    assert log.last().number == ACTS + 1


@pytest.mark.kind("names in a folder")
@pytest.mark.parametrize(
    "name",
    [
        ".DS_Store",
        "._000006.json",
        "000003 (copy).json",
        "000003.json~",
        "6.json",
        "0000006.json",
        "٠٠٠٠٠٦.json",
        "Icon\r",
    ],
)
@pytest.mark.parametrize("folder", ["log", "copies"])
def test_what_else_lies_in_the_folders_of_a_log_is_no_part_of_it(log, folder, name):
    (Path(log.uri()).parent / folder / name).write_bytes(b"{}")

    assert [entry.number for entry in log.entries()] == [5, 4, 3, 2, 1]
    assert promote_again(log).number == ACTS + 1
    assert main(["live"]) == 0


@pytest.mark.kind("names in a folder")
@pytest.mark.parametrize("make", [odd[0] for odd in ODD.values()], ids=ODD)
@pytest.mark.parametrize("folder", ["log", "copies", "tries/pair"])
def test_nothing_that_lies_in_the_folders_of_a_log_hides_or_holds_up_anything(log, folder, make):
    tries = try_log(load_settings(), ORDERS)
    assert tries.number("pair", "sample", {}) == 1
    make(Path(log.uri()).parent / folder)

    assert [entry.number for entry in log.entries()] == [5, 4, 3, 2, 1]
    assert promote_again(log).number == ACTS + 1
    assert tries.number("pair", "other", {}) == 2
    assert main(["live"]) == 0


OCCUPIED = {
    "a folder": Path.mkdir,
    "a named pipe": os.mkfifo,
    "a link that leads nowhere": lambda path: path.symlink_to("nowhere"),
    "a link that leads to itself": lambda path: path.symlink_to(path.name),
}


@pytest.mark.kind("names in a folder")
@pytest.mark.parametrize(("why", "make"), OCCUPIED.items(), ids=OCCUPIED)
def test_what_has_the_name_of_the_next_entry_and_is_no_file_is_told(log, why, make):
    make(Path(log.uri(ACTS + 1)))

    assert log.state().live == model("blue", 1)
    with pytest.raises(
        StoreError, match=rf"000006\.json: {why}, no entry\. Nothing was changed\. Move it away"
    ):
        promote_again(log)


@pytest.mark.kind("names in a folder")
@pytest.mark.parametrize(("why", "make"), OCCUPIED.items(), ids=OCCUPIED)
@pytest.mark.parametrize("number", [2, ACTS])
def test_what_is_no_file_where_an_entry_was_is_told_as_its_loss(log, number, why, make, capsys):
    Path(log.uri(number)).unlink()
    make(Path(log.uri(number)))

    assert main(["live"]) == 1

    problem = "empty, or gone" if number == ACTS else f"{why}, no file; move it away"
    assert f"00000{number}.json is corrupt: it is {problem}. Restore it: copy " in capsys.readouterr().err


@pytest.mark.kind("names in a folder")
@pytest.mark.parametrize("name", ["999999999999999999.json", "1000000.json", "000001.json.json", "x.json"])
def test_a_number_that_nobody_counted_to_costs_no_time_in_the_tries(log, name):
    tries = try_log(load_settings(), ORDERS)
    assert tries.number("pair", "sample", {}) == 1
    (Path(tries.uri("pair")) / name).write_bytes(b"{}")

    assert tries.number("pair", "other", {}) == 2


@pytest.mark.kind("output")
@pytest.mark.parametrize("text", ["\x1b[2J", "two\nlines", "[bold]", "\u202egpj"])
def test_what_others_wrote_into_the_log_reaches_no_terminal_as_a_command(log, text, capsys):
    green = model("green", 3)
    log.append("promoted", lambda state: (green, promoted(state, green)), by=text, at=lambda: NOW, why=text)

    assert main(["live"]) == 0

    told = capsys.readouterr().out
    shown = text if text == "[bold]" else text.encode("unicode_escape").decode()
    assert told.count(shown) == 2
    assert "\x1b" not in told
