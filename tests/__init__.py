"""The tests: one folder per room, then journeys, browser and house rules."""
