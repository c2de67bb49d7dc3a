"""Resources: clients that functions take, made of settings once a process, of which nothing is stored or told."""

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import SecretStr, field_validator

from ml_assets import Resource
from ml_assets.core.resource import made_resource, name_of_resource
from ml_assets.errors import AssetFunctionError, RefusedError, SettingsError
from ml_assets.pipeline.code import code_of
from ml_assets.pipeline.resources import resource
from ml_assets_tests.shared_pipelines import load

TOKEN = "q7-hidden-words"
AS_OF = "2025-12-01"


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return load(tmp_path, monkeypatch)


@pytest.fixture
def token(monkeypatch):
    monkeypatch.setenv("ML_ASSETS_RESOURCES__ORACLE__TOKEN", TOKEN)
    return TOKEN


class Fake:
    """Answers without a service."""

    def ask(self, prompt):
        return f"fake {prompt.strip()}"


def test_what_the_settings_lack_is_refused_before_anything_is_made(shop, tmp_path):
    with pytest.raises(RefusedError) as refusal:
        shop.advice.make(shop.advice.resolve({}, as_of=AS_OF))

    assert refusal.value.problems == (
        (
            "resources.oracle.token: missing. Set ML_ASSETS_RESOURCES__ORACLE__TOKEN, or token under [resources.oracle] in "
            "ml_assets.toml."
        ),
    )
    assert not [*tmp_path.glob("artifacts/**/*.json")]


def test_an_unknown_setting_is_refused_with_the_nearest_name(shop, token, monkeypatch):
    monkeypatch.setenv("ML_ASSETS_RESOURCES__ORACLE__TRYS", "3")

    with pytest.raises(RefusedError, match=r"resources\.oracle\.trys: unknown\. Did you mean tries\?"):
        shop.advice.make(shop.advice.resolve({}, as_of=AS_OF))


def test_a_wrong_setting_is_refused_without_its_value(shop, token, monkeypatch):
    monkeypatch.setenv("ML_ASSETS_RESOURCES__ORACLE__TRIES", "many")

    with pytest.raises(RefusedError) as refusal:
        shop.advice.make(shop.advice.resolve({}, as_of=AS_OF))

    assert "resources.oracle.tries: Input should be a valid integer" in str(refusal.value)
    assert "many" not in str(refusal.value)


def test_file_and_variables_make_it_once_and_variables_win(shop, token, monkeypatch):
    Path("ml_assets.toml").write_text('[resources.oracle]\ntries = 3\ntoken = "of the file"\n')

    one = resource(shop.Service, given={})
    two = resource(shop.Service, given={})

    assert one is two
    assert (one.tries, one.token.get_secret_value()) == (3, TOKEN)
    assert shop.EVENTS == ["open"]


def test_other_settings_make_another(shop, token, monkeypatch):
    one = resource(shop.Service, given={})
    monkeypatch.setenv("ML_ASSETS_RESOURCES__ORACLE__TRIES", "9")

    assert (one.tries, resource(shop.Service, given={}).tries) == (1, 9)


def test_a_secret_of_digits_stays_text(shop, monkeypatch):
    monkeypatch.setenv("ML_ASSETS_RESOURCES__ORACLE__TOKEN", "00123")

    assert resource(shop.Service, given={}).token.get_secret_value() == "00123"


def test_nothing_of_it_is_in_identity_manifest_or_any_file(shop, token, tmp_path):
    run = shop.advice.resolve({}, as_of=AS_OF)
    before = run.run_id

    made = shop.advice.make(run)

    assert made["answers"].value == ["Say. 1 0", "Say. 1 1"]
    assert run.run_id == before == made["answers"].key.run_id
    files = [path for path in tmp_path.glob("artifacts/**/*") if path.is_file()]
    assert files
    assert not [path for path in files if TOKEN.encode() in path.read_bytes()]
    assert "oracle" not in json.dumps(made["answers"].manifest.model_dump(mode="json"))


