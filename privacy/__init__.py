"""Personal data: what is kept and why, for how long, giving it out and erasing it."""
