"""The pages of exams: for organizers and for candidates."""
