"""What this room keeps of what people sent."""
