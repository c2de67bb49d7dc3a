"""The lowest versions that pyproject.toml allows, one pin a line, for the environment of `make test-lowest`.

Only this project's own dependencies are pinned. What they need, and what its tests are run with, is the newest that
goes with them.
"""

import sys
from pathlib import Path

from packaging.requirements import Requirement

try:
    import tomllib
except ImportError:
    import tomli as tomllib

REPO = Path(__file__).parent.parent
TOOLS = ("hypothesis", "pytest", "pytest-timeout")


def pins():
    """Each direct dependency that this Python needs, at the version that its range begins with."""
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    needed = [item for item in map(Requirement, project["dependencies"]) if _is_for_this_python(item)]
    of_tests = map(Requirement, project["optional-dependencies"]["dev"])
    return [
        *(f"{item.name}=={_lowest(item)}" for item in needed),
        *(str(item) for item in of_tests if item.name in TOOLS),
    ]


def _is_for_this_python(requirement):
    return requirement.marker is None or requirement.marker.evaluate()


def _lowest(requirement):
    (first,) = (one.version for one in requirement.specifier if one.operator == ">=")
    return first


if __name__ == "__main__":
    sys.stdout.write("".join(f"{pin}\n" for pin in pins()))
