"""A store that answers badly is told as that: nothing is called damaged, nothing is taken for empty, nothing is moved."""

import datetime as dt
import hashlib
import time
from pathlib import Path
from urllib.parse import unquote

import pytest

from ml_assets.cli.main import main
from ml_assets.core.s3_access import S3Access
from ml_assets.errors import CorruptArtifactError, SourceError, StoreAnswerError, StoreError
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.sources.landing import LandingSource
from ml_assets.storage import again as patience
from ml_assets.storage import answers, bucket_listing, bucket_pages
from ml_assets.storage.again import list_all, list_here
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.object_store import open_store
from ml_assets.storage.release_log import ReleaseLog
from ml_assets.storage.verifying import set_aside, verify_all
from ml_assets_tests.builders import ORDERS_TOML, order_day
from ml_assets_tests.faulty import Fault, faulty
from ml_assets_tests.keys import key_of
from ml_assets_tests.released import ORDERS
from ml_assets_tests.s3 import VARIABLES, client, make_bucket, objects_in, use
from ml_assets_tests.test_artifact_store import DAY, KEY, a_commit

pytestmark = pytest.mark.kind("stores that answer badly")

BUCKET = "badanswers"
ROOT = f"s3://{BUCKET}/a"
HTML = ("Content-Type", "text/html; charset=utf-8")
ETAG = ("ETag", '"0123456789abcdef0123456789abcdef"')
PAGE = b"<html><head><title>Log in</title></head><body><p>Please log in.</p></body></html>"
DOCTYPE = b"\n<!DOCTYPE HTML>\n<p>Access denied<br>"

ANSWERS = {
    "a page": Fault(kind="other", status=200, body=PAGE, headers=(HTML,)),
    "a page with an ETag": Fault(kind="other", status=200, body=PAGE, headers=(HTML, ETAG)),
    "a page that says it is text": Fault(kind="other", status=200, body=DOCTYPE, headers=(ETAG,)),
    "nothing": Fault(kind="other", status=200),
    "JSON": Fault(kind="other", status=200, body=b'{"error": "?"}', headers=(ETAG,)),
    "other XML": Fault(kind="other", status=200, body=b"<Status><Ok>yes</Ok></Status>", headers=(ETAG,)),
    "half of what is there": Fault(kind="short"),
}


@pytest.fixture(scope="module", autouse=True)
def _bucket(s3):
    make_bucket(s3, BUCKET)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in VARIABLES.items():
            patch.setenv(name, value)
        ArtifactStore(ROOT, S3Access(endpoint_url=s3)).commit(*a_commit())


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(patience, "PAUSE", 0.001)


def store_at(url):
    return ArtifactStore(ROOT, S3Access(endpoint_url=url, max_attempts=2))


def spoiled(s3, fault, *, method="", part="", times=10**6):
    """A network that answers the first requests of a kind by a fault."""
    left = [times]

    def rule(asked, path):
        if left[0] and (not method or asked == method) and part in path:
            left[0] -= 1
            return fault
        return None

    return faulty(s3, rule)


READS = {
    "find": lambda store: store.find(KEY),
    "load": lambda store: store.load(KEY),
    "verify": lambda store: store.verify(KEY),
    "history": lambda store: store.history(KEY),
}


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("answer", ANSWERS)
def test_what_no_store_answers_is_told_with_its_address_and_is_no_damage(s3, answer, read):
    with spoiled(s3, ANSWERS[answer]) as network, pytest.raises(StoreAnswerError) as caught:
        READS[read](store_at(network.url))

    assert "the store does not answer as a store does" in str(caught.value)
    assert network.url in str(caught.value)
    assert "Check ML_ASSETS_S3__ENDPOINT_URL" in str(caught.value)
    assert not isinstance(caught.value, CorruptArtifactError)


@pytest.mark.parametrize("answer", [name for name in ANSWERS if name != "half of what is there"])
@pytest.mark.parametrize("look", [list_all, list_here])
def test_what_is_no_listing_is_not_taken_for_an_empty_one(s3, answer, look):
    with spoiled(s3, ANSWERS[answer]) as network:
        store = open_store(ROOT, access=S3Access(endpoint_url=network.url, max_attempts=2))
        with pytest.raises(StoreAnswerError, match="what came is no listing"):
            look(store)


