"""The product under every fault at once: real servers, bad lines, and an oracle."""
