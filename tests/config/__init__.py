"""The scripts around the application."""
