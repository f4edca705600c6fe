"""What every subject needs and which knows no subject."""
