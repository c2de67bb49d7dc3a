"""A failed run is told to a webhook: what failed, why, how to try again, and never a secret."""

import shutil
import threading
import time

import dagster as dg
import pytest
from dagster._core.definitions.run_status_sensor_definition import RunStatusSensorCursor

from ml_assets.adapter.launching import failure_text as texts
from ml_assets.adapter.launching.failure_text import _quiet
from ml_assets.adapter.launching.notice import NoticeResource, notice_resource
from ml_assets.cli.home import ensure_home
from ml_assets.core.secrets import looks_like_credential
from ml_assets.defs.training import VIEW
from ml_assets.errors import StoreError
from ml_assets_tests import surfaces
from ml_assets_tests.browser import wait_for
from ml_assets_tests.builders import write_landing
from ml_assets_tests.live import deployment
from ml_assets_tests.scenario import train, train_days
from ml_assets_tests.shown import failure_notice
from ml_assets_tests.surfaces import DAYS, Typed
from ml_assets_tests.ticks import let_end, tick
from ml_assets_tests.webhook import webhook

in_time = pytest.mark.kind("ticks in time")


@pytest.fixture(autouse=True)
def _nothing_is_left():
    yield
    let_end()


@pytest.fixture(scope="module")
def past(tmp_path_factory, made_home):
    """A run that fails because its landing zone has too few days; the zone and the home that recorded it."""
    place = tmp_path_factory.mktemp("past")
    zone = write_landing(place / "zone")
    shutil.copytree(made_home, place / "home")
    with (
        pytest.MonkeyPatch.context() as patch,
        dg.DagsterInstance.local_temp(str(place / "home")) as instance,
    ):
        patch.setenv("ML_ASSETS_SOURCES__SHOP", str(zone))
        patch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", str(place / "dev"))
        result = train("2025-12-01", instance=instance, source="shop", lookback_days=60, C=2.0)
    return result, zone, place / "home"


@pytest.fixture
def failed(past, monkeypatch):
    """That run; and an instance of the test's own that recorded it."""
    result, zone, home = past
    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", str(zone))
    shutil.copytree(home, ensure_home(), dirs_exist_ok=True)
    with dg.DagsterInstance.local_temp(str(ensure_home())) as instance:
        yield result, instance


def failure_text(run, failures):
    return texts.failure_text(run, failures, view=VIEW)


def events_of(instance, run_id):
    records = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.STEP_FAILURE).records
    return [record.event_log_entry.dagster_event for record in records]


def text_of(result, instance):
    return failure_text(instance.get_run_by_id(result.run_id), events_of(instance, result.run_id))


def notify(result, instance):
    """What the sensor returns for a failed run, and what it logs."""
    context = dg.build_run_status_sensor_context(
        sensor_name="failure_notice",
        dagster_instance=instance,
        dagster_run=instance.get_run_by_id(result.run_id),
        dagster_event=result.get_run_failure_event(),
    )
    return failure_notice(context.for_run_failure())


def test_the_text_names_parameters_reason_and_command(failed):
    result, instance = failed

    text = text_of(result, instance)

    assert not result.success
    assert text.startswith(":x: orders v1 failed for 2025-12-01, run_id ")
    assert 'source="shop", lookback_days=60, C=2.0 (the others at their defaults)' in text
    assert "*Why:* " in text
    command = "ml-assets run --dataset orders --as-of 2025-12-01 --source shop --lookback-days 60 --C 2.0"
    assert f"`{command}`" in text
    assert result.run_id in text


def test_the_environment_of_the_run_is_part_of_the_command(failed):
    _, instance = failed
    resources = {"params": {"config": {"source": "shop", "lookback_days": 60}}}
    config = {"resources": {**resources, "options": {"config": {"environment": "staging"}}}}

    result = train("2025-12-01", instance=instance, run_config=config)

    assert "--lookback-days 60 --environment staging`" in text_of(result, instance)


