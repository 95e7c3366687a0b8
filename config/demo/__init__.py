"""What the demo is made of: invented people, an invented network, and what they have learned so far."""
