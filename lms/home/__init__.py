"""The first page of each role, the learner's path put together, and the pages that every site owes its readers."""
