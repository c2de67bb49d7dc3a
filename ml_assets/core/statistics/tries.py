"""How much error each of many tries, or looks, may spend, so that all of them together have a limit however many."""

FIRST_TRY, LATER_TRIES = 0.05, 0.03  # 8 % together
ALL_LOOKS, HALF_BY = 0.05, 90  # days


def error_of_try(n: int) -> float:
    """The error of the n-th try of one pair of models, n from 1: 5 % of the first, then 3 % / (n (n - 1)).

    1 / (1 x 2) + 1 / (2 x 3) + ... = 1, so that all tries together let through at most 8 % (Bonferroni's inequality).
    """
    return FIRST_TRY if _counted(n) == 1 else LATER_TRIES / (n * (n - 1))


def error_of_look(n: int) -> float:
    """The error of the n-th look at one model, n from 1: 5 % x 90 / ((n + 89) (n + 90)), 5 % for all looks together.

    90 / (90 x 91) + 90 / (91 x 92) + ... = 1, half of it by the 90th. Without the 90 the first look, of a day's rows,
    would have half of all error to spend, and one after a year a limit of 5.1 standard errors in place of 4.2.
    """
    return ALL_LOOKS * HALF_BY / ((_counted(n) + HALF_BY - 1) * (n + HALF_BY))


def _counted(n: int) -> int:
    if n < 1:
        raise ValueError("tries and looks are counted from 1")
    return n
