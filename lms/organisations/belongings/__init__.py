"""What this room says of where people belong."""
