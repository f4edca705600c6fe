"""What people do with exams; one function, one transaction."""