@pytest.mark.parametrize("headers", [(), (HTML, ETAG), (HTML,)], ids=["no ETag", "called a page", "both"])
def test_an_object_is_read_under_an_odd_head_where_the_store_lists_it_like_that(s3, headers):
    key = f"a/{KEY.path}/manifest.json"
    body = client(s3).get_object(Bucket=BUCKET, Key=key)["Body"].read()

    with spoiled(
        s3, Fault(kind="other", status=200, body=body, headers=headers), part="manifest.json"
    ) as network:
        assert store_at(network.url).load(KEY) == "one\n"

    other = Fault(kind="other", status=200, body=b"Access is denied", headers=headers)
    with spoiled(s3, other, part="manifest.json") as network, pytest.raises(StoreAnswerError):
        store_at(network.url).load(KEY)


def test_a_dataset_toml_is_read_where_nobody_answers_a_head(s3):
    landing = f"s3://{BUCKET}/landing"
    client(s3).put_object(Bucket=BUCKET, Key="landing/orders/dataset.toml", Body=ORDERS_TOML.encode())

    with spoiled(s3, Fault(kind="answer", status=403, code="AccessDenied"), method="HEAD") as network:
        access = S3Access(endpoint_url=network.url, max_attempts=2)
        zone = LandingSource(name="shop", uri=landing, access=access)
        assert zone.contract("orders").label == "returned_30d"


def test_list_through_a_login_page_fails_and_says_why(s3, monkeypatch, capsys):
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", ROOT)
    with spoiled(s3, ANSWERS["a page"]) as network:
        use(monkeypatch, network.url, max_attempts=2)
        code = main(["list"])

    out, err = capsys.readouterr()
    assert code == 1
    assert "0 artifacts" not in out
    assert "what came is no listing" in err


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("part", ["manifest.json", "data-"])
def test_what_comes_whole_the_second_time_is_read(s3, answer, part):
    with spoiled(s3, ANSWERS[answer], method="GET", part=part, times=1) as network:
        assert store_at(network.url).load(KEY) == "one\n"
    assert sum(network.spoiled.values()) == 1


@pytest.mark.parametrize("answer", ["half of what is there", "JSON", "a page"])
def test_a_file_of_which_half_comes_each_time_is_the_fault_of_the_store(s3, answer):
    with spoiled(s3, ANSWERS[answer], method="GET", part="data-") as network:
        with pytest.raises(StoreAnswerError, match=r"bytes came of|an HTML page came|other bytes came"):
            store_at(network.url).load(KEY)
        (found,) = [item for item in verify_all(store_at(network.url)).findings if item.kind != "lineage"]

    assert (found.kind, found.files) == ("unread", ())


def test_a_text_of_ones_own_that_is_a_page_is_read(s3):
    text = "<!DOCTYPE html>\n<html><body>A card of mine</body></html>\n"
    store = ArtifactStore(f"s3://{BUCKET}/html", S3Access(endpoint_url=s3))
    store.commit(*a_commit(text))

    assert store.load(KEY) == text
    assert verify_all(store).findings == ()


@pytest.mark.parametrize("answer", ["a page", "half of what is there", "JSON"])
def test_a_decision_behind_a_bad_answer_is_not_called_lost(s3, answer):
    log = ReleaseLog(f"s3://{BUCKET}/log", ORDERS, S3Access(endpoint_url=s3))
    digest = log.keep_decision({"verdict": "allowed"})

    with spoiled(s3, ANSWERS[answer], part="decisions") as network, pytest.raises(StoreAnswerError):
        ReleaseLog(log.root, ORDERS, S3Access(endpoint_url=network.url, max_attempts=2)).decision(digest)
    assert log.decision(digest)


def test_other_bytes_of_the_same_length_are_told_by_the_etag(s3):
    fault = Fault(
        kind="other",
        status=200,
        body=b"two\n",
        headers=(("ETag", f'"{hashlib.md5(b"one" + bytes([10])).hexdigest()}"'),),
    )

    with (
        spoiled(s3, fault, method="GET", part="data-2c8b") as network,
        pytest.raises(StoreAnswerError, match="other bytes came than those of the object's ETag"),
    ):
        store_at(network.url).load(KEY)


