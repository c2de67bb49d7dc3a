"""What may serve, on which evidence."""
