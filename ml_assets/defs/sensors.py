"""The sensors of the training run: request files, landed days, and the notice of a failure."""

from ml_assets.adapter.launching.failure_sensor import failure_sensor
from ml_assets.adapter.launching.landing_sensor import landing_sensor
from ml_assets.adapter.launching.request_sensor import request_sensor
from ml_assets.defs.training import VIEW

request_files = request_sensor(VIEW)
landed_days = landing_sensor(VIEW)
failure_notice = failure_sensor(VIEW)
