"""Text of CSV as times in UTC."""

import polars as pl

from ml_assets.sources.number_text import clean


def time_of(text: pl.Expr) -> pl.Expr:
    """Parse ISO 8601: a day, or a day and a time, with or without seconds, fraction and offset; null where it is none."""
    iso = (
        clean(text)
        .str.replace(r"^(\d{4}-\d{2}-\d{2})$", "${1}T00:00:00")
        .str.replace(r"^(\S{10})[ t]", "${1}T")
        .str.replace(r"(?i) ?(?:Z|UTC|GMT)$", "+00:00")
        .str.replace(r"(T\S*) ?\x{2212}", "${1}-")
        .str.replace(r"(T\S*) ([+-])", "${1}${2}")
        .str.replace(r"(T.*[+-]\d{2})(\d{2})$", "${1}:${2}")
        .str.replace(r"(T.*[+-]\d{2})$", "${1}:00")
        .str.replace(r"(T.*:\d{2}),(\d)", "${1}.${2}")
        .str.replace(r"T(\d{2}:\d{2})($|[+-])", "T${1}:00${2}")
        .str.replace(r"^(.{10}T\d{2}:\d{2}:\d{2}(?:\.\d+)?)$", "${1}+00:00")
    )
    parsed = iso.str.strptime(pl.Datetime("us", "UTC"), "%Y-%m-%dT%H:%M:%S%.f%:z", strict=False)
    return parsed.dt.replace_time_zone(None)
