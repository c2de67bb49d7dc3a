"""What a model says of new rows, and whether it is still right."""
