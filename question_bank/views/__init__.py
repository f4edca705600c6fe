"""The bank's pages: questions, and files that bring them."""
