"""Plain Python in an environment without Dagster: prints what came of each case, as JSON."""

import importlib.util
import json
import pkgutil
import sys

import ml_assets
from ml_assets.errors import RefusedError
from ml_assets.pipeline.run import make, resolve
from ml_assets.pipelines.demand import demand
from ml_assets.pipelines.tabular import tabular
from ml_assets_tests.engines.cases import AS_OF, BAD, DEMAND, GOOD, OWN, SHARED, split

RINGS = ("core", "sources", "storage", "pipeline", "client")


def main():
    """Make the runs in both roots, then try what is wrong."""
    for environment in (OWN, SHARED):
        make(resolve(tabular, GOOD, as_of=AS_OF, environment=environment))
        demand.make(demand.resolve(DEMAND, as_of=AS_OF, environment=environment))
    print(
        json.dumps(
            {
                "modules": imported(),
                "dagster": importlib.util.find_spec("dagster") is not None,
                "bad": {case: bad(values) for case, values in BAD.items()},
            }
        )
    )


def bad(values):
    parameters, as_of = split(values)
    try:
        resolve(tabular, parameters, as_of=as_of, environment=OWN)
    except RefusedError as error:
        return {"runs": 0, "trained": False, "told": str(error)}
    return {"runs": 1, "trained": True, "told": ""}


def imported():
    """Every module of the rings that know no engine, imported."""
    names = [
        info.name
        for info in pkgutil.walk_packages(ml_assets.__path__, "ml_assets.")
        if info.name.split(".")[1] in RINGS and not info.ispkg
    ]
    for name in names:
        importlib.import_module(name)
    assert "dagster" not in sys.modules
    return len(names)


if __name__ == "__main__":
    main()
