"""Whatever lies in the folder of presets stops no schedule, sensor or command."""

from pathlib import Path

import pytest

from ml_assets.cli.main import main
from ml_assets_tests.odd_files import ODD
from ml_assets_tests.shown import daily_training, landed_days
from ml_assets_tests.ticks import at, preset, tick

pytestmark = pytest.mark.kind("names in a folder")


@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_preset_stops_no_other_and_is_told_with_escapes(odd, capfd):
    preset("good", "seed = 1", daily=True)
    ODD[odd][0](Path("presets"))

    requests = at(daily_training, "2025-12-02T03:00:00")
    landed = tick(landed_days)
    code = main(["run", "--preset", "nope", "--as-of", "2025-12-01"])

    told = "".join(capfd.readouterr())
    assert [request.tags["ml_assets/preset"] for request in requests] == ["good"]
    assert not landed.run_requests
    assert code == 2
    assert "\x1b" not in told
    assert "\udcff" not in told