def test_what_is_really_damaged_is_still_told_as_damage_and_set_aside(s3):
    root, (key, manifest, files) = f"s3://{BUCKET}/damaged", a_commit()
    store = ArtifactStore(root, S3Access(endpoint_url=s3))
    store.commit(key, manifest, files)
    name = f"damaged/{key.path}/{manifest.main.file}"
    client(s3).put_object(Bucket=BUCKET, Key=name, Body=b"rotten")

    with pytest.raises(CorruptArtifactError, match="it has 6 bytes, the manifest says 4"):
        store.load(key)
    assert set_aside(store, verify_all(store).findings) == 1
    assert store.find(key) is None
    assert any(path.startswith("damaged/quarantine/") for path in objects_in(s3, BUCKET, "damaged/"))


def test_damage_is_told_where_etags_are_no_md5s(s3):
    """As those of objects that S3 encrypts with a key of KMS; a sound file beside it shows that they are none."""
    root, (key, manifest, files) = f"s3://{BUCKET}/kms", a_commit()
    ArtifactStore(root, S3Access(endpoint_url=s3)).commit(key, manifest, files)
    client(s3).put_object(Bucket=BUCKET, Key=f"kms/{key.path}/{manifest.main.file}", Body=b"two\n")

    with (
        otherwise_tagged(s3) as network,
        pytest.raises(CorruptArtifactError, match="its SHA-256 is not the one in the manifest"),
    ):
        ArtifactStore(root, S3Access(endpoint_url=network.url)).load(key)


def otherwise_tagged(s3):
    """The same store, whose ETags are other 32 digits than MD5s."""
    direct = client(s3)

    def rule(method, path):
        if method not in {"GET", "HEAD"} or "list-type" in path:
            return None
        key = unquote(path).removeprefix(f"/{BUCKET}/")
        body = direct.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        tag = hashlib.sha256(body).hexdigest()[:32]
        return Fault(kind="other", status=200, body=body, headers=(("ETag", f'"{tag}"'),))

    return faulty(s3, rule)


def page_of(keys, *, token=""):
    items = "".join(
        f"<Contents><Key>a/{key}</Key><LastModified>2025-11-01T00:00:00.000Z</LastModified><ETag>&quot;{key}&quot;</ETag>"
        f"<Size>1</Size></Contents>"
        for key in keys
    )
    more = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    cut = "true" if token else "false"
    body = f"<ListBucketResult><Name>{BUCKET}</Name><IsTruncated>{cut}</IsTruncated>{more}{items}</ListBucketResult>"
    return Fault(kind="other", status=200, body=body.encode(), headers=(("Content-Type", "application/xml"),))


@pytest.mark.parametrize("tokens", [["t"], ["t", "u"]])
@pytest.mark.parametrize("look", [list_all, list_here])
def test_a_listing_that_leads_back_to_itself_ends(s3, look, tokens):
    asked = []

    def rule(_method, _path):
        asked.append(1)
        return page_of(["one", "two"], token=tokens[len(asked) % len(tokens)])

    with faulty(s3, rule) as network:
        store = open_store(ROOT, access=S3Access(endpoint_url=network.url, max_attempts=2))
        with pytest.raises(StoreError, match="leads back to a page that came before"):
            look(store)


def test_a_listing_whose_second_page_is_no_page_of_it_is_gone_on_with(s3):
    pages = [
        page_of(["one", "two"], token="t"),
        ANSWERS["a page"],
        page_of(["three"]),
        page_of(["three"]),
        page_of([]),
    ]

    with faulty(s3, lambda _method, _path: pages.pop(0) if pages else page_of([])) as network:
        store = open_store(ROOT, access=S3Access(endpoint_url=network.url, max_attempts=2))
        found = [meta["path"] for meta in list_all(store)]

    assert found == ["one", "three", "two"]


def test_a_listing_that_is_cut_by_a_page_each_time_is_refused(s3):
    def rule(_method, path):
        return (
            ANSWERS["a page"]
            if "continuation-token" in path or "start-after" in path
            else page_of(["one"], token="t")
        )

    with faulty(s3, rule) as network:
        store = open_store(ROOT, access=S3Access(endpoint_url=network.url, max_attempts=2))
        with pytest.raises(StoreAnswerError, match="what came is no listing"):
            list_all(store)


@pytest.mark.parametrize("read", ["load", "find"])
def test_a_body_that_drips_is_not_waited_for_until_it_ends(s3, monkeypatch, read):
    monkeypatch.setattr(answers, "WINDOW", 0.3)
    began = time.monotonic()

    with (
        spoiled(s3, Fault(kind="drip", seconds=0.05), method="GET", part="manifest.json") as network,
        pytest.raises(StoreError, match=r"sends too slowly: \d+ bytes in 0 seconds"),
    ):
        READS[read](store_at(network.url))

    assert time.monotonic() - began < 20, "800 bytes would take 40 seconds"


