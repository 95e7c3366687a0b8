"""Who has how much of what: places, credits in cents, minutes. What leaves one account arrives in another, always."""
