"""A pytest plugin for mutation testing: only the tests that call `core` itself, in this process.

Tests of whole runs, commands, servers and browsers would find mutants too, each a hundred times slower.
"""

import gc
import inspect
import json
import os
import re
from pathlib import Path

from _pytest.scope import Scope
from hypothesis import HealthCheck, Phase, settings

SLOW_FIXTURES = {"shell", "start", "live", "page", "s3", "staging", "place", "trained", "shop", "zone"}
WHOLE = re.compile(r"output_of|subprocess|importing|in_process|Process|\b(main|launch|train|sweep)\(")
EXAMPLES = 20  # of each law; one that fails is enough, and need not be made smaller
STATS = Path(__file__).parent.parent / "mutmut-stats.json"  # there once mutmut has timed each test


def pytest_configure():
    """A look for garbage would touch, and so copy, all that a fork shares with its server."""
    gc.freeze()


def pytest_collection_modifyitems(config, items):
    """Keep what is pure, the quickest first: a change that is noticed is noticed soon."""
    kept = [item for item in items if _tries_one() or _is_pure(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = _quick_ones_first(kept)
    for item in kept:
        for found in item._fixtureinfo.name2fixturedefs.values() if _measures() else ():
            _made_anew(found[-1])
        _quick(item.function)


def _quick_ones_first(items):
    """By what each test takes, and what is compared with kept renderings before others that take as long."""
    known = json.loads(STATS.read_text())["duration_by_test"] if STATS.exists() else {}
    weight = {item: 0.05 if item.path.stem == "test_renderings" else 1.0 for item in items}
    return sorted(items, key=lambda item: weight[item] * known.get(item.nodeid, 0.0))


def _is_pure(item):
    fixtures = item._fixtureinfo.name2fixturedefs.keys()  # and no argument that only has the name of one
    if "from ml_assets.core" not in inspect.getsource(item.module) or SLOW_FIXTURES & fixtures:
        return False
    return not WHOLE.search(inspect.getsource(item.function))


def _tries_one():
    """Whether a change is made: mutmut then names the tests itself, and only those that were kept before."""
    return "__mutmut_" in os.environ.get("MUTANT_UNDER_TEST", "")


def _measures():
    """Whether mutmut is finding out which test calls which function."""
    return os.environ.get("MUTANT_UNDER_TEST") == "stats"


def _made_anew(fixture):
    """A fixture that a module shares would count as what its first test calls, and of the others as nothing."""
    if fixture.scope == "module":
        fixture._scope = Scope.Function


def _quick(function):
    """A law is tried on a few examples, whatever it asks for itself."""
    asked = getattr(function, "_hypothesis_internal_use_settings", None)
    if asked is not None:
        function._hypothesis_internal_use_settings = settings(
            asked,
            max_examples=min(asked.max_examples, EXAMPLES),
            phases=(Phase.explicit, Phase.generate),
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