def test_of_a_range_only_the_days_that_failed_are_named(failed):
    _, instance = failed

    result = train_days("2025-11-09", "2025-11-17", instance=instance, source="shop", lookback_days=157)

    text = text_of(result, instance)
    assert not result.success
    assert "orders v1 failed on " in text
    assert "--as-of 2025-11-09" not in text
    assert text.count("`ml-assets run ") == 5
    assert "days more" in text


def test_parameters_that_are_not_acceptable_are_not_repeated():
    run = dg.DagsterRun("train", run_config={"resources": {"params": {"config": {"max_depth": 99}}}})

    text = failure_text(run, [])

    assert "not acceptable, and so not repeated here" in text
    assert "99" not in text.replace(run.run_id, "")
    assert "before its first step" in text


def test_a_run_that_does_not_train_is_named_by_its_job_and_gets_no_command_of_a_training_run():
    config = {"resources": {"params": {"config": {"dataset": "customers"}}}}
    tags = {"dagster/partition": "2025-12-01"}

    score = failure_text(dg.DagsterRun("score", run_config=config, tags=tags), [])
    page = failure_text(
        dg.DagsterRun(
            "__ASSET_JOB", run_config=config, tags=tags, asset_selection={dg.AssetKey("predictions")}
        ),
        [],
    )
    model = failure_text(
        dg.DagsterRun("__ASSET_JOB", run_config=config, tags=tags, asset_selection={dg.AssetKey("model")}), []
    )

    assert score.startswith(":x: score failed for 2025-12-01\n*Why:*")
    assert page.startswith(":x: predictions failed for 2025-12-01\n*Why:*")
    assert "ml-assets run" not in score + page
    assert model.startswith(":x: customers v1 failed for 2025-12-01, run_id ")
    assert "`ml-assets run --dataset customers --as-of 2025-12-01`" in model


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            StoreError("Cannot use s3://frozen/dev: access is denied."),
            "Cannot use s3://frozen/dev: access is denied.",
        ),
        (ValueError("psql://ada:hunter2@host/x"), "ValueError; the run's page says more."),
    ],
)
def test_of_an_error_that_is_not_ours_only_its_kind_is_told(error, told, tmp_path):
    @dg.op
    def step():
        raise RuntimeError("around it") from error

    @dg.job
    def own():
        step()

    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        text = text_of(own.execute_in_process(instance=instance, raise_on_error=False), instance)

    assert told in text
    assert "around it" not in text
    assert "hunter2" not in text


def test_lines_that_look_like_a_credential_are_left_out():
    text = _quiet("cannot read s3://key:hunter2secret@bucket\nthe next line")

    assert not looks_like_credential(text)
    assert text.endswith("the next line")


def test_markup_is_escaped(failed):
    result, instance = failed

    text = text_of(result, instance)

    assert "<" not in text
    assert ">" not in text


def test_the_webhook_gets_one_notice(failed, monkeypatch):
    with webhook() as hook:
        monkeypatch.setenv("ML_ASSETS_WEBHOOK_URL", hook.url)
        outcome = notify(*failed)

    assert outcome is None
    assert len(hook.texts) == 1
    assert hook.texts[0].startswith(":x: orders v1 failed")


def test_without_an_address_nothing_is_sent_and_the_tick_says_so(failed):
    outcome = notify(*failed)

    assert isinstance(outcome, dg.SkipReason)
    assert "neither ML_ASSETS_WEBHOOK_URL nor ML_ASSETS_WEBHOOK_SECRET is set" in outcome.skip_message


@pytest.mark.parametrize(
    ("statuses", "tries", "trouble"),
    [
        ((503, 500, 200), 3, None),
        ((429, 200), 2, None),
        ((503,), 3, "it answers with HTTP 503 (3 times)"),
        ((404,), 1, "it answers with HTTP 404"),
        ((302,), 1, "it answers with HTTP 302"),
    ],
)
def test_an_answer_is_tried_again_only_where_that_may_help(statuses, tries, trouble):
    with webhook(*statuses) as hook:
        assert NoticeResource(webhook_url=hook.url).send("hello") == trouble

    assert hook.texts == ["hello"] * tries


