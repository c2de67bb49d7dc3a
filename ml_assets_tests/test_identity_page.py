"""What docs/identity.md says of bytes, tried in processes of their own."""

import os
import re
import subprocess
import sys

from ml_assets_tests.conftest import REPO

PAGE = (REPO / "docs" / "identity.md").read_text()
SOUND = re.search(r"^```python\n# sound\.py\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[1]
SEEDS = ("1", "2", "3")


def printed(script, seed):
    """What a script prints in a process whose texts hash by this seed."""
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_what_the_page_calls_sound_is_the_same_in_every_process():
    assert len({printed(SOUND, seed) for seed in SEEDS}) == 1


def test_a_set_of_texts_has_another_order_in_another_process():
    script = "print(list({'north', 'south', 'east', 'west', 'centre'}))"

    assert len({printed(script, seed) for seed in SEEDS}) > 1


def test_numbers_without_a_seed_are_others_each_time():
    script = "import numpy as np; print(np.random.default_rng().random(4).tolist())"

    assert len({printed(script, seed) for seed in SEEDS}) == len(SEEDS)