@pytest.mark.parametrize("look", [list_all, list_here])
def test_a_listing_that_drips_is_not_waited_for_until_it_ends(s3, monkeypatch, look):
    monkeypatch.setattr(bucket_pages, "PATIENCE", 0.5)
    monkeypatch.setattr(bucket_listing, "WHOLE", bucket_listing.WHOLE / 240)
    monkeypatch.setattr(patience, "PATIENCE", 0.0)
    began = time.monotonic()

    with spoiled(s3, Fault(kind="drip", seconds=0.1), part="list-type") as network:
        access = S3Access(endpoint_url=network.url, max_attempts=1, read_timeout=0.25)
        with pytest.raises(Exception, match=r"(?i)longer than|no answer within|timeout|timed out"):
            look(open_store(ROOT, access=access))

    assert time.monotonic() - began < 30, "2,000 bytes would take 200 seconds"


def test_an_upload_whose_refusal_drips_is_not_waited_for_until_it_ends(s3, monkeypatch):
    monkeypatch.setattr(bucket_listing, "WHOLE", bucket_listing.WHOLE / 240)
    monkeypatch.setattr(patience, "PATIENCE", 0.0)
    fault = Fault(
        kind="drip", status=500, body=b"<Error><Code>InternalError</Code></Error>" * 50, seconds=0.1
    )
    began = time.monotonic()

    with spoiled(s3, fault, method="PUT") as network:
        store = ArtifactStore(ROOT, S3Access(endpoint_url=network.url, max_attempts=1, read_timeout=0.25))
        with pytest.raises(StoreError):
            store.commit(*a_commit("two\n"))

    assert time.monotonic() - began < 30, "2,000 bytes would take 200 seconds"


@pytest.mark.parametrize("method", ["find", "keys", "commit"])
def test_a_redirect_is_told_with_the_host_it_leads_to_and_no_more(s3, method):
    fault = Fault(kind="other", status=302, headers=(("Location", "https://login.invalid/in?token=c4n4ry"),))
    acts = {
        "find": lambda store: store.find(KEY),
        "keys": lambda store: list(store.keys()),
        "commit": lambda store: store.commit(*a_commit("two\n")),
    }

    with spoiled(s3, fault) as network, pytest.raises(StoreError) as caught:
        acts[method](store_at(network.url))

    assert "the store redirects elsewhere" in str(caught.value)
    assert "https://login.invalid" in str(caught.value)
    assert "c4n4ry" not in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_to_a_login_page_is_told_as_both(s3, status):
    def rule(_method, path):
        if path.startswith("/login"):
            return ANSWERS["a page"]
        return Fault(kind="other", status=status, headers=(("Location", "/login"),))

    with faulty(s3, rule) as network, pytest.raises(StoreAnswerError) as caught:
        store_at(network.url).find(KEY)

    assert "an HTML page came" in str(caught.value)
    assert "it redirects to another path" in str(caught.value)


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        ("120", "it asks to wait 120 seconds (Retry-After)"),
        ("Wed, 21 Oct 2026 07:28:00 GMT", "it asks to wait until Wed, 21 Oct 2026 07:28:00 GMT"),
        ("soon \x1b[31m", ""),
    ],
)
@pytest.mark.parametrize(("status", "code"), [(503, "SlowDown"), (429, "TooManyRequests")])
def test_how_long_a_store_asks_to_wait_is_told(s3, wait, words, status, code):
    fault = Fault(kind="answer", status=status, code=code, headers=(("Retry-After", wait),))

    with spoiled(s3, fault) as network, pytest.raises(StoreError) as caught:
        store_at(network.url).find(KEY)

    assert words in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.slow
def test_a_release_log_behind_a_page_is_not_corrupt(s3):
    with spoiled(s3, ANSWERS["a page"]) as network, pytest.raises(StoreAnswerError):
        ReleaseLog(ROOT, ORDERS, S3Access(endpoint_url=network.url, max_attempts=2)).last()


def six(s3, prefix):
    """A root with six artifacts, and how to reach it."""
    store = ArtifactStore(f"s3://{BUCKET}/{prefix}", S3Access(endpoint_url=s3))
    for seed in range(6):
        parameters = TrainingParameters(seed=seed)
        store.commit(*a_commit(key=key_of("model_card", parameters, DAY), of=parameters))
    return store