def test_a_webhook_that_never_answers_is_given_up_in_time():
    with webhook(delay=30) as hook:
        started = time.monotonic()
        trouble = NoticeResource(webhook_url=hook.url).send("hello", seconds=1)

    assert trouble == "it cannot be reached (TimeoutError)"
    assert time.monotonic() - started < 20


@in_time
@pytest.mark.parametrize("drip", [0.15, 0.6])
def test_a_webhook_that_answers_byte_by_byte_is_given_up_in_time_and_lets_the_next_notice_go(drip):
    with webhook(drip=drip) as hook:
        started = time.monotonic()
        slow = NoticeResource(webhook_url=hook.url).send("hello", seconds=1.5)
        took = time.monotonic() - started
        hook.drip = 0
        next_one = NoticeResource(webhook_url=hook.url).send("again", seconds=5)

    assert slow == "it cannot be reached (TimeoutError)"
    assert took < 5
    assert next_one is None
    assert hook.texts == ["hello", "again"]


@in_time
def test_a_proxy_that_answers_byte_by_byte_is_given_up_in_time_and_lets_the_next_notice_go(monkeypatch):
    with webhook(drip=0.1, path="") as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        notices = NoticeResource(webhook_url="https://hooks.example/x")
        troubles = [notices.send("hello", seconds=1) for _ in range(2)]
        proxy.drip = 0

    assert troubles == ["it cannot be reached (TimeoutError)"] * 2


@in_time
def test_a_host_whose_name_is_not_found_for_a_long_time_is_given_up_in_time(monkeypatch):
    answered = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: answered.wait(30) and [])

    started = time.monotonic()
    trouble = NoticeResource(webhook_url="http://hooks.example/x").send("hello", seconds=0.3)
    next_one = NoticeResource(webhook_url="http://hooks.example/x").send("hello", seconds=0.3)
    answered.set()

    assert trouble == "it takes too long (the webhook: no answer within 0.3 seconds.)"
    assert next_one == "it takes too long (the webhook: an earlier request still waits for its answer.)"
    assert time.monotonic() - started < 20


@in_time
def test_a_secret_that_aws_gives_byte_by_byte_is_given_up_in_time(monkeypatch):
    for name, value in {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}.items():
        monkeypatch.setenv(name, value)
    with webhook(path="", drip=0.1) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", aws.url)
        started = time.monotonic()
        trouble = NoticeResource(webhook_secret="x", region="eu-west-1").send("hello", seconds=2)
        took = time.monotonic() - started
        aws.drip = 0
        let_end()

    assert trouble == "it takes too long (the webhook: no answer within 2.0 seconds.)"
    assert took < 20


@in_time
def test_a_run_whose_notice_does_not_arrive_is_told_once_and_the_cursor_goes_on(failed, monkeypatch):
    result, instance = failed
    monkeypatch.setattr(NoticeResource.send, "__kwdefaults__", {"seconds": 2.0})
    before = RunStatusSensorCursor(record_id=0, update_timestamp=None, record_timestamp=None).to_json()
    with webhook(drip=0.3) as hook:
        monkeypatch.setenv("ML_ASSETS_WEBHOOK_URL", hook.url)
        first = tick(failure_notice, cursor=before, instance=instance)
        second = tick(failure_notice, cursor=first.cursor, instance=instance)

    assert len(hook.texts) == 1
    assert result.run_id in hook.texts[0]
    assert RunStatusSensorCursor.from_json(first.cursor).record_id > 0
    assert second.cursor == first.cursor


