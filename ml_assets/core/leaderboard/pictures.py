"""The pictures of a leaderboard, as PNG bytes that are equal for equal leaderboards."""

from ml_assets.core.leaderboard.by_day import by_day_png
from ml_assets.core.leaderboard.by_parameter import by_parameter_png
from ml_assets.core.leaderboard.document import Leaderboard
from ml_assets.core.leaderboard.heat_map import heat_map_png
from ml_assets.core.leaderboard.parallel import parallel_png

PAIR = 2


def pictures(board: Leaderboard) -> dict[str, bytes]:
    """The pictures that make sense, by file name; none where nothing is ranked.

    `by_parameter.png` always; `heat_map.png` for two varied parameters and `parallel.png` for more; `by_day.png`
    for several days.
    """
    if not board.trials:
        return {}
    found = {"by_parameter.png": by_parameter_png(board)} if board.varied else {}
    if len(board.varied) == PAIR:
        found["heat_map.png"] = heat_map_png(board)
    elif len(board.varied) > PAIR:
        found["parallel.png"] = parallel_png(board)
    if len(board.days) > 1:
        found["by_day.png"] = by_day_png(board)
    return found
