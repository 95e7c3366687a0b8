"""Who people are and how they get in: accounts and their keys, access cards, sessions; persons and their contacts."""