@in_time
def test_a_notice_that_takes_too_long_is_told_in_the_log_and_given_up(failed, monkeypatch, capfd):
    monkeypatch.setattr(NoticeResource.send, "__kwdefaults__", {"seconds": 2.0})
    with webhook(drip=0.3) as hook:
        monkeypatch.setenv("ML_ASSETS_WEBHOOK_URL", hook.url)
        outcome = notify(*failed)

    assert outcome is None
    assert "did not reach the webhook: it cannot be reached (TimeoutError)" in "".join(capfd.readouterr())
    assert len(hook.texts) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/T0/s3cr3tPath",
        "s3cr3tPath",
        "http://[s3cr3tPath",
        "http://a b/s3cr3tPath",
        "file:///s3cr3tPath",
    ],
)
def test_trouble_is_logged_without_the_address_and_never_raised(url, failed, capfd, monkeypatch):
    monkeypatch.setenv("ML_ASSETS_WEBHOOK_URL", url)
    outcome = notify(*failed)

    told = "".join(capfd.readouterr())
    assert outcome is None
    assert "did not reach the webhook: it" in told
    assert "s3cr3tPath" not in told
    assert "s3cr3tPath" not in str(NoticeResource(webhook_url=url).send("hello"))


def test_the_address_is_given_by_reference_and_not_read_with_the_definitions(monkeypatch):
    monkeypatch.setenv("ML_ASSETS_WEBHOOK_URL", "https://hooks.example/s3cr3tPath")

    notice = notice_resource()

    assert notice.webhook_url.env_var_name == "ML_ASSETS_WEBHOOK_URL"
    assert "s3cr3tPath" not in str(notice.model_dump())


def test_the_address_can_lie_in_aws_secrets_manager(monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ML_ASSETS_WEBHOOK_SECRET", "ml/webhook")

    with webhook() as hook:
        answer = f'{{"Name": "ml/webhook", "SecretString": "{hook.url}"}}'.encode()
        with webhook(path="", answer=answer) as aws:
            monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", aws.url)
            trouble = notice_resource().process_config_and_initialize().send("hello")

    assert trouble is None
    assert hook.texts == ["hello"]
    assert aws.bodies == [{"SecretId": "ml/webhook"}]


def test_a_secret_that_aws_does_not_give_is_told_by_its_kind_only(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    refusal = b'{"__type": "ResourceNotFoundException", "Message": "no ml/webhook in account 123"}'

    with webhook(400, path="", answer=refusal) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", aws.url)
        trouble = NoticeResource(webhook_secret="ml/webhook", region="eu-west-1").send("hello")

    assert trouble == "AWS Secrets Manager does not give its address (ResourceNotFoundException)"


TOO_NARROW = {"dataset": "customers", "lookback_days": 60}  # no outcome of these rows is known yet


@pytest.mark.slow
def test_the_daemon_of_a_deployment_tells_the_webhook_of_a_run_that_failed_there(tmp_path):
    with (
        webhook() as hook,
        deployment(tmp_path, ML_ASSETS_WEBHOOK_URL=hook.url) as live,
        surfaces.sensor(live, "failure_notice"),
    ):
        wait_for(lambda: surfaces.ticks_of(live, "failure_notice"))  # what failed before it is not told
        good = surfaces.launch(live, Typed(values={"lookback_days": 120}).block, job="train")
        bad = surfaces.launch(live, Typed(values=TOO_NARROW).block, job="train")
        assert isinstance(bad, str), bad.told
        wait_for(
            lambda: any(bad in tick["originRunIds"] for tick in surfaces.ticks_of(live, "failure_notice"))
        )

    (text,) = hook.texts
    assert text.startswith(f":x: customers v1 failed for {DAYS[0]}, run_id ")
    assert 'dataset="customers", lookback_days=60 (the others at their defaults)' in text
    assert f"`ml-assets run --dataset customers --as-of {DAYS[0]} --lookback-days 60`" in text
    assert bad in text
    assert good not in text
