"""Questions, attempts and marks: quizzes as a kind of activity."""
