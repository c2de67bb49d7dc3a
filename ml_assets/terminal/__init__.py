"""What a command does with its terminal: what it prints, and how signals end it. It knows no command."""
