"""A pytest plugin for mutation testing: only the tests that call `core` itself, in this process.

Tests of whole runs, commands, servers and browsers would find mutants too, each a hundred times slower.
"""

import inspect
import re

from _pytest.scope import Scope
from hypothesis import HealthCheck, settings

SLOW_FIXTURES = {"shell", "start", "live", "page", "s3", "staging", "place", "trained", "shop", "zone"}
WHOLE = re.compile(r"output_of|subprocess|importing|in_process|Process|\b(main|launch|train|sweep)\(")

settings.register_profile(
    "pure", max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


def pytest_collection_modifyitems(config, items):
    """Keep what is pure."""
    kept = [item for item in items if _is_pure(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept
    for item in kept:
        for found in item._fixtureinfo.name2fixturedefs.values():
            _made_anew(found[-1])


def _is_pure(item):
    fixtures = item._fixtureinfo.name2fixturedefs.keys()  # and no argument that only has the name of one
    if "from ml_assets.core" not in inspect.getsource(item.module) or SLOW_FIXTURES & fixtures:
        return False
    return not WHOLE.search(inspect.getsource(item.function))


def _made_anew(fixture):
    """A fixture that a module shares would count as what its first test calls, and of the others as nothing."""
    if fixture.scope == "module":
        fixture._scope = Scope.Function
