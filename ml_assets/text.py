"""Numbers and counts as people read them, the same in every sentence, table and picture."""

DIGITS = 4


def count(many: int, word: str, plural: str = "", *, grouped: bool = False) -> str:
    """`1 day`, `2 days`; `3 entities` by `count(3, "entity", "entities")`; `12,345 rows` where grouped."""
    return f"{many:{',' if grouped else ''}} {word if many == 1 else plural or f'{word}s'}"


def change(many: int, word: str) -> str:
    """`+1 row`, `-3 rows`, `+0 rows`: how many more there are."""
    return f"{'+' if many >= 0 else ''}{many} {word if abs(many) == 1 else f'{word}s'}"


def number(value: float | None) -> str:
    """Four digits behind the point, none for large numbers, `-` for none."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4f}"  # noqa: PLR2004


def signed(value: float) -> str:
    """`+0.0120`: a difference, with as many digits as `number` has."""
    return ("+" if value >= 0 else "-") + number(abs(value))


def rounded(value: float) -> str:
    """With four significant digits: `0.7266`, `0.1140`, `2.603`, `12,346`, `1.200e-07`; a whole number as it is."""
    if abs(value) >= 10 ** (DIGITS - 1) or value == int(value):
        return f"{value:,.0f}"
    return f"{value:#.{DIGITS}g}"
