"""Parameterized training runs one can trust.

The rings, from the outside in; each imports only what is inside it:

    cli, definitions        the shell, and the one entry point that Dagster loads
    defs                    assets, checks, jobs: what exists
    resources               parameters, options and the IO manager, as Dagster resources
    client, deployment      launching on a running deployment, without Dagster
    config | pipeline | graphql     Dagster's Config classes | the making of one day's artifacts | requests over HTTP
    presets                 named parameter sets
    storage | sources | settings    where artifacts live | where rows come from | names resolved to places
    settings_sources        the file and the variables that settings are read from
    parameter_files         TOML, YAML and JSON as values
    core                    parameters, identity, recipes, training: pure functions
    errors                  one family
"""

__version__ = "0.1.0"
