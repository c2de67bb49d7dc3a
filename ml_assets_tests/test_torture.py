"""Every kind of fault once, at an instant that chance decides; `make torture` tries each of them often."""

import pytest

from ml_assets_tests.torture import scenes
from ml_assets_tests.torture.place import Place

SHORT = {
    "kill -9 during a promotion": lambda place: scenes.kills_of_promotions(place, times=1),
    "no room for a file": lambda place: scenes.full_disks(place, times=1),
    "a clock that jumps": lambda place: scenes.clocks(place, times=1),
    "damaged files": lambda place: scenes.damaged_files(place, times=1),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return Place(tmp_path_factory.mktemp("torture"))


@pytest.mark.slow
@pytest.mark.parametrize("fault", SHORT)
def test_nothing_is_lost_nothing_half_is_seen_and_a_rerun_ends_with_the_same_bytes(fault, place):
    tally = SHORT[fault](place)

    assert tally.tried
    assert tally.passed, tally
