"""What the doctor looks at in the books."""