@pytest.mark.parametrize("answer", ["a page", "half of what is there", "nothing", "JSON"])
def test_a_repair_through_a_store_that_answers_badly_moves_nothing(s3, monkeypatch, capsys, answer):
    store = six(s3, "six")
    before = objects_in(s3, BUCKET, "six/")
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", store.root)

    for part in ("", "manifest.json", "data-"):
        with spoiled(s3, ANSWERS[answer], method="GET", part=part) as network:
            use(monkeypatch, network.url, max_attempts=2)
            assert main(["verify", "--repair", "--idle", "--force"]) == 1

    assert objects_in(s3, BUCKET, "six/") == before
    capsys.readouterr()


def test_manifests_that_are_listed_and_not_given_are_no_leftovers(s3, monkeypatch):
    store = six(s3, "notgiven")
    fault = Fault(kind="answer", status=404, code="NoSuchKey")

    with spoiled(s3, fault, method="GET", part="manifest.json") as network:
        reached = ArtifactStore(store.root, S3Access(endpoint_url=network.url, max_attempts=2))
        found = verify_all(reached)

    assert {finding.kind for finding in found.findings} == {"unread"}
    assert all(not finding.files for finding in found.findings)


@pytest.mark.parametrize(("damaged", "refused"), [(2, False), (4, False), (5, True), (6, True)])
def test_a_repair_where_much_is_damaged_at_once_needs_force(tmp_path, monkeypatch, capsys, damaged, refused):
    store = ArtifactStore(str(tmp_path / "dev"))
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", store.root)
    for seed in range(6):
        parameters = TrainingParameters(seed=seed)
        key, manifest, files = a_commit(key=key_of("model_card", parameters, DAY), of=parameters)
        store.commit(key, manifest, files)
        if seed < damaged:
            Path(store.uri(key, manifest.main.file)).write_bytes(b"rotten")

    assert main(["verify", "--repair"]) == 1
    told = capsys.readouterr()
    assert ("Nothing was set aside" in told.err and "add --force" in told.err) is refused
    assert len(list(store.keys())) == (6 if refused else 6 - damaged)

    assert main(["verify", "--repair", "--force"]) == (1 if refused else 0)
    assert len(list(store.keys())) == 6 - damaged


def test_what_is_damaged_is_told_with_the_command_that_makes_it_and_its_parameters(tmp_path):
    parameters = TrainingParameters(seed=7, lookback_days=120)
    store, key = ArtifactStore(str(tmp_path)), key_of("model_card", parameters, DAY)
    store.commit(*a_commit(key=key, of=parameters))
    Path(store.uri(key, "manifest.json")).write_text("{")

    with pytest.raises(CorruptArtifactError) as caught:
        store.find(key)
    with pytest.raises(CorruptArtifactError) as nameless:
        store.find(store.find_run(key.run_id)[0])

    assert str(caught.value).endswith(
        "train it again: ml-assets run --dataset orders --as-of 2025-12-01 --lookback-days 120 --seed 7"
    )
    assert f"with the other parameters of run {key.run_id}" in str(nameless.value)


@pytest.mark.parametrize("part", ["dataset.toml", "part.csv"])
def test_a_landed_file_of_which_half_comes_is_not_taken_for_the_rows_of_a_day(s3, part):
    day, rows = "orders/date=2025-07-01", order_day(dt.date(2025, 7, 1))
    put = client(s3).put_object
    put(Bucket=BUCKET, Key="landed/orders/dataset.toml", Body=ORDERS_TOML.encode())
    put(Bucket=BUCKET, Key=f"landed/{day}/part.csv", Body=rows.write_csv().encode())

    def scan(url):
        access = S3Access(endpoint_url=url, max_attempts=2)
        zone = LandingSource(name="shop", uri=f"s3://{BUCKET}/landed", access=access)
        return zone.scan("orders", first=dt.date(2025, 7, 1), last=dt.date(2025, 7, 1)).collect()

    bad = spoiled(s3, Fault(kind="short"), method="GET", part=part)
    with bad as network, pytest.raises(SourceError, match=f"{part}.* bytes came of "):
        scan(network.url)

    with spoiled(s3, Fault(kind="short"), method="GET", part="dataset.toml", times=1) as network:
        assert scan(network.url).height == rows.height
