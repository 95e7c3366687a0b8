"""What each learner has done: the ledger of events, standings, completion; and the player."""
