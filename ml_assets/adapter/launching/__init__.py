"""What launches runs of a pipeline by itself: schedules, sensors and what they request; and the notice of a failure."""
