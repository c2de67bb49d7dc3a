"""Whatever a tracking store's client raises, as one error of ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from ml_assets.core.secrets import told
from ml_assets.core.tracking import Tracking
from ml_assets.errors import MlAssetsError, TrackingError


@contextmanager
def tracking_errors(tracking: Tracking) -> Iterator[None]:
    """Raise as TrackingError whatever MLflow, SQLAlchemy, Alembic or an HTTP client raises: they share no class."""
    try:
        yield
    except MlAssetsError:
        raise
    except Exception as error:
        place = tracking.uri.partition("?")[0]
        raise TrackingError(f"the tracking store {place} {_trouble(error)}") from error


def _trouble(error: Exception) -> str:
    from requests import RequestException

    for cause in _causes(error):
        if isinstance(cause, RequestException):
            return f"does not answer ({type(cause).__name__})"
    return f"cannot be used: {told(error)}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
