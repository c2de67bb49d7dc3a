"""What launches runs of a view by itself, for its definitions: all of it is off until somebody turns it on."""

import dagster as dg

from ml_assets.adapter.launching.failure_sensor import failure_sensor
from ml_assets.adapter.launching.landing_sensor import landing_sensor
from ml_assets.adapter.launching.request_sensor import request_sensor
from ml_assets.adapter.launching.schedules import catch_up_schedule, daily_schedule
from ml_assets.adapter.view import View
from ml_assets.pipeline.readings import reads_rows


def launching_of(view: View) -> dg.Definitions:
    """The schedules and sensors of a view: daily presets, request files, landed days, the notice of a failure.

    A pipeline that reads no rows has no sensor of landed days.
    """
    landed = [landing_sensor(view)] if reads_rows(view.pipeline) else []
    return dg.Definitions(
        schedules=[daily_schedule(view), catch_up_schedule(view)],
        sensors=[request_sensor(view), *landed, failure_sensor(view)],
    )
