"""What the doctor looks at of enrolments."""
