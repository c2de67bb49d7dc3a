"""Names stand for places, and the environment wins over the file."""

import datetime as dt

import pytest

from ml_assets.errors import SettingsError
from ml_assets.settings import load_settings


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_without_any_settings_there_are_four_environments_and_the_sample(monkeypatch):
    settings = load_settings()

    assert settings.environment == "dev"
    assert set(settings.environments) == {"dev", "staging", "blue", "green"}
    assert dict(settings.sources_of()) == {"sample": "sample:"}


def test_the_file_names_sources_and_roots(tmp_path):
    (tmp_path / "ml_assets.toml").write_text(
        'environment = "staging"\n[sources]\nuci = "/data/uci"\n[environments.staging]\nroot = "/srv/staging"\n'
    )

    settings = load_settings()

    assert settings.root(settings.environment) == "/srv/staging"
    assert settings.root("dev") == "artifacts/dev"
    assert settings.sources_of()["uci"] == "/data/uci"


def test_environment_variables_win_over_the_file(tmp_path, monkeypatch):
    (tmp_path / "ml_assets.toml").write_text(
        'environment = "staging"\n[sources]\nuci = "/data/uci"\nshop = "/data/shop"\n'
    )
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENT", "blue")
    monkeypatch.setenv("ML_ASSETS_SOURCES__UCI", "/other")
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__BLUE__ROOT", "/srv/blue")
    monkeypatch.setenv("ML_ASSETS_FIRST_AS_OF", "2011-01-01")

    settings = load_settings()

    assert settings.environment == "blue"
    assert settings.sources == {"uci": "/other", "shop": "/data/shop"}
    assert settings.root("blue") == "/srv/blue"
    assert settings.first_as_of == dt.date(2011, 1, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("environment = ", "not valid TOML"),
        ("enviroment = 'dev'", "enviroment"),
        ("[environments.dev]\nrot = 'x'", "environments.dev"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_what_is_wrong(tmp_path, text, words):
    (tmp_path / "ml_assets.toml").write_text(text)

    with pytest.raises(SettingsError, match=r"ml_assets\.toml") as error:
        load_settings()

    assert words in str(error.value)


def test_an_unknown_environment_or_source_gets_the_known_ones():
    settings = load_settings()

    with pytest.raises(SettingsError, match="Known: dev, staging, blue, green"):
        settings.root("prod")
    assert "Known: sample" in settings.source_problem("uci")


def test_a_place_with_a_password_in_it_is_refused_and_not_repeated(monkeypatch):
    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", "s3://user:hunter22@bucket/rows")

    with pytest.raises(SettingsError, match=r"sources\.shop: holds a credential") as error:
        load_settings()

    assert "hunter22" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SOURCES", "notjson", "ML_ASSETS_SOURCES: a variable that cannot be read"),
        ("ENVIRONMENTS__DEV__OVERRIDES", "seed", "ML_ASSETS_ENVIRONMENTS: a variable that cannot be read"),
        ("ENVIRONMENT", "prod", "environment: unknown: prod. Allowed: dev, staging, blue, green"),
        ("RELEASES", "s3://bucket/AKIAIOSFODNN7EXAMPLE", "releases: holds a credential"),
        ("TRACKING__URI", "https://ghp_0123456789abcdef0123@host", "tracking.uri: holds a credential"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named_and_the_file_is_not_blamed(monkeypatch, name, value, words):
    monkeypatch.setenv(f"ML_ASSETS_{name}", value)

    with pytest.raises(SettingsError) as error:
        load_settings()

    assert words in str(error.value)
    assert "not valid TOML" not in str(error.value)
    assert "0123456789abcdef" not in str(error.value)
    assert "AKIA" not in str(error.value)


def test_what_stands_in_the_place_of_the_file_is_not_overlooked(tmp_path):
    (tmp_path / "ml_assets.toml").symlink_to(tmp_path / "nowhere")

    with pytest.raises(SettingsError, match=r"ml_assets\.toml is not a file that can be read"):
        load_settings()


def test_a_long_path_of_letters_and_digits_is_no_credential(monkeypatch):
    place = "/Data/Teams/Pricing2025/Models/Artifacts/Production"
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", place)

    assert load_settings().root("dev") == place
