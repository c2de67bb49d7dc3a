"""What requests runs when something happens."""
