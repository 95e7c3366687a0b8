"""What every room stands on: database, web, jobs, mail, files. Knows no room."""
