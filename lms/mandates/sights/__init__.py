"""Why somebody sees people: a mandate that these gave."""
