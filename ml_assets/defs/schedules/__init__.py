"""What requests runs at a time of day."""
