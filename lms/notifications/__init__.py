"""What people are written: in whose words, within which hours, and what each of them may switch off."""
