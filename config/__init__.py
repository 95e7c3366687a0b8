"""Settings and the scripts around the application."""
