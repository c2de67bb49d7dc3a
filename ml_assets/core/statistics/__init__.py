"""How sure a number is: metrics as means over rows, intervals by entity, paired differences, calibration."""
