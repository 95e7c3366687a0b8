"""What the doctor looks at in any installation."""
