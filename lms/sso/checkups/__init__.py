"""What the doctor looks at where people sign on."""
