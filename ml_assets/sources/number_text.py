"""Text of CSV as numbers, and text that looks like numbers though it is none that can be read."""

import polars as pl

_ABSENT = (
    r"(?i)^(#?n/?a|#n/a n/a|n\.a\.|<na>|\(?null\)?|none|nil|nan|-?1\.#(ind|qnan)|\\n|-+|\?+|\.|missing|unknown"
    r"|undefined|not available|#div/0!|#value!|#ref!|#num!|#name\?|#null!)$"
)
_SPACES = r"\x20\x{00A0}\x{2007}\x{2009}\x{202F}"
_GROUPS = rf"(?:[1-9]\d{{0,2}}(?:[{_SPACES}.,'\x{{2019}}_]\d{{3}})+|[1-9]\d?(?:,\d{{2}})+,\d{{3}}|\d+)"  # 1.234, 1 234, 12,34,567
_NUMBER = rf"(?:{_GROUPS}(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?"
_SIGN = r"[+\-\x{2212}\x{2013}]?"  # a hyphen, a minus sign, a dash
_CURRENCY = r"(?:\p{Sc}|[A-Za-z]{1,3}\$|EUR|USD|GBP|CHF|JPY|CNY|INR|BRL|SEK|NOK|DKK|PLN|CZK|HUF|CAD|AUD|kr\.?|zł|Kč|Ft|Rs\.?)"
_LOOKS_LIKE_A_NUMBER = (
    rf"^\(?{_SIGN}(?:{_CURRENCY}[{_SPACES}]*)?{_SIGN}{_NUMBER}(?:[{_SPACES}]*(?:[%‰]|{_CURRENCY}))?-?\)?$"
)
_CALLED_BY_PHONE = rf"^(?:\+\d{{1,3}}(?:[{_SPACES}]\d{{3}})+|\(0\d+\))$"  # +49 170, (030)


def clean(text: pl.Expr) -> pl.Expr:
    """Text without spaces around it; blank is null."""
    stripped = text.cast(pl.String).str.strip_chars()
    return pl.when(stripped != "").then(stripped)


def number_of(text: pl.Expr) -> pl.Expr:
    """The number that a text is, with true and false as 1 and 0; null where it is none."""
    stripped = clean(text)
    truth = stripped.str.to_lowercase().replace_strict(
        {"true": 1.0, "false": 0.0}, default=None, return_dtype=pl.Float64
    )
    return pl.coalesce(stripped.cast(pl.Float64, strict=False), truth)


def _is_absent(text: pl.Expr) -> pl.Expr:
    """Whether a text is one of the words that say that nothing is known, such as NA."""
    return clean(text).str.contains(_ABSENT)


def _looks_like_a_number(text: pl.Expr) -> pl.Expr:
    """Whether a text is a number, or would be without its marks: a decimal comma, thousands, a currency, a percent sign."""
    marked = clean(text).str.contains(_LOOKS_LIKE_A_NUMBER) & ~clean(text).str.contains(_CALLED_BY_PHONE)
    return number_of(text).is_not_null() | marked


def is_odd_number(text: pl.Expr) -> pl.Expr:
    """Whether a text is no number, but would be one without its marks, or says that nothing is known."""
    return number_of(text).is_null() & (_looks_like_a_number(text) | _is_absent(text)).fill_null(value=False)


def looks_numeric(column: pl.Series) -> bool:
    """Whether most values that say something would be numbers without their marks."""
    text, times = pl.col("text"), pl.col("times")
    given = clean(text).is_not_null() & ~_is_absent(text)
    values = column.alias("text").value_counts(name="times").filter(given)
    numeric = values.filter(_looks_like_a_number(text)).select(times.sum()).item()
    return bool(numeric > values.select(times.sum()).item() / 2)
