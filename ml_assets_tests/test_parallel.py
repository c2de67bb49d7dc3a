"""Work in processes of this machine: what becomes of the others where one of these dies."""

import os

from ml_assets.pipeline import parallel
from ml_assets.pipeline.parallel import side_by_side, start_workers


def die():
    """End this process as the kernel does where memory runs out."""
    os._exit(9)


def fine(name):
    return name


def test_a_process_that_dies_while_it_loads_modules_fails_nothing(monkeypatch):
    monkeypatch.setattr(parallel, "_load", die)

    loading = start_workers(2)

    assert dict(side_by_side(fine, {n: (n,) for n in range(3)}, workers=2)) == {0: 0, 1: 1, 2: 2}
    assert list(loading) == []
