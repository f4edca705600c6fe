"""What is kept of somebody, and what is due to be erased."""
