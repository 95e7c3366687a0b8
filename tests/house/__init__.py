"""Rules that hold everywhere in the house."""
