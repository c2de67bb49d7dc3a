"""What a link into the launchpad is filled in with, read as Dagster's pages read it."""

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from dagster_shared.yaml_utils import load_run_config_yaml


@dataclass(frozen=True)
class Opened:
    """A launchpad that a link opens.

    Attributes:
        base: the address before the path; "" for a link inside the pages.
        repository: the repository and code location, `__repository__@ml_assets`.
        job: whose launchpad.
        config: what is filled in.
        day: the partition; "" for none.
    """

    base: str
    repository: str
    job: str
    config: dict
    day: str

    def given(self, resource="params"):
        """The config of a resource."""
        return self.config.get("resources", {}).get(resource, {}).get("config", {})

    @property
    def tags(self):
        """The tags that are filled in."""
        return {"dagster/partition": self.day} if self.day else {}


def opened(link):
    """What a link opens."""
    split = urlsplit(link)
    query = {name: values[0] for name, values in parse_qs(split.query, strict_parsing=True).items()}
    _, locations, repository, jobs, job, *rest = split.path.split("/")
    assert [locations, jobs, *rest] == ["locations", "jobs", "playground", "setup"]
    tags = (query.get("tags[0][key]"), query.get("tags[0][value]", ""))
    assert tags[0] in ("dagster/partition", None)
    return Opened(
        base=f"{split.scheme}://{split.netloc}" if split.scheme else "",
        repository=unquote(repository),
        job=unquote(job),
        config=load_run_config_yaml(query["config"]),
        day=tags[1],
    )


def markdown_links(text):
    """The links of a Markdown text, by their words."""
    found = {}
    for part in text.split("](")[1:]:
        found.setdefault(text.partition(f"]({part}")[0].rpartition("[")[2], []).append(part.partition(")")[0])
    return found