def test_a_fake_stands_for_it_without_settings(shop):
    made = shop.advice.make(shop.advice.resolve({}, as_of=AS_OF), store=None, resources={"oracle": Fake()})

    assert made["answers"].value == ["fake Say. 0", "fake Say. 1"]
    assert shop.EVENTS == []


def test_a_function_is_called_with_a_fake_directly(shop):
    history = shop.sales(dt.date(2025, 12, 1), dt.date(2025, 12, 1))

    assert shop.answers(shop.Asked(), history, Fake()) == ["fake Say. 1"]


@pytest.mark.parametrize(
    ("given", "store", "line"),
    [
        ({"orcle": Fake()}, None, "resources: orcle: unknown. Allowed: oracle."),
        (
            {"oracle": Fake()},
            ...,
            (
                "resources: what is made with others than those of the settings is no artifact. Allowed: with store=None, or "
                "another store."
            ),
        ),
    ],
)
def test_a_fake_that_nobody_takes_or_that_would_be_kept_is_refused(shop, given, store, line):
    with pytest.raises(RefusedError) as refusal:
        shop.advice.make(shop.advice.resolve({}, as_of=AS_OF), store=store, resources=given)

    assert refusal.value.problems == (line,)


def test_what_a_client_does_is_code_of_the_asset(shop, tmp_path):
    before = code_of(shop.advice.assets["answers"]).version
    text = (tmp_path / "shop_advice.py").read_text()

    found = [
        _version_after(tmp_path, text.replace(*edit))
        for edit in (("{self.tries}", "{self.tries}!"), ('"open")', '"opened")'), ("A model that", "What"))
    ]

    assert [version != before for version in found] == [True, True, False]


def test_an_error_that_tells_the_secret_is_told_without_its_text(shop, token, monkeypatch, tmp_path):
    text = (tmp_path / "shop_advice.py").read_text()
    text = text.replace("assert self._open", "raise OSError(self.token.get_secret_value())")
    told = load(tmp_path, monkeypatch, source=text)

    with pytest.raises(AssetFunctionError) as failure:
        told.advice.make(told.advice.resolve({}, as_of=AS_OF))

    assert str(failure.value).startswith("answers of 2025-12-01 failed: OSError (shop_advice, line ")
    assert failure.value.__suppress_context__


def test_a_client_that_cannot_be_opened_tells_only_its_kind(tmp_path, monkeypatch):
    class Broken(Resource):
        token: SecretStr

        def open(self):
            raise OSError(self.token.get_secret_value())

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ML_ASSETS_RESOURCES__BROKEN__TOKEN", TOKEN)

    with pytest.raises(SettingsError) as failure:
        resource(Broken, given={})

    assert str(failure.value) == (
        "resources.broken: cannot be opened (OSError). Check its settings, and whether the service can be reached."
    )


def test_it_is_closed_when_the_process_ends(shop, token, tmp_path):
    script = (
        "import shop_advice as m\n"
        "from ml_assets.pipeline.resources import resource\n"
        "m.Service.close = lambda self: print('closed', self.tries)\n"
        "resource(m.Service, given={})\n"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "closed 1\n"


def test_a_rule_of_the_users_own_is_told_without_what_it_says():
    class Ruled(Resource):
        key: str

        @field_validator("key")
        @classmethod
        def _is_long(cls, key):
            raise ValueError(f"{key} is too short")

    assert made_resource(Ruled, {"key": TOKEN}) == (
        None,
        ["resources.ruled.key: a rule of its own does not hold."],
    )


def test_its_name_is_that_of_the_class_in_small_letters():
    class HTTPPriceService(Resource):
        pass

    class Other(Resource):
        resource_name: ClassVar[str] = "prices"

    assert (name_of_resource(HTTPPriceService), name_of_resource(Other)) == ("http_price_service", "prices")


def _version_after(folder, text):
    """The code version of the answers where the module says something else, asked in a process of its own."""
    (folder / "shop_advice.py").write_text(text)
    script = "import shop_advice as m; from ml_assets.pipeline.code import code_of; print(code_of(m.advice.assets['answers']).version)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=folder
    )
    return done.stdout.strip()
